"""A stack whose people are in a directory server: who they are, what they may, and what happens while it is away."""

import imaplib
import json
import os
import smtplib
from collections.abc import Callable, Iterator
from email.headerregistry import Address

import pytest

from support import clients, directory_server
from support.directory_server import BASE, DirectoryServer
from support.people import Person
from support.stack import Stack
from support.wait import wait_until
from support.world import World

EVERY_WAY = set(clients.WAYS)
SEEN = 20  # seconds; the page for owners promises 5 and the time a look takes, on a machine with nothing else to do
PROJECTION = "/var/lib/mailstead/projection"


PASSWORDS = {"lea": "*", "leo": " ", "lia": "100% %u %n {x}", "lin": "\\", "liv": ")(uid=*", "lou": "ä" * 60}
PEOPLE: dict[str, dict[str, str | list[str]]] = {
    **{uid: {} for uid in ("alice", "bob", "dora", "fred", "gina", "hugo", "ida", "karl", "nora", "paul", "quin")},
    "carl": {"mailAlternateAddress": "info@example.test"},
    "erin": {"mailQuota": "1M"},
    "mona": {"displayName": "Mona M.", "mailQuota": "2G", "mailAlternateAddress": "mo@example.test"},
    **{uid: {"userPassword": password} for uid, password in PASSWORDS.items()},
}


def populated(world: World) -> DirectoryServer:
    """Return a directory server with PEOPLE in it, and a group of two."""
    server = DirectoryServer(world)
    for uid, values in PEOPLE.items():
        server.add_person(uid, **values)
    server.add_group("crew", "carl", "dora")
    return server


@pytest.fixture(scope="module")
def met(open_stack, docker_run) -> Iterator[tuple[Stack, DirectoryServer]]:
    """A stack, and the directory server it reads."""
    servers: list[DirectoryServer] = []
    settings = directory_server.settings(MAIL_LDAP_ENABLED_FILTER="(!(employeeType=retired))")
    config = {"ldap-ca.pem": docker_run.authority.pem}
    with open_stack(config=config, beside=lambda world: servers.append(populated(world)), **settings) as stack:
        yield stack, servers[0]


@pytest.fixture
def stack(met) -> Stack:
    """The stack."""
    return met[0]


@pytest.fixture
def ldap(met) -> DirectoryServer:
    """The directory server."""
    return met[1]


@pytest.fixture
def colleague(stack) -> Callable[[str], Person]:
    """Return one of PEOPLE: colleague("alice")."""
    passwords = {uid: values.get("userPassword", f"the password of {uid}") for uid, values in PEOPLE.items()}
    return lambda uid: Person(stack, Address(uid.capitalize(), uid, "example.test"), passwords[uid])


def knows(stack: Stack, address: str) -> bool:
    """Whether a stack takes mail for an address."""
    return stack.attempt("postmap", "-q", address, f"cdb:{PROJECTION}/addresses").status == 0


def refusal(stack: Stack, address: str, password: str) -> tuple[int, str]:
    """Return what SMTP (code) and IMAP (words) say to a login."""
    with clients.submissions(stack) as server, pytest.raises(smtplib.SMTPAuthenticationError) as smtp:
        clients.smtp_plain(server, address, password)
    with clients.imaps(stack) as server, pytest.raises(imaplib.IMAP4.error) as imap:
        clients.imap_plain(server, address, password)
    return smtp.value.smtp_code, str(imap.value)


def test_people_of_the_server_sign_in_everywhere_and_write_to_each_other(stack, colleague):
    """On 465, 587, 993 and 995, with the passwords the server has, however the address is written."""
    alice, bob = colleague("alice"), colleague("bob")

    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY
    assert clients.opening(stack, alice.address.upper(), alice.password) == EVERY_WAY
    assert refusal(stack, alice.address, "a wrong one") == (535, "[AUTHENTICATIONFAILED] Authentication failed.")
    alice.send(to=bob, subject="By 465")
    bob.send(to=alice, subject="By 587", via="submission")
    assert bob.inbox.wait_for("By 465")
    assert alice.inbox.wait_for("By 587")


