"""The secret by which senders of forwarded mail are known again."""

from pathlib import Path

import pytest

from mailstead.services import postsrsd


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state volume of the test's own."""
    monkeypatch.setattr(postsrsd, "SECRET", tmp_path / "srs.secret")
    monkeypatch.setattr(postsrsd, "IMPORTED", tmp_path / "imported")
    return tmp_path


def test_the_secret_is_made_once(state: Path, make_settings):
    """Another one at the next start would refuse the bounces of all letters on their way."""
    postsrsd.before_start(make_settings(), False)
    made = (state / "srs.secret").read_text()
    postsrsd.before_start(make_settings(), True)

    assert len(made.strip()) >= 32
    assert (state / "srs.secret").read_text() == made
    assert (state / "srs.secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "text"), [("dms/postsrsd.secret", "old\n"), ("srs-secret", "old,older")])
def test_secrets_of_another_server_are_honoured(state: Path, make_settings, name: str, text: str):
    """After our own, which new addresses are made with; also where they come later."""
    postsrsd.before_start(make_settings(), False)
    (own,) = (state / "srs.secret").read_text().split()
    old = state / "imported" / name
    old.parent.mkdir(parents=True)
    old.write_text(text)

    postsrsd.before_start(make_settings(), False)

    assert (state / "srs.secret").read_text().split() == [own, *text.replace(",", " ").split()]


def test_addresses_are_made_in_the_first_domain(make_settings):
    """Its SPF record and its MX are ours."""
    assert postsrsd.domain(make_settings(domains="example.org example.net")) == "example.org"
