"""Which domains have keys: every one that people have addresses in, from the moment on in which it is there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailstead.directory import Place
from mailstead.dkim import Store, domains, signing
from mailstead.settings import Settings
from support.typed import Said


@pytest.fixture
def signed(mailstead: Callable[..., Said], place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place where somebody signs; what he is told is left out, since his user is not here."""
    monkeypatch.setattr(signing, "write_for", lambda settings, store: None)
    mailstead("domain", "add", "example.net")
    return replace(place, owned=True)


def test_the_present_domains_are_those_of_people(signed: Place, settings: Settings):
    """The server's own name is in the tables too, and has no people."""
    assert domains.present(settings, signed) == ["example.net", "example.org"]


def test_before_the_first_projection_there_is_none(place: Place, settings: Settings):
    """A start asks before anything is there."""
    assert domains.present(settings, place) == []


def test_what_lacks_a_key_gets_one(signed: Place, settings: Settings):
    """Once: the second time nothing is to be done."""
    assert domains.lacking(["example.net", "example.org"], signed) == ["example.net", "example.org"]

    assert domains.provide(["example.net", "example.org"], settings, signed) == ["example.net", "example.org"]
    assert domains.provide(["example.net", "example.org"], settings, signed) == []
    assert Store(signed.dkim).domains() == ["example.net", "example.org"]


def test_where_nobody_signs_no_key_is_made(place: Place, settings: Settings):
    """A directory of a test's own, or one that is only looked into."""
    assert domains.provide(["example.org"], settings, place) == []
    assert not place.dkim.exists()


def test_a_file_of_another_server_that_is_no_key_keeps_nothing_up(signed: Place, settings: Settings, tmp_path: Path):
    """Own keys are made in its place."""
    place = tmp_path / "state" / "imported" / "opendkim" / "keys" / "example.org" / "mail.private"
    place.parent.mkdir(parents=True)
    place.write_text("no key")

    assert domains.provide(["example.org"], settings, signed) == ["example.org"]
    assert [key.selector for key in Store(signed.dkim).keys("example.org")] == ["m1r", "m1e"]
