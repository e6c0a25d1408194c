"""What a break-in would find: no rights, nothing to write, no passwords."""

import base64
import json
import smtplib

import pytest

from stack.processes import Process, daemon, processes
from support import clients
from support.people import Person, make_person
from support.stack import Stack

# capabilities(7): the bits of those compose.yaml gives.
GIVEN = sum(1 << bit for bit in (0, 1, 5, 6, 7, 18))  # CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID, SYS_CHROOT
STRANGERS_TALK_TO = {"smtpd", "imap-login", "pop3-login", "lmtp", "auth", "imap", "cleanup", "qmgr", "smtp", "unbound"}
STRANGERS_TALK_TO |= {"postscreen", "opendkim", "postsrsd"}
CANARY, GUESS = "canary 1: four plain words", "canary 2: a wrong guess"


@pytest.fixture(scope="module")
def guarded(open_stack) -> Stack:
    """A stack with every password it knows in a file; and mail has gone through it."""
    config = {"postmaster-password": CANARY, "relay-password": f"{CANARY} too"}
    files = {"MAIL_POSTMASTER_PASSWORD_FILE": "/config/postmaster-password", "MAIL_RELAY_PASSWORD_FILE": "/config/relay-password"}
    relay = {"MAIL_RELAY_HOST": "smtp.provider.test", "MAIL_RELAY_USER": "me"}
    with open_stack(config=config, MAIL_POSTMASTER_PASSWORD="", **files, **relay) as stack:
        yield stack


@pytest.fixture(scope="module")
def postmaster(guarded: Stack) -> Person:
    """The postmaster, who has written to himself and read it; and somebody who has guessed wrongly at every door."""
    somebody = make_person(guarded, "Ann", domain="example.test", password=f"{CANARY} three")
    somebody.send(to="postmaster@example.test", subject="Through everything")
    somebody.send(to=somebody, subject="Through everything")
    somebody.inbox.wait_for("Through everything")
    assert clients.opening(guarded, "postmaster@example.test", CANARY) == set(clients.WAYS)
    assert clients.opening(guarded, "postmaster@example.test", GUESS) == set()
    return somebody


@pytest.fixture(scope="module")
def running(guarded: Stack, postmaster: Person) -> list[Process]:
    """The processes of a stack at work, a person signed in to each of its doors."""
    with postmaster.signed_in("submission"), postmaster.inbox.imap(), clients.smtp(guarded) as server:
        server.ehlo()
        return processes(guarded)


def test_no_process_has_more_than_what_compose_gives(running: list[Process]):
    """And none can get more: no setuid program works."""
    assert all(process.no_new_privileges for process in running)
    assert [process for process in running if process.capabilities & ~GIVEN] == []


def test_what_strangers_talk_to_has_no_rights_at_all(running: list[Process]):
    """Neither root's name nor one of its capabilities."""
    theirs = [process for process in running if process.name in STRANGERS_TALK_TO]

    assert {"smtpd", "imap-login", "auth", "imap", "lmtp", "cleanup", "unbound"} <= {process.name for process in theirs}
    assert [process for process in theirs if process.capabilities or process.user == 0] == []


def test_nothing_but_its_volumes_and_tmpfs_can_be_written(guarded: Stack, postmaster: Person):
    """The container's own layer stays as the image made it, but for the places where volumes are mounted."""
    container = guarded.run.client.containers.get(f"{guarded.name}-mail-1")
    mounts = [mount["Destination"] for mount in container.attrs["Mounts"]]
    changed = [change["Path"] for change in container.diff() or []]

    assert [path for path in changed if not any(f"{mount}/".startswith(f"{path}/") for mount in mounts)] == []
    assert "Read-only file system" in guarded.attempt("touch", "/etc/mark").output


def spellings(secret: str) -> list[str]:
    """Return a secret as it is, and as it goes over the wire (base64 in any of its three alignments, without the ends)."""
    coded = [base64.b64encode(b"\0" * shift + secret.encode()).decode() for shift in range(3)]
    return [secret, *(one[4:-4] for one in coded)]


def test_no_password_is_in_the_log(guarded: Stack, postmaster: Person):
    """Neither a right one nor a wrong one, in no spelling."""
    (log,) = guarded.logs().values()

    assert "auth failure" in log
    assert [word for secret in (CANARY, GUESS) for word in spellings(secret) if word in log] == []


def test_no_password_is_in_what_docker_knows(guarded: Stack, postmaster: Person):
    """`docker inspect` shows the environment: the passwords came from files."""
    shown = json.dumps(guarded.run.client.containers.get(f"{guarded.name}-mail-1").attrs)

    assert "MAIL_RELAY_PASSWORD_FILE" in shown
    assert "canary" not in shown


def test_no_password_is_in_a_command_line_or_a_daemons_environment(stack: Stack):
    """Not even when it was given in the environment: the daemons do not inherit it."""
    given = stack.settings["MAIL_POSTMASTER_PASSWORD"]
    roots = [daemon(stack, name).pid for name in ("saslauthd", "dovecot", "postfix")]
    environments = " ".join(f"/proc/{pid}/environ" for pid in roots)  # of those that may be read at all
    shown = stack.exec("sh", "-c", f"cat /proc/[0-9]*/cmdline {environments} 2>/dev/null || true")

    assert "/usr/sbin/saslauthd" in shown
    assert "MAIL_HOSTNAME=" in shown
    assert given not in shown


def test_no_password_is_in_a_file_that_others_may_read(guarded: Stack, postmaster: Person):
    """Nor a hash of one: whoever is not root finds nothing below /run, /etc, /tmp and the volumes."""
    places = ["/run", "/etc", "/tmp", "/var/lib/mailstead", "/var/spool/postfix", "/var/mail"]
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    searched = guarded.attempt(*nobody, "grep", "-rslE", r"canary|\$y\$", *places)
    root = guarded.attempt("grep", "-rslE", r"canary|\$y\$", *places)

    assert searched.output == ""
    assert "/run/mailstead/etc/postfix/relay_password" in root.output


@pytest.mark.parametrize("tls", [False, True], ids=["in clear", "after STARTTLS"])
def test_port_25_never_offers_to_sign_in(guarded: Stack, tls: bool):
    """Whoever guesses passwords does it where it is slow and seen."""
    with clients.smtp(guarded) as server:
        if tls:
            server.starttls(context=guarded.trust)
        server.ehlo()
        offered = server.has_extn("auth")
        answer = server.docmd("AUTH", "PLAIN AGEAYg==")

    assert not offered
    assert answer == (503, b"5.5.1 Error: authentication not enabled")


def test_an_old_mail_program_sees_both_forms_of_auth(guarded: Stack):
    """Inside TLS: `AUTH PLAIN LOGIN`, and `AUTH=PLAIN LOGIN` for those that look for the equals sign."""
    with clients.submission(guarded) as server:
        server.ehlo()
        offered = server.ehlo_resp.decode().splitlines()

    assert "AUTH PLAIN LOGIN" in offered
    assert "AUTH=PLAIN LOGIN" in offered


def test_a_wrong_password_is_a_535(guarded: Stack, postmaster: Person):
    """And only a wrong one."""
    with clients.submissions(guarded) as server, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        clients.smtp_plain(server, postmaster.address, GUESS)

    assert refused.value.smtp_code == 535
