"""What a break-in would find: no rights, nothing to write, no passwords."""

import base64
import json
import smtplib

import pytest

from stack.conftest import CANARY, GUESS
from stack.processes import daemon
from support import clients
from support.people import Person
from support.stack import Stack

HASHED = r"canary|\$y\$[^$]+\$[^$]+\$"
"""A password, or the hash of one (crypt(5)); its method and salt alone are in etc/pam.d/smtp, for names that are nobody's."""


@pytest.mark.parametrize("service", ["mail", "filter"])
def test_nothing_but_its_volumes_and_tmpfs_can_be_written(guarded: Stack, ann: Person, service: str):
    """The container's own layer stays as the image made it, but for the places where volumes are mounted."""
    container = guarded.container(service)
    mounts = [mount["Destination"] for mount in container.attrs["Mounts"]]
    changed = [change["Path"] for change in container.diff() or []]

    assert [path for path in changed if not any(f"{mount}/".startswith(f"{path}/") for mount in mounts)] == []
    assert b"Read-only file system" in container.exec_run(["touch", "/usr/mark"], user="root").output


def spellings(secret: str) -> list[str]:
    """Return a secret as it is, and as it goes over the wire (base64 in any of its three alignments, without the ends)."""
    coded = [base64.b64encode(b"\0" * shift + secret.encode()).decode() for shift in range(3)]
    return [secret, *(one[4:-4] for one in coded)]


def test_no_password_is_in_the_log(guarded: Stack, ann: Person):
    """Neither a right one nor a wrong one, in no spelling."""
    log = "".join(guarded.logs().values())

    assert "auth failure" in log
    assert [word for secret in (CANARY, GUESS) for word in spellings(secret) if word in log] == []


def test_no_password_is_in_what_docker_knows(guarded: Stack, ann: Person):
    """`docker inspect` shows the environment: the passwords came from files."""
    shown = json.dumps([guarded.container(service).attrs for service in ("mail", "filter")])

    assert "MAIL_RELAY_PASSWORD_FILE" in shown
    assert "canary" not in shown


def test_no_password_is_in_a_command_line_or_a_daemons_environment(stack: Stack):
    """Not even when it was given in the environment: the daemons do not inherit it."""
    given = stack.settings["MAIL_POSTMASTER_PASSWORD"]
    shown = stack.exec("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null || true")
    # Root without CAP_SYS_PTRACE reads that of no other user.
    its_own = ["setpriv", "--reuid=saslauthd", "--regid=saslauthd", "--clear-groups", "cat"]
    shown += stack.exec(*its_own, f"/proc/{daemon(stack, 'saslauthd').pid}/environ")

    assert "/usr/sbin/saslauthd" in shown
    assert "MAIL_HOSTNAME=" in shown
    assert given not in shown


def test_no_password_is_in_a_file_that_others_may_read(guarded: Stack, ann: Person):
    """Nor a hash of one: whoever is not root finds nothing below /run, /etc, /tmp and the volumes."""
    places = ["/run", "/etc", "/tmp", "/var/lib/mailstead", "/var/spool/postfix", "/var/mail"]
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    searched = guarded.attempt(*nobody, "grep", "-rslE", HASHED, *places)
    root = guarded.attempt("grep", "-rslE", HASHED, *places)

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


def test_a_wrong_password_is_a_535(guarded: Stack, ann: Person):
    """And only a wrong one."""
    with clients.submissions(guarded) as server, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        clients.smtp_plain(server, ann.address, GUESS)

    assert refused.value.smtp_code == 535