def test_aliases_and_groups_lead_to_people(colleague):
    """What is an alias of somebody is somebody's name to send as; what is a group reaches all of it."""
    carl, dora = colleague("carl"), colleague("dora")

    dora.send(to=["info@example.test", "crew@example.test"], subject="For the crew")
    assert carl.inbox.wait_for("For the crew")
    assert dora.inbox.wait_for("For the crew")
    with carl.signed_in() as server:
        assert clients.envelope(server, "info@example.test", dora.address)[0] == 250
        assert clients.envelope(server, dora.address, carl.address)[0] == 553


def test_who_is_over_his_quota_is_refused_at_the_door(colleague):
    """With the limit that the server names."""
    erin, fred = colleague("erin"), colleague("fred")
    fred.send(to=erin, subject="It fits", attachment=os.urandom(500_000))
    erin.inbox.wait_for("It fits")

    with fred.signed_in() as server:
        assert clients.envelope(server, fred.address, erin.address, size=700_000)[0] == 552


def test_a_password_changed_there_holds_for_the_next_login(stack, ldap, colleague):
    """At once: nobody here keeps it."""
    gina = colleague("gina")
    assert clients.opening(stack, gina.address, gina.password) == EVERY_WAY

    ldap.set("uid=gina,ou=people", userPassword="quite another")

    assert clients.opening(stack, gina.address, gina.password) == set()
    assert clients.opening(stack, gina.address, "quite another") == EVERY_WAY


def test_who_comes_is_known_within_seconds(stack, ldap, colleague):
    """Nobody types a command."""
    ldap.add_person("nina")

    wait_until(lambda: knows(stack, "nina@example.test"), SEEN, what="nina to be known")
    colleague("bob").send(to="nina@example.test", subject="Welcome")
    wait_until(lambda: delivered(stack, "nina"), what="the letter to be delivered")


def test_who_is_gone_or_retired_is_refused(stack, ldap, colleague):
    """Who is retired still gets mail; who is gone does not, and is told to nobody as a bounce."""
    hugo, ida = colleague("hugo"), colleague("ida")
    carol = stack.world.outside.person("carol")

    ldap.set("uid=hugo,ou=people", employeeType="retired")
    assert clients.opening(stack, hugo.address, hugo.password) == set()
    carol.send(to=hugo, subject="Still for you")
    wait_until(lambda: delivered(stack, "hugo"), what="the letter to be delivered")
    ldap.delete("uid=ida,ou=people")
    assert clients.opening(stack, ida.address, ida.password) == set()
    wait_until(lambda: not knows(stack, ida.address), SEEN, what="ida to be gone")

    with clients.smtp(stack) as server:
        assert clients.envelope(server, carol.address, ida.address)[0] == 550


@pytest.mark.parametrize(
    "name", ["*", "*@example.test", "karl*@example.test", "karl@example.test)(uid=*", "k)(|(mail=karl", r"karl\2a", "karl\\", "("]
)
def test_a_login_is_never_part_of_the_servers_filter(stack, name):
    """With the right password of the only one it could mean."""
    assert clients.opening(stack, name, "the password of karl") == set()
    assert clients.opening(stack, "karl@example.test", "the password of karl") == EVERY_WAY


@pytest.mark.parametrize("uid", PASSWORDS)
def test_a_password_is_taken_as_it_is(stack, colleague, uid):
    """The server has it; nothing in it means anything on the way. Without one a server would let anybody in, as nobody."""
    person = colleague(uid)

    assert clients.opening(stack, person.address, person.password) == EVERY_WAY
    assert clients.opening(stack, person.address, "") == set()


