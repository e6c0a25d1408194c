"""One password for each program: what it opens, when it was used, and that it is gone when it is revoked."""

import json
import statistics
import time

import pytest

from support import clients
from support.wait import wait_until

READING = {"IMAP", "POP3"}
SENDING = set(clients.WAYS) - READING
OPENS = {"both": READING | SENDING, "read": READING, "send": SENDING}


@pytest.mark.parametrize(("scope", "ways"), OPENS.items(), ids=OPENS)
def test_an_app_password_opens_what_its_scope_says(stack, alice, scope, ways):
    """In any spelling of the login; the account's own password goes on opening everything."""
    secret = stack.mailstead("app-password", "add", alice.address, "phone", "--scope", scope).strip()

    assert clients.opening(stack, alice.address, secret) == ways
    assert clients.opening(stack, alice.address.upper(), secret) == ways
    assert clients.opening(stack, alice.address, alice.password) == READING | SENDING


def test_the_secret_is_all_that_is_printed_and_is_printed_once(stack, alice):
    """So that a script can take it; the list has the name and never the secret."""
    printed = stack.mailstead("app-password", "add", alice.address, "Alice's phone")

    assert len(printed.split()) == 1
    listed = stack.mailstead("app-password", "list", alice.address)
    assert "Alice's phone" in listed
    assert printed.strip() not in listed


def test_a_revoked_app_password_opens_nothing(stack, alice):
    """From that moment on, and whoever is signed in is signed out; the others stay."""
    secrets = {name: stack.mailstead("app-password", "add", alice.address, name).strip() for name in ("phone", "laptop")}
    with clients.imaps(stack) as server:
        clients.imap_plain(server, alice.address, secrets["phone"])
        stack.mailstead("app-password", "revoke", alice.address, "phone")
        with pytest.raises((server.abort, server.error)):
            server.noop()

    assert clients.opening(stack, alice.address, secrets["phone"]) == set()
    assert clients.opening(stack, alice.address, secrets["laptop"]) == READING | SENDING


def test_the_last_use_of_each_is_known(stack, alice, bob):
    """By reading and by sending; not that of the one which had its place before."""
    reads, sends = (stack.mailstead("app-password", "add", alice.address, name).strip() for name in ("reads", "sends"))
    stack.mailstead("app-password", "add", alice.address, "idle")
    assert _last_uses(stack, alice) == {"idle": None, "reads": None, "sends": None}

    with clients.imaps(stack) as server:
        clients.imap_plain(server, alice.address, reads)
    with clients.submissions(stack) as server:
        clients.smtp_plain(server, alice.address.capitalize(), sends)

    uses = wait_until(lambda: _used(stack, alice), what="both uses to be known")
    assert uses["idle"] is None
    stack.mailstead("app-password", "revoke", alice.address, "reads")
    stack.mailstead("app-password", "add", alice.address, "new")
    assert _last_uses(stack, alice)["new"] is None


def _last_uses(stack, person):
    listed = json.loads(stack.mailstead("app-password", "list", person.address, "--json"))
    return {one["name"]: one["last_used"] for one in listed}


def _used(stack, person):
    uses = _last_uses(stack, person)
    return uses if uses["reads"] and uses["sends"] else None


def test_ten_is_the_most_and_wrong_passwords_stay_cheap(stack, alice):
    """Ten hashes more to try for a wrong password cost less than the account's own."""
    none = _refusal_time(stack, alice)
    for number in range(10):
        stack.mailstead("app-password", "add", alice.address, f"program {number}")
    refused = stack.attempt("mailstead", "app-password", "add", alice.address, "one more")
    assert "which is the most" in refused.output

    assert _refusal_time(stack, alice) < none * 3


def _refusal_time(stack, person):
    times = []
    for _ in range(9):
        with clients.submissions(stack) as server:
            server.ehlo()
            begun = time.perf_counter()
            with pytest.raises(clients.REFUSALS):
                clients.smtp_plain(server, person.address, "a wrong one")
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


@pytest.mark.long
def test_where_dovecot_checks_who_sends_all_is_the_same(make_stack, make_person):
    """With MAIL_SMTP_AUTH=dovecot: scopes, first passwords, who may not send, and logins in a domain that is an alias."""
    stack = make_stack(MAIL_SMTP_AUTH="dovecot")
    alice, nora = (make_person(name, stack=stack, local_part=name) for name in ("alice", "nora"))
    stack.mailstead("domain", "alias", "alias.test", "example.test")

    for scope, ways in OPENS.items():
        secret = stack.mailstead("app-password", "add", alice.address, scope, "--scope", scope).strip()
        assert clients.opening(stack, alice.address, secret) == ways
        assert clients.opening(stack, "Alice@alias.test", secret) == ways
    assert clients.opening(stack, "alice@alias.test", alice.password) == READING | SENDING
    with clients.submissions(stack) as server:
        clients.smtp_plain(server, "alice@alias.test", alice.password)
        for sender in ("alice@alias.test", alice.address):
            assert clients.envelope(server, sender, nora.address)[0] == 250
    stack.mailstead("account", "set", alice.address, "--may-send", "no")
    assert clients.opening(stack, alice.address, alice.password) == READING
    stack.mailstead("account", "passwd", nora.address, "--password-stdin", "--must-change", text="first\n")
    assert clients.opening(stack, nora.address, "first") == set()
    assert f"{nora.address} was refused: its first password must be changed" in "".join(stack.logs().values())
