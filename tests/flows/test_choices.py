"""What an owner may switch on or off changes just that."""

import ssl

import pytest

from support import clients, sieve
from support.wait import wait_until


def test_a_detail_can_name_a_folder(make_stack, make_person):
    """With MAIL_DETAIL_FOLDER mail for alice+lists@ is in her folder `lists`, and in the inbox where she has none so called."""
    stack = make_stack(MAIL_DETAIL_FOLDER="yes")
    alice, bob = make_person("Alice", stack=stack), make_person("Bob", stack=stack)
    with alice.inbox.imap() as server:
        server.create("lists")

    bob.send(to=alice.address.replace("@", "+lists@"), subject="For the folder")
    bob.send(to=alice.address.replace("@", "+other@"), subject="For the inbox")

    assert alice.inbox.wait_for(subject="For the folder", folder="lists")
    assert alice.inbox.wait_for(subject="For the inbox")
    assert alice.inbox.subjects() == ["For the inbox"]


def test_what_is_switched_off_does_not_answer(make_stack, make_person):
    """Without POP3, port 587 and ManageSieve nobody answers at their ports, and mail is sent, read and searched all the same.

    Without an index letters are read for it, and any part of a word is found.
    """
    stack = make_stack(MAIL_POP3="no", MAIL_SUBMISSION_STARTTLS="no", MAIL_MANAGESIEVE="no", MAIL_FULL_TEXT_SEARCH="no")
    alice = make_person("Alice", stack=stack)

    for connect in (clients.pop3s, clients.submission):
        with pytest.raises(OSError, match=r"(?i)reset|EOF|closed|refused"):
            connect(stack)
    with pytest.raises((OSError, AssertionError)):
        sieve.activate(stack, alice.address, alice.password, "keep;")
    alice.send(to=alice, subject="A note to myself", text="Ask Gustafsson.")
    assert alice.inbox.wait_for(subject="A note to myself")
    with alice.inbox.imap() as server:
        assert server.search(None, "BODY", "tafs")[1] == [b"1"]


def test_465_without_wrapper_mode_would_hang_and_ours_does_not(make_stack, make_person):
    """A program that begins with TLS is greeted in TLS; where master.cf lacks wrapper mode it never is."""
    stack = make_stack()
    alice = make_person("Alice", stack=stack)
    with alice.signed_in("submissions") as server:
        assert server.noop()[0] == 250

    stack.exec("sed", "-i", "s/smtpd_tls_wrappermode=yes/smtpd_tls_wrappermode=no/", "/run/mailstead/etc/postfix/master.cf")
    stack.exec("postfix", "reload")

    wait_until(lambda: not _greeted_in_tls(stack), what="465 to be without wrapper mode")


def _greeted_in_tls(stack):
    try:
        with clients.submissions(stack):
            return True
    except (ssl.SSLError, TimeoutError):
        return False
