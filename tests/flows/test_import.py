"""A house moves in from docker-mailserver: its people notice nothing but a new certificate."""

import re
from email.headerregistry import Address

import pytest

from support import clients, docker_mailserver
from support.people import Person


@pytest.fixture(scope="module")
def moved(open_stack, tmp_path_factory):
    """A stack that took over: alice's mail from a copy in the volume, bob's where it lay."""
    config = {f"dms/{name}": text for name, text in docker_mailserver.config().items()}
    mail = tmp_path_factory.mktemp("mail")
    docker_mailserver.fill(mail / ".dms" / "example.test" / "alice")
    docker_mailserver.fill(mail / "example.test" / "bob")
    with open_stack(config=config) as stack:
        stack.compose("cp", f"{mail}/.", "mail:/var/mail")
        for place in ("/var/mail/.dms", "/var/mail"):
            stack.mailstead("import", "dms", "/config/dms", "--mail", place)
        stack.world.tell(f"old.test MX 10 {stack.hostname}")
        yield stack


@pytest.fixture
def make_old(moved):
    """Somebody who had an account there: make_old("alice@example.test")."""

    def make(address: str) -> Person:
        local_part, _, domain = address.partition("@")
        return Person(moved, Address(local_part.title(), local_part, domain), docker_mailserver.password(address))

    return make


@pytest.mark.parametrize("address", ["alice@example.test", "bob@example.test", "carol@example.test", "dora@old.test"])
def test_people_sign_in_with_their_old_passwords(moved, make_old, address):
    """Whatever form of crypt(3) they were kept in, at every door; and with no other."""
    assert clients.opening(moved, address, make_old(address).password) == set(clients.WAYS)
    assert clients.opening(moved, address, "another") == set()


@pytest.mark.parametrize("address", ["alice@example.test", "bob@example.test"])
def test_old_mail_is_there_as_mail_programs_knew_it(make_old, address):
    """UIDs and UIDVALIDITY, flags and keywords, dates, folders: nothing is downloaded again."""
    with make_old(address).inbox.imap() as server:
        assert server.response("UIDVALIDITY")[1] == [str(docker_mailserver.UIDVALIDITY).encode()]
        seen = b" ".join(one for one in server.uid("FETCH", "7,12", "(UID FLAGS INTERNALDATE)")[1])
        folders = b" ".join(server.list()[1])
        subscribed = b" ".join(server.lsub()[1])

    assert re.findall(rb"UID (\d+)", seen) == [b"7", b"12"]
    assert rb"(\Seen)" in seen
    assert rb"\Flagged" in seen
    assert b"$Label1" in seen
    assert seen.count(b"13-Sep-2020 12:26:40") == 2
    assert b'"/" Work/Plans' in folders
    assert b"Work/Plans" in subscribed


def test_letters_in_old_folders_open(make_old):
    """With all that is in them."""
    alice = make_old("alice@example.test")

    assert alice.inbox.subjects() == ["Old and read", "Old and flagged"]
    assert alice.inbox.subjects("Sent") == ["Old and sent"]
    assert alice.inbox.wait_for("An old plan", folder="Work/Plans").text.count("An old letter.") == 6000


def test_new_mail_arrives_beside_the_old(make_old):
    """With a UID above the old ones; the reader's own filter files the rest."""
    alice, bob = make_old("alice@example.test"), make_old("bob@example.test")
    bob.send(to=alice, subject="[list] News", via="submission")
    bob.send(to=alice, subject="Hello", via="submissions")

    assert alice.inbox.wait_for("[list] News", folder="Work/Plans")
    assert alice.inbox.wait_for("Hello")
    with alice.inbox.imap() as server:
        assert int(server.uid("SEARCH", "SUBJECT", "Hello")[1][0]) > 12


def test_addresses_lead_where_they_led(moved, make_old):
    """An alias of two, an expression, and who gets the rest of a domain."""
    world = moved.world.outside.person("greta")
    for address, subject in {"info@old.test": "To both", "shop-17@old.test": "An order", "whatever@old.test": "A guess"}.items():
        world.send(to=address, subject=subject)

    assert make_old("alice@example.test").inbox.wait_for("To both")
    assert make_old("dora@old.test").inbox.wait_for("To both")
    assert make_old("bob@example.test").inbox.wait_for("An order")
    assert make_old("carol@example.test").inbox.wait_for("A guess")


def test_the_quota_counts_the_old_mail(moved, make_old):
    """What an account has brought along is part of what it may keep."""
    bob = make_old("bob@example.test")
    with bob.inbox.imap() as server:
        used, limit = map(int, re.findall(rb"STORAGE (\d+) (\d+)", server.getquotaroot("INBOX")[1][1][0])[0])
    with clients.smtp(moved) as stranger:
        answer = clients.envelope(stranger, "greta@outside.test", bob.address, size=1_900_000)

    assert limit == 2048
    assert used > 4 * 90
    assert answer[0] == 552, answer


def test_who_may_not_send_still_may_not(moved):
    """Frank reads, and that is all."""
    opening = clients.opening(moved, "frank@old.test", docker_mailserver.password("frank@old.test"))

    assert opening == {"IMAP", "POP3"}


def test_a_password_kept_in_another_form_must_be_set_anew(moved, make_old):
    """Nobody gets in by it until then; the log says what to type, and the mail is waiting behind it."""
    erik = Person(moved, Address("Erik", "erik", "old.test"), "in clear")
    make_old("alice@example.test").send(to=erik, subject="Welcome")
    assert clients.opening(moved, erik.address, "in clear") == set()

    moved.mailstead("account", "passwd", erik.address, "--password-stdin", text="in clear\n")

    assert erik.inbox.wait_for("Welcome")


def test_a_second_import_changes_nothing(moved, make_old):
    """Neither the directory nor anybody's mail; and what is kept is root's alone."""
    alice = make_old("alice@example.test")
    before = alice.inbox.subjects()
    counter = "/var/lib/mailstead/projection/counter"
    shown = moved.exec("cat", counter)

    said = moved.mailstead("import", "dms", "/config/dms", "--mail", "/var/mail/.dms")

    assert "What changed in the directory:\n  nothing\n" in said
    assert moved.exec("cat", counter) == shown
    assert alice.inbox.subjects() == before
    kept = moved.exec("stat", "--format=%a %U", "/var/lib/mailstead/imported/opendkim/keys/old.test/mail.private")
    assert kept == "600 root\n"


def test_everything_of_a_mailbox_is_the_mail_users(moved):
    """Whoever owned it before."""
    found = moved.exec("find", "/var/mail/example.test", "!", "-user", "vmail", "-o", "!", "-group", "vmail")

    assert found == ""
