"""People read their mail by IMAP and POP3, with what today's programs expect of both."""

import zlib

import pytest

from support import clients

SPECIAL_USE = {"Drafts", "Sent", "Junk", "Trash", "Archive"}


def test_a_new_letter_is_pushed_to_a_waiting_reader(alice, bob):
    """A program that waits by IDLE is told of a letter when it comes, without asking."""
    told = bob.inbox.pushed_by(lambda: alice.send(to=bob, subject="Now"))

    assert told.strip() == "* 1 EXISTS"


def test_the_usual_folders_are_there_and_subscribed(alice):
    """Every program finds the same Drafts, Sent, Junk, Trash and Archive by their use (RFC 6154), and shows them."""
    with alice.inbox.imap() as server:
        listed = [line.decode() for line in server.list()[1]]
        subscribed = [line.decode() for line in server.lsub()[1]]

    for name in SPECIAL_USE:
        assert any(f"\\{name}" in line and line.endswith(name) for line in listed), listed
        assert any(line.endswith(name) for line in subscribed), subscribed


def test_a_letter_is_moved_in_one_step(alice, bob):
    """MOVE (RFC 6851) takes a letter out of the inbox and puts it into Archive."""
    alice.send(to=bob, subject="Keep this")
    bob.inbox.wait_for(subject="Keep this")

    with bob.inbox.imap() as server:
        assert server.uid("MOVE", "1", "Archive")[0] == "OK"

    assert bob.inbox.subjects() == []
    assert bob.inbox.subjects("Archive") == ["Keep this"]


def test_the_connection_can_be_compressed(stack, alice):
    """After COMPRESS DEFLATE (RFC 4978) both sides speak through zlib."""
    server = clients.imaps(stack)
    clients.imap_plain(server, alice.address, alice.password)
    deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)

    assert server.xatom("COMPRESS", "DEFLATE")[0] == "OK"
    server.send(deflate.compress(b"C1 NOOP\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH))
    answer = inflate.decompress(server.sock.recv(4096))
    server.shutdown()

    assert answer.startswith(b"C1 OK"), answer


def test_the_reader_sees_how_much_room_is_left(stack, alice):
    """QUOTA (RFC 9208) shows use and limit of the account in KiB."""
    stack.mailstead("account", "quota", alice.address, "10M")

    with alice.inbox.imap() as server:
        status, (_, quotas) = server.getquotaroot("INBOX")

    assert status == "OK"
    assert b"(STORAGE 0 10240)" in quotas[0], quotas


def test_pop3_reads_and_deletes(stack, alice, bob):
    """A letter read and deleted by POP3 is gone for IMAP too."""
    alice.send(to=bob, subject="By POP3", text="Read me once.")
    bob.inbox.wait_for(subject="By POP3")

    server = clients.pop3s(stack)
    clients.pop3_user(server, bob.address, bob.password)
    lines = server.retr(1)[1]
    server.dele(1)
    server.quit()

    assert lines[-1] == b"Read me once."
    assert bob.inbox.subjects() == []


@pytest.mark.parametrize("extension", ["IDLE", "SPECIAL-USE", "MOVE", "COMPRESS=DEFLATE", "QUOTA"])
def test_imap_announces_what_it_can(alice, extension):
    """Programs use what CAPABILITY announces once somebody has signed in."""
    with alice.inbox.imap() as server:
        assert extension in server.capability()[1][0].decode().split()
