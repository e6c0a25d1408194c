"""Hostile values, as the daemons read them: not one parameter more than without, and each value as it was given."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from mailstead.declare import SettingsError
from mailstead.render import render
from mailstead.services import rooms
from mailstead.settings import Settings
from mailstead.tree import File
from support.hostile import TEXT
from support.run import Run
from support.stack import IMAGE

VARIABLES = ("POSTFIX_smtpd_banner", "MAIL_RELAY_PASSWORD", "MAIL_RELAY_USER", "MAIL_LDAP_BIND_DN", "MAIL_LDAP_BIND_PASSWORD")
BESIDE = {
    "MAIL_RELAY_HOST": "smtp.example.com",
    "MAIL_RELAY_USER": "user",
    "MAIL_RELAY_PASSWORD": "password",
    "MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=example,dc=org",
    "MAIL_LDAP_BIND_DN": "cn=x,dc=example,dc=org",
    "MAIL_LDAP_BIND_PASSWORD": "password",
    "POSTFIX_smtpd_banner": "$myhostname ESMTP",
}
# What each daemon makes of its files: names and values, one a line. postconf warns of a $name that is none.
SHOW = """
for place in /trees/*; do
    rm -rf /run/mailstead/etc && cp -r "$place/etc" /run/mailstead/etc
    { postconf -n -c /etc/postfix; echo; postconf -M -c /etc/postfix; } >"$place/postfix" 2>/dev/null
    doveconf -n -P >"$place/dovecot" 2>&1
done
"""


def written(place: Path, environ: dict[str, str]) -> None:
    """Write the tree of an environment below a place."""
    settings = Settings.read(environ)
    for path, entry in render(settings, rooms(settings)).items():
        if isinstance(entry, File) and path.startswith("/etc/"):
            (place / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (place / path[1:]).write_text(entry.text)


def taken(count: int) -> dict[str, tuple[str, str]]:
    """Return variables and hostile values that are not refused, by the names of their trees."""
    found: dict[str, tuple[str, str]] = {}

    @hypothesis_settings(max_examples=count, derandomize=False, database=None)
    @given(TEXT)
    def collect(text: str) -> None:
        for variable in VARIABLES:
            try:
                Settings.read(BESIDE | {variable: text})
            except SettingsError:
                continue
            if text.strip():
                found[f"t{len(found):05d}"] = (variable, text)

    collect()
    return found


def names(shown: str) -> list[str]:
    """Return what is set: the first words of lines that set something, in order."""
    return [re.split(r"[ =]", line.strip(), maxsplit=1)[0] for line in shown.splitlines() if line.strip() and line[0] != "#"]


@pytest.fixture(scope="module")
def trees(docker_run: Run, long: bool) -> tuple[Path, dict[str, tuple[str, str]]]:
    """The trees of many values, each beside what the daemons make of it; "plain" is that of harmless ones."""
    place, values = docker_run.folder("hostile"), taken(2000 if long else 8)
    written(place / "plain", BESIDE)
    for name, (variable, text) in values.items():
        written(place / name, BESIDE | {variable: text})
    docker_run.client.containers.run(
        IMAGE,
        ["-ec", SHOW],
        entrypoint="/bin/sh",
        remove=True,
        labels=docker_run.labels,
        network_mode="none",
        tmpfs={"/run/mailstead": ""},
        volumes=[f"{place}:/trees"],
    )
    return place, values


@pytest.mark.parametrize("daemon", ["postfix", "dovecot"])
def test_every_daemon_reads_the_same_parameters(trees, daemon):
    """Whatever stands in a value."""
    place, values = trees
    plain = (place / "plain" / daemon).read_text(errors="replace")
    assert len(names(plain)) > 50

    for name, (variable, text) in values.items():
        shown = (place / name / daemon).read_text(errors="replace")
        assert names(shown) == names(plain), (variable, text, shown)


def test_postfix_has_each_value_as_it_was_given(trees):
    """But for blanks around it, which main.cf does not keep."""
    place, values = trees
    for name, (variable, text) in values.items():
        if variable == "POSTFIX_smtpd_banner":
            shown = (place / name / "postfix").read_bytes().decode()
            assert f"smtpd_banner = {text.strip(' ')}\n" in shown, (text, shown)


def test_dovecot_has_each_value_as_it_was_given(trees):
    """Quoted, with nothing put in for what looks like a variable."""
    place, values = trees
    for name, (variable, text) in values.items():
        if variable == "MAIL_LDAP_BIND_DN":
            shown = (place / name / "dovecot").read_bytes().decode()
            assert text in shown.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\"), (text, shown)
