"""What an account may, where its mail goes, and what its postmaster can see of it."""

import json

from support import clients
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
READING = {"IMAP", "POP3"}


def test_mail_is_forwarded_and_a_copy_stays(stack, alice, bob, carol):
    """To people here and elsewhere; sent to a detail, it arrives with the detail."""
    stack.mailstead("account", "forward", alice.address, bob.address, carol.address)

    carol.send(to=alice, subject="For all three")

    for reader in (alice, bob, carol):
        assert reader.inbox.wait_for(subject="For all three")


def test_mail_is_forwarded_and_no_copy_stays(stack, alice, bob, carol):
    """Until the forwarding ends."""
    stack.mailstead("account", "forward", alice.address, bob.address, "--no-copy")
    carol.send(to=alice, subject="For Bob alone")
    bob.inbox.wait_for(subject="For Bob alone")

    stack.mailstead("account", "forward", alice.address)
    carol.send(to=alice, subject="For Alice again")
    alice.inbox.wait_for(subject="For Alice again")

    assert alice.inbox.subjects() == ["For Alice again"]
    assert bob.inbox.subjects() == ["For Bob alone"]


def test_whoever_gets_forwarded_mail_may_not_send_as_its_owner(stack, alice, bob, carol):
    """Forwarding is no gift of one's name."""
    stack.mailstead("account", "forward", alice.address, bob.address)

    with bob.signed_in() as server:
        assert clients.envelope(server, alice.address, carol.address)[0] == 553


def test_a_first_password_opens_nothing_until_it_is_changed(stack, make_person):
    """Programs that read show why; the log says so for reading and for sending; then the new password opens everything."""
    nora = make_person("Nora", password="the first one")
    stack.mailstead("account", "passwd", nora.address, "--password-stdin", "--must-change", text="the first one\n")

    assert clients.opening(stack, nora.address, "the first one") == set()
    why = "The first password must be changed before mail can be read"
    assert _imap_refusal(stack, nora.address, "the first one") == f"[CONTACTADMIN] {why}"
    log = "".join(stack.logs().values())
    assert f"user=<{nora.address}>" in _line(log, why)
    assert f"mailstead: {nora.address} was refused: its first password must be changed: mailstead account passwd" in log

    stack.mailstead("account", "passwd", nora.address, "--password-stdin", text="her own\n")
    assert clients.opening(stack, nora.address, "her own") == EVERY_WAY


def _imap_refusal(stack, address, password):
    with clients.imaps(stack) as server:
        try:
            clients.imap_plain(server, address, password)
        except server.error as refusal:
            return str(refusal)


def _line(log, words):
    return next(line for line in log.splitlines() if words in line)


def test_mail_for_a_new_account_waits_behind_its_first_password(stack, make_person, carol):
    """It is delivered from the first moment on."""
    nora = make_person("Nora")
    stack.mailstead("account", "passwd", nora.address, "--password-stdin", "--must-change", text="first\n")
    carol.send(to=nora, subject="Welcome")
    stack.mailstead("account", "passwd", nora.address, "--password-stdin", text=f"{nora.password}\n")

    assert nora.inbox.wait_for(subject="Welcome")


def test_who_may_not_send_reads_and_sends_nothing(stack, alice, bob):
    """Not even with the null sender; the log says why."""
    stack.mailstead("account", "set", alice.address, "--may-send", "no")
    assert clients.opening(stack, alice.address, alice.password) == READING
    assert f"mailstead: {alice.address} was refused: the account may not send" in "".join(stack.logs().values())

    stack.mailstead("account", "set", alice.address, "--may-send", "yes")
    alice.send(to=bob, subject="Once more")
    assert bob.inbox.wait_for(subject="Once more")


def test_one_may_send_as_what_one_was_given(stack, alice, bob, carol):
    """An address of somebody else, a group, one elsewhere; and no longer once it is taken back."""
    team = f"team-{alice.mailbox.username}@example.test"
    stack.mailstead("group", "add", team, "--member", bob.address)
    given = [bob.address, team, "Alice@elsewhere.test"]
    stack.mailstead("account", "set", alice.address, *(word for one in given for word in ("--sender", one)))

    with alice.signed_in() as server:
        for sender in (alice.address, *given):
            assert clients.envelope(server, sender, carol.address)[0] == 250, sender
    stack.mailstead("account", "set", alice.address, "--sender", "none")
    with alice.signed_in() as server:
        for sender in given:
            assert clients.envelope(server, sender, carol.address)[0] == 553, sender


def test_the_postmaster_sees_when_an_account_was_used_and_what_it_stores(stack, alice, bob):
    """Read by IMAP or POP3, sent by SMTP, in either domain's spelling; and it is still known after a new container."""
    before = _shown(stack, alice)
    assert (before["last_read"], before["last_sent"]) == (None, None)

    bob.send(to=alice, subject="Something to store", text="word " * 50_000)
    alice.inbox.wait_for(subject="Something to store")
    with clients.submissions(stack) as server:
        clients.smtp_plain(server, alice.address.upper(), alice.password)
        server.sendmail(alice.address, [bob.address], b"Subject: Sent\r\n\r\n")
    after = wait_until(lambda: _used(stack, alice), what="the use to be known")

    assert after["stored"] > 200_000
    assert after["last_read"] <= after["last_sent"]


def _shown(stack, person):
    return json.loads(stack.mailstead("account", "show", person.address, "--json"))


def _used(stack, person):
    shown = _shown(stack, person)
    return shown if shown["last_sent"] and shown["last_read"] else None


def test_every_change_is_in_the_audit(stack, alice):
    """Who, when and what, in words; and no secret."""
    stack.exec("env", "MAILSTEAD_ACTOR=Petra", "mailstead", "account", "quota", alice.address, "3G")
    secret = stack.mailstead("app-password", "add", alice.address, "phone").strip()

    entries = json.loads(stack.mailstead("audit", "--last", "2", "--json"))
    assert [(one["who"], one["interface"], one["action"], one["subject"]) for one in entries] == [
        ("Petra", "cli", "account quota", alice.address),
        ("root", "cli", "app-password add", alice.address),
    ]
    assert secret not in stack.mailstead("audit", "--last", "1000", "--json")
    assert "$" not in stack.mailstead("audit", "--last", "1000", "--json")
