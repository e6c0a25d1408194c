"""ACME without a CA: when a certificate is renewed, how often a CA is asked, for which names. `now` is an argument everywhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailstead import certs
from mailstead.certs import acme
from mailstead.certs.acme.failed import Failed
from mailstead.certs.acme.ledger import HOUR, Ledger
from mailstead.certs.acme.moment import Life, Suggestion, next_look, renewal
from mailstead.certs.acme.reach import here
from mailstead.certs.store import Store
from mailstead.settings import Settings

NOW = 1_800_000_000
DAY = 86400


def a_life(length: int = 90 * DAY) -> Life:
    """Return the life of a certificate issued now."""
    return Life(NOW, NOW + length, NOW, "0ABC")


@pytest.mark.parametrize("length", [2 * HOUR, 6 * DAY, 45 * DAY, 90 * DAY, 398 * DAY])
def test_without_a_suggestion_a_third_of_life_is_left(length: int):
    """A share, so that certificates of hours are renewed in time as well as those of a year."""
    assert renewal(a_life(length), None) == NOW + length - length // 3


def test_a_suggestion_is_followed_somewhere_within_its_window():
    """The same moment each time it is asked, another one for another certificate: a CA's customers do not come all at once."""
    window = Suggestion(NOW + 20 * DAY, NOW + 30 * DAY)
    moments = {renewal(Life(NOW, NOW + 90 * DAY, NOW, f"{serial:02X}"), window) for serial in range(20)}

    assert all(window.start <= moment <= window.end for moment in moments)
    assert len(moments) == 20
    assert renewal(a_life(), window) == renewal(a_life(), window)


def test_a_ca_that_wants_it_back_is_heard_at_once():
    """A window that has passed means now (RFC 9773, 4.2): a certificate that will be revoked."""
    assert renewal(a_life(), Suggestion(NOW - DAY, NOW - HOUR)) <= NOW + HOUR


def test_a_ca_that_always_says_now_does_not_make_a_loop():
    """A new certificate is left alone for an hour, or a tenth of its life."""
    assert renewal(a_life(), Suggestion(NOW - DAY, NOW - 1)) == NOW + HOUR
    assert renewal(a_life(2 * HOUR), Suggestion(NOW - DAY, NOW - 1)) == NOW + 2 * HOUR // 10


@pytest.mark.parametrize(("start", "end"), [(5, 0), (0, 91 * DAY), (100 * DAY, 101 * DAY)])
def test_a_window_without_sense_counts_as_none(start: int, end: int):
    """One that ends before it begins, or after the certificate."""
    assert renewal(a_life(), Suggestion(NOW + start, NOW + end)) == renewal(a_life(), None)


@given(st.integers(HOUR, 400 * DAY), st.integers(-DAY, 400 * DAY), st.integers(0, 30 * DAY), st.integers(0, 400 * DAY))
def test_nothing_a_ca_suggests_lets_a_certificate_end(length: int, start: int, width: int, passed: int):
    """It is renewed before its end, and looked at in time for that."""
    life, window, now = a_life(length), Suggestion(NOW + start, NOW + start + width), NOW + passed

    assert renewal(life, window) < life.not_after
    assert now <= next_look(life, window, now) <= max(now, renewal(life, window))


def test_a_ca_is_asked_again_as_soon_as_it_wishes():
    """Within reason: not every second, and not once in a month (RFC 9773, 4.3.2)."""
    window = Suggestion(NOW + 50 * DAY, NOW + 60 * DAY)

    assert next_look(a_life(), replace(window, ask_again=1800), NOW) == NOW + 1800
    assert next_look(a_life(), replace(window, ask_again=1), NOW) == NOW + 60
    assert next_look(a_life(), replace(window, ask_again=30 * DAY), NOW) == NOW + DAY
    assert next_look(a_life(), None, NOW) == NOW + 6 * HOUR


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_no_way_to_more_than_five_orders_an_hour(visits: list[tuple[int, bool, bool]]):
    """Whoever calls, however often, by force or not, with failures or without, after any restart."""
    ledger, now, orders = Ledger(), NOW, []
    for passed, force, fails in visits:
        now += passed
        if ledger.free_at(now, force=force) <= now:
            orders.append(now)
            ledger = ledger.ordered(now)
            ledger = ledger.failed("no", now) if fails else ledger.succeeded("https://ca.test", now)

    assert all(sum(order - HOUR < other <= order for other in orders) <= 5 for order in orders)


def test_an_order_made_while_we_waited_for_our_turn_counts():
    """The time we have looked at the clock is before it, then."""
    ledger = Ledger()
    for passed in (10, 20, 30, 40, 50):
        ledger = ledger.ordered(NOW + passed)

    assert ledger.free_at(NOW) == NOW + 10 + HOUR
    assert len(ledger.ordered(NOW).orders) == 6


