"""The verbs of the keys that sign: what they show, and what they do about the DNS."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailstead.directory import Place
from mailstead.dkim import Store, dns, make, rotation, signed
from mailstead.settings import Settings
from support.typed import Said

DOMAIN = "example.org"
LONG_AGO = 1_700_000_000


@pytest.fixture
def store(mailstead: Callable[..., Said], place: Place, tmp_path: Path) -> Store:
    """The keys beside the directory, in which example.org has its first ones."""
    made = Store(place.dkim)
    make.missing(made, [DOMAIN], LONG_AGO, tmp_path / "imported")
    return made


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sequence[str]]:
    """What the DNS has: name to TXT records; a test puts some in."""
    records: dict[str, Sequence[str]] = {}
    monkeypatch.setattr(dns, "texts", lambda name: records.get(name, []))
    return records


def records_of(facts: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the records a verb has told, as the DNS has them."""
    return {one["name"]: [one["record"]] for one in facts}


def test_show_prints_the_records_to_publish(mailstead: Callable[..., Said], store: Store):
    """As lines of a zone: a text longer than 255 bytes is cut into strings (RFC 1035, 3.3.14)."""
    said = mailstead("dkim", "show", DOMAIN).out

    by_rsa, by_ed25519 = store.keys(DOMAIN)
    text = by_rsa.record()
    assert f'  m1r._domainkey.example.org. IN TXT "{text[:255]}" "{text[255:]}"\n' in said
    assert f'  m1e._domainkey.example.org. IN TXT "{by_ed25519.record()}"\n' in said
    assert "not seen in the DNS yet" in said


def test_show_tells_programs_all_about_each_key(mailstead: Callable[..., Said], store: Store):
    """One entry per key, and per name that may be taken out of the DNS."""
    facts = mailstead("dkim", "show", "--json").facts

    assert facts[0] == {
        "domain": DOMAIN,
        "selector": "m1r",
        "algorithm": "rsa",
        "state": "signing",
        "name": "m1r._domainkey.example.org",
        "record": store.keys(DOMAIN)[0].record(),
        "since": datetime.fromtimestamp(LONG_AGO, UTC).isoformat(),
        "seen": None,
    }


def test_rotating_waits_for_the_dns(mailstead: Callable[..., Said], store: Store, published: dict):
    """From `rotate` to the day on which the old records may go."""
    new = mailstead("dkim", "rotate", DOMAIN, "--json").facts
    assert [one["state"] for one in new] == ["next", "next"]

    waiting = mailstead("dkim", "check", DOMAIN)
    assert waiting.status == 1
    assert "the DNS does not show m2r._domainkey.example.org" in waiting.out

    published.update(records_of(new))
    done = mailstead("dkim", "check", DOMAIN)
    assert done.status == 0
    assert "mail of example.org is signed with m2r from now on" in done.out
    assert "its record stays in the DNS until" in mailstead("dkim", "show", DOMAIN).out

    next_week = int(datetime.now(UTC).timestamp()) + 8 * 86400
    rotation.check(store, DOMAIN, lambda name: published.get(name, ["still there"]), next_week)
    assert "m1r._domainkey.example.org may be taken out of the DNS" in mailstead("dkim", "show", DOMAIN).out
    assert [one["state"] for one in mailstead("dkim", "show", "--json").facts] == ["signing", "signing", "gone", "gone"]


def test_the_hourly_look_says_only_what_has_changed(mailstead: Callable[..., Said], store: Store, published: dict):
    """The log of a server whose owner has published nothing yet stays quiet."""
    quiet = mailstead("dkim", "check", "--changes")
    assert (quiet.status, quiet.out) == (0, "")

    published.update(records_of(mailstead("dkim", "show", "--json").facts))
    assert mailstead("dkim", "check", "--changes").out == (
        "the DNS shows m1r._domainkey.example.org\nthe DNS shows m1e._domainkey.example.org\n"
    )


@pytest.mark.parametrize("verb", ["show", "rotate", "check"])
@pytest.mark.parametrize(
    ("typed", "said"),
    [("example.com", "there is no domain example.com here"), ("no domain", "is not accepted; allowed: a domain")],
)
def test_another_domain_is_refused(mailstead: Callable[..., Said], verb: str, typed: str, said: str):
    """In words, and no keys are made for it."""
    refused = mailstead("dkim", verb, typed)

    assert refused.status == 1
    assert said in refused.err


def test_health_says_whose_record_is_missing(store: Store, place: Place, settings: Settings):
    """It is not ill: mail goes out, and whoever restarts ill containers would mend nothing."""
    finding = signed.finding(settings, place)

    assert finding.ok
    assert finding.said == (
        "OpenDKIM signs with RSA alone, for example.org; the DNS does not show m1r._domainkey.example.org, "
        "m1e._domainkey.example.org: mailstead dkim show"
    )


def test_health_says_what_waits(store: Store, place: Place, settings: Settings):
    """A rotation that nobody has finished is not forgotten."""
    published = records_of([{"name": key.name, "record": key.record()} for key in store.keys(DOMAIN)])
    now = int(datetime.now(UTC).timestamp())
    rotation.check(store, DOMAIN, published.get, now)
    rotation.rotate(store, DOMAIN, now)

    said = signed.finding(settings, place).said

    assert said.endswith("; waiting for the DNS to show m2r._domainkey.example.org, m2e._domainkey.example.org")
    assert "does not show" not in said


def test_health_is_ill_where_a_domain_has_no_key(mailstead: Callable[..., Said], place: Place, settings: Settings):
    """Its people cannot send."""
    finding = signed.finding(settings, place)

    assert not finding.ok
    assert finding.said == "mail of example.org cannot be signed: mailstead dkim check"
