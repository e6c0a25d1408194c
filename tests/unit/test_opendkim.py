"""The light signer: in the container where the filter does not run, and on the ports of our people alone."""

import re

import pytest

from mailstead.render import render
from mailstead.services import postfix, rooms
from mailstead.settings import Settings

ALONE: dict[str, str] = {}
WITH_FILTER = {"COMPOSE_PROFILES": "web,filter"}


def names(environ: dict[str, str]) -> list[str]:
    """Return the rooms of an environment."""
    return [room.NAME for room in rooms(Settings.read(environ))]


def services(environ: dict[str, str]) -> dict[str, str]:
    """Return master.cf by service: the first word of an entry to the whole entry."""
    text = render(Settings.read(environ), [postfix])["/etc/postfix/master.cf"].text
    entries = re.findall(r"^(?!#)(\S+)(.*\n(?:[ \t]+\S.*\n)*)", text, re.MULTILINE)
    return {name + kind.split()[0]: kind for name, kind in entries}


def test_it_runs_where_the_filter_does_not():
    """One of both signs, never both and never none."""
    assert "opendkim" in names(ALONE)
    assert "opendkim" not in names(WITH_FILTER)


@pytest.mark.parametrize("port", ["submissions", "submission"])
def test_only_people_are_signed_for(port: str):
    """Port 25 has no way to it."""
    assert "smtpd_milters=$submission_milters" in services(ALONE)[f"{port}inet"]
    assert "milter" not in services(ALONE)["smtpinet"]


def test_the_filter_reads_what_people_send():
    """With it, submission asks whomever port 25 asks."""
    main_cf = render(Settings.read(WITH_FILTER), [postfix])["/etc/postfix/main.cf"].text

    assert "submission_milters = $smtpd_milters\n" in main_cf
    assert "opendkim" not in main_cf.partition("submission_milters")[2]


def test_a_signer_that_is_away_puts_mail_off():
    """Postfix's other choice is to send it unsigned."""
    assert "milter_default_action = tempfail\n" in render(Settings.read(ALONE), [postfix])["/etc/postfix/main.cf"].text