def test_the_ledger_outlives_a_restart(tmp_path: Path):
    """All of it lies on the disk, for root alone."""
    place = tmp_path / "acme.json"
    ordered = Ledger().concerning("settings").ordered(NOW, "https://ca.test/account/1", "ca.test")
    ledger = ordered.failed("no answer", NOW, 60).without(["a.b"], NOW).keep(place)

    assert Ledger.read(place) == ledger
    assert (ledger.account, ledger.issuer) == ("https://ca.test/account/1", "ca.test")
    assert place.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"orders": 7}', '{"orders": ["x"], "left_out": []}', '{"more": 1}'])
def test_a_torn_ledger_is_an_empty_one(tmp_path: Path, text: str):
    """It keeps nobody from a certificate."""
    (tmp_path / "acme.json").write_text(text)

    assert Ledger.read(tmp_path / "acme.json") == Ledger()


def test_the_rests_grow_and_differ():
    """From seconds to six hours at most, each shortened by chance, so that a CA that was away is not run over."""
    ledger, rests = Ledger(), []
    for _ in range(16):
        ledger = ledger.failed("no", NOW, draw=lambda: 0.0)
        rests.append(ledger.rest_until - NOW)

    assert rests[:4] == [15, 30, 60, 120]
    assert rests[-1] == 6 * HOUR
    assert Ledger().failed("no", NOW, draw=lambda: 1.0).rest_until == NOW + 7


def test_who_asks_by_hand_need_not_rest_but_obeys_the_ca():
    """Force is for an owner who has mended something, not against a rate limit."""
    rested = Ledger().failed("no", NOW)
    closed = Ledger().failed("too many", NOW, 1000)

    assert rested.free_at(NOW) > NOW
    assert rested.free_at(NOW, force=True) == NOW
    assert closed.free_at(NOW, force=True) == NOW + 1000


def test_other_settings_need_not_wait_for_what_was_wrong_before():
    """The rest is forgotten; the orders, and what the CA asked for, are not."""
    ledger = Ledger().concerning("wrong").ordered(NOW).failed("no", NOW, 60)
    changed = ledger.concerning("right")

    assert ledger.concerning("wrong") == ledger
    assert (changed.failures, changed.trouble, changed.rest_until) == (0, None, 0)
    assert (changed.orders, changed.closed_until) == (ledger.orders, ledger.closed_until)


def test_a_clock_that_ran_ahead_does_not_close_the_ca_for_years():
    """Waits and orders from a future that has not come are not believed."""
    ahead = NOW + 1000 * DAY
    ledger = Ledger().failed("no", ahead, 60)
    for _ in range(5):
        ledger = ledger.ordered(ahead)

    assert ledger.free_at(NOW) == NOW


HERE, AWAY = "192.0.2.1", "192.0.2.9"
DNS = {"mail.a.test": {HERE}, "imap.a.test": {HERE, "2001:db8::1"}, "smtp.a.test": {AWAY}, "mail.b.test": None}


def test_names_that_do_not_lead_here_are_left_out():
    """Those with another address, with none, or with no answer; the server's own name stays first."""
    found = here([*DNS, "autoconfig.a.test"], needed=True, resolve=lambda name: DNS.get(name, set()))

    assert found == ["mail.a.test", "imap.a.test"]


def test_a_name_that_no_ca_can_find_costs_no_order():
    """By http-01 and tls-alpn-01 the CA comes to its address."""
    with pytest.raises(Failed, match=r"mail\.a\.test has no address in the DNS, so the CA cannot find it"):
        here(["mail.a.test"], needed=True, resolve=lambda _: set())


def test_by_dns_01_a_name_needs_no_address():
    """A server in a home network has a certificate too."""
    assert here(["mail.a.test", "imap.a.test"], needed=False, resolve=lambda _: set()) == ["mail.a.test"]


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """A server that wants a certificate from a CA."""
    return make_settings(hostname="mail.example.org", tls="acme", port_http="80")


def test_a_first_start_serves_at_once_and_looks_for_the_ca_right_after(settings: Settings, tmp_path: Path):
    """A self-signed certificate, and a note that somebody shall look now."""
    store, now = Store(tmp_path / "certificates"), datetime.fromtimestamp(NOW, UTC)
    first = certs.ensure(settings, store, now)

    assert (first.source, first.next_look) == ("self-signed", NOW)


def test_a_start_leaves_a_good_certificate_in_service(settings: Settings, tmp_path: Path):
    """Whatever it is and however it came; only a look is taken."""
    store, now = Store(tmp_path / "certificates"), datetime.fromtimestamp(NOW, UTC)
    first = certs.ensure(settings, store, now)
    again = acme.ensure(settings, store, now + timedelta(hours=1))

    assert again.serial == first.serial
    assert again.next_look == NOW + HOUR


def test_what_is_asked_for_is_noted_without_its_secrets(make_settings: Callable[..., Settings]):
    """A changed secret is a change, but the note tells nobody what it was."""
    asked = [
        certs.asked(Settings.read({"MAIL_TLS": "acme", "MAIL_ACME_DNS_PROVIDER": "rfc2136", "LEGO_RFC2136_TSIG_SECRET": secret}))
        for secret in ("canary", "another")
    ]

    assert asked[0] != asked[1]
    assert "canary" not in json.dumps(asked)