def test_the_verbs_show_what_was_read_and_change_nothing(stack, colleague):
    """They say where it can be changed."""
    mona = colleague("mona")

    (listed,) = [one for one in json.loads(stack.mailstead("account", "list", "--json")) if one["address"] == mona.address]
    assert (listed["name"], listed["quota"]) == ("Mona M.", 2 * 2**30)
    assert "mo@example.test" in stack.mailstead("alias", "list")
    for words in (
        ["account", "add", "x@example.test"], ["account", "passwd", mona.address], ["account", "delete", mona.address],
        ["alias", "add", "y@example.test", mona.address], ["group", "add", "z@example.test", "--member", mona.address],
        ["app-password", "add", mona.address, "phone"], ["domain", "add", "more.test"],
    ):  # fmt: skip
        ran = stack.attempt("mailstead", *words)
        assert ran.status == 1
        assert f"are read from ldap://{directory_server.NAME}/{BASE}; change them there" in ran.output


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("MAIL_LDAP_ACCOUNT_FILTER=(cn=nobody at all)", "shows no account at all, where there were"),
        ("MAIL_LDAP_CA_FILE=", "cannot be read: "),
        ("MAIL_LDAP_STARTTLS=no", "Confidentiality required"),
        ("MAIL_LDAP_BIND_PASSWORD=canary", "cannot be read: Invalid credentials"),
        (f"MAIL_DIRECTORY_URL=ldap://{directory_server.NAME}/dc=elsewhere", "cannot be read: No such object"),
        ("MAIL_DIRECTORY_URL=ldap://nobody.example.test/dc=elsewhere", "cannot be read: Can't contact LDAP server"),
    ],
)
def test_an_answer_that_is_none_changes_nothing(stack, setting, said):
    """No certificate that nobody vouches for, no empty directory in place of one with people."""
    before = stack.exec("cat", f"{PROJECTION}/addresses")

    ran = stack.attempt("env", setting, "mailstead", "project")

    assert ran.status == 1
    assert said in ran.output
    assert "canary" not in ran.output
    assert stack.exec("cat", f"{PROJECTION}/addresses") == before


def test_half_an_answer_changes_nothing(stack, ldap):
    """A server that gives this reader two entries and no more."""
    before = stack.exec("cat", f"{PROJECTION}/addresses")
    ldap.limit("sizelimit 2")
    try:
        ran = stack.attempt("mailstead", "project")
    finally:
        ldap.limit("")

    assert ran.status == 1
    assert "Size limit exceeded; it gives this name no more entries than that: raise its limit" in ran.output
    assert stack.exec("cat", f"{PROJECTION}/addresses") == before


def test_mail_goes_on_while_the_server_is_away(stack, ldap, colleague):
    """30 letters from outside arrive, none bounces, also after a restart; people are told to try again, and need no restart."""
    paul = colleague("paul")
    carol = stack.world.outside.person("carol")
    ldap.stop()
    wait_until(lambda: "Can't contact LDAP server" in health(stack), 60, what="health to say so")

    code, said = refusal(stack, paul.address, paul.password)
    assert code == 454
    assert said.startswith("[UNAVAILABLE]")
    for first, last in ((0, 15), (15, 30)):
        for number in range(first, last):
            carol.send(to=paul, subject=f"Letter {number}")
        wait_until(lambda last=last: len(delivered(stack, "paul")) == last, 60, what="the letters to be delivered")
        stack.restart()
    assert refusal(stack, paul.address, paul.password)[0] == 454

    ldap.start()
    wait_until(lambda: clients.opening(stack, paul.address, paul.password) == EVERY_WAY, 60, what="people to be let in again")
    assert sorted(paul.inbox.subjects()) == sorted(f"Letter {number}" for number in range(30))
    assert carol.inbox.letters() == []


@pytest.mark.long
def test_mail_goes_on_while_the_server_hangs(stack, ldap, colleague):
    """Alive, and answering nothing: nobody waits for it but those who want to sign in."""
    quin = colleague("quin")
    carol = stack.world.outside.person("carol")
    ldap.pause()
    try:
        wait_until(lambda: "cannot be read" in health(stack), 60, what="health to say so")
        assert refusal(stack, quin.address, quin.password)[0] == 454
        carol.send(to=quin, subject="Through")
        wait_until(lambda: len(delivered(stack, "quin")) == 1, what="the letter to be delivered")
    finally:
        ldap.resume()

    wait_until(lambda: clients.opening(stack, quin.address, quin.password) == EVERY_WAY, 60, what="people to be let in again")


def delivered(stack: Stack, uid: str) -> list[str]:
    """Return the files of the letters that somebody has."""
    # A folder that is not there yet, or a file on its way, is a complaint of find's.
    lines = stack.attempt("find", f"/var/mail/example.test/{uid}/Maildir/new", "-type", "f").output.splitlines()
    return [line for line in lines if not line.startswith("find:")]


def health(stack: Stack) -> str:
    """Return what health says, well or ill."""
    return stack.attempt("mailstead", "health").output
