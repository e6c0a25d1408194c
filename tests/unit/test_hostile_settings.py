"""Hostile values in every setting: refused with a sentence, or kept to the letter; never another line, never a template."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from mailstead.declare import SettingsError, declared
from mailstead.render import render
from mailstead.services import rooms
from mailstead.settings import Settings
from mailstead.tree import File
from support.hostile import TEXT

SETTINGS = {one.variable: one for one in declared(Settings)}
# What a setting needs beside it, to have a place in a file.
BESIDE = {
    "MAIL_RELAY_USER": {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_PASSWORD": "x"},
    "MAIL_RELAY_PASSWORD": {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_USER": "x"},
    "MAIL_LDAP_BIND_DN": {"MAIL_LDAP_BIND_PASSWORD": "x"},
    "MAIL_LDAP_BIND_PASSWORD": {"MAIL_LDAP_BIND_DN": "cn=x,dc=example,dc=org"},
}
LDAP = {"MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=example,dc=org"}


def environment(variable: str, value: str) -> dict[str, str]:
    """Return settings in which one has a value, and all it needs."""
    ldap = LDAP if variable.startswith("MAIL_LDAP_") else {}
    return {**ldap, **BESIDE.get(variable, {}), variable: value}


def read(environ: Mapping[str, str]) -> tuple[Settings | None, str]:
    """Return the settings of an environment, or the report that refuses it."""
    try:
        return Settings.read(environ), ""
    except SettingsError as refused:
        return None, str(refused)


def skeleton(environ: Mapping[str, str]) -> Mapping[str, Counter]:
    """Return for each file the first words of its lines: what is set there, and how often."""
    settings = Settings.read(environ)
    files = {path: entry.text for path, entry in render(settings, rooms(settings)).items() if isinstance(entry, File)}
    return {path: Counter(re.findall(r"^\s*([A-Za-z_][\w.-]*|\S)", text, re.MULTILINE)) for path, text in files.items()}


@pytest.mark.parametrize("variable", [name for name, one in SETTINGS.items() if not one.kind.several])
def test_a_value_is_refused_or_stays_in_its_line(variable: str, long: bool):
    """As many lines, with the same first words, as the example of the manual makes; and the value is kept as it is read."""
    one = SETTINGS[variable]

    @hypothesis_settings(max_examples=200 if long else 6)
    @given(TEXT)
    def try_it(text: str) -> None:
        settings, refusal = read(environment(variable, text))
        assert settings or variable in refusal
        if not settings or not text or getattr(settings, one.field_name) == getattr(Settings.read({}), one.field_name):
            return
        parsed = one.kind.parse(text)
        assert getattr(settings, one.field_name) == parsed
        if isinstance(parsed, str) and variable != "MAIL_DIRECTORY_URL":
            assert skeleton(environment(variable, text)) == skeleton(environment(variable, one.example))

    try_it()


def test_a_parameter_of_postfix_stays_in_its_line(long: bool):
    """Whatever the owner writes is one parameter's value, and no template."""
    plain = skeleton({"POSTFIX_smtpd_banner": "x"})

    @hypothesis_settings(max_examples=2000 if long else 30)
    @given(TEXT)
    def try_it(text: str) -> None:
        settings, refusal = read({"POSTFIX_smtpd_banner": text})
        if not settings:
            assert "POSTFIX_smtpd_banner holds a line break or another control character" in refusal
            return
        assert skeleton({"POSTFIX_smtpd_banner": text}) == plain
        main_cf = render(settings, rooms(settings))["/etc/postfix/main.cf"]
        assert f"\nsmtpd_banner = {text}\n" in main_cf.text

    try_it()
