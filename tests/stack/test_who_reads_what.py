"""Whoever has broken into one program finds nothing of the others': each user of the container, each thing."""

import json

import pytest

from stack.processes import Process, processes
from support.people import Person
from support.stack import Stack

STATE = "/var/lib/mailstead"
THINGS = {
    "mail": "/var/mail",
    "the queue": "/var/spool/postfix/active",
    "waiting mail": "/var/spool/postfix/deferred",
    "the key of the certificate": f"{STATE}/certificates/key.pem",
    "the keys of signatures": f"{STATE}/dkim",
    "the filter's keys": "/var/lib/signing/keys",
    "hashes for reading": f"{STATE}/projection/passwd",
    "hashes for sending": f"{STATE}/projection/send-0",
    "the directory": f"{STATE}/directory.sqlite",
    "the relay's password": "/etc/postfix/relay_password",
    "the relays' passwords": f"{STATE}/projection/relay-logins.cdb",
    "the filter's password": f"{STATE}/filter-password",
    "the filter's password over there": "/var/lib/signing/controller.inc",
    "the secret of SRS": f"{STATE}/srs.secret",
    "Dovecot's settings with the key": "/run/dovecot/dovecot.conf.binary",
    "saslauthd's door": "/run/saslauthd",
}
"""What is worth having, and where it lies: a file that can be read, or a folder that can be entered or listed."""
MAY = {
    "postfix": {"the queue", "waiting mail", "saslauthd's door"},  # it is the queue's owner, and asks about passwords
    "dovecot": {"hashes for reading", "hashes for sending"},  # its auth checks passwords
    "dovenull": set(),
    "vmail": {"mail"},  # it is who keeps it
    "saslauthd": {"hashes for reading", "hashes for sending", "saslauthd's door"},  # it checks passwords, by Dovecot's lists
    "filter": {"the filter's keys", "the filter's password over there"},  # who signs, in the other container
    "opendkim": set(),  # its own copy of keys is there where it runs
    "postsrsd": set(),  # it reads the secret before it leaves root
    "unbound": set(),
    "mta-sts": set(),
    "nobody": set(),
}
"""Every user that runs something, and all that it may have of these."""

_TRY = """
import json, os, signal, sys
things, others = json.loads(sys.argv[1]), json.loads(sys.argv[2])
got = []
for name, path in things.items():
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").close()
        got.append(name)
    except OSError:
        if os.path.isdir(path) and os.access(path, os.X_OK):
            got.append(name)
for pid in others:
    for what, touch in (("signalled", lambda: os.kill(pid, 0)), ("read the memory of", lambda: open(f"/proc/{pid}/mem").close())):
        try:
            touch()
            got.append(f"{what} {pid}")
        except ProcessLookupError:
            pass
        except OSError:
            pass
print(json.dumps(got))
"""


@pytest.fixture(scope="module")
def uids(guarded: Stack, ann: Person) -> dict[str, tuple[int, str]]:
    """The users of the mail container by their names: their number and that of their own group."""
    rows = (line.split(":") for line in guarded.exec("cat", "/etc/passwd").splitlines())
    return {row[0]: (int(row[2]), row[3]) for row in rows}


@pytest.fixture(scope="module")
def running(guarded: Stack, ann: Person) -> list[Process]:
    """The processes of the mail container."""
    return processes(guarded)


def found_by(stack: Stack, user: str, ids: tuple[int, str], running: list[Process]) -> set[str]:
    """Return what a user gets hold of: things of the list, and processes that are not his own."""
    uid, gid = ids
    others = [one.pid for one in running if one.user != uid]
    as_user = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--init-groups", "--no-new-privs"]
    return set(json.loads(stack.exec(*as_user, "python3", "-Ic", _TRY, json.dumps(THINGS), json.dumps(others))))


def test_each_user_gets_what_is_his_and_no_more(guarded: Stack, uids: dict[str, tuple[int, str]], running: list[Process]):
    """Nobody signals another's process or looks into its memory; a new user, or a new thing to read, is seen here."""
    assert {user: found_by(guarded, user, uids[user], running) for user in MAY} == MAY


def test_every_user_that_runs_something_is_looked_at(guarded: Stack, uids: dict[str, tuple[int, str]], running: list[Process]):
    """So that a new one does not go without."""
    names = {uid: name for name, (uid, _) in uids.items()}

    assert {names[one.user] for one in running} <= {"root", *MAY}


def test_each_thing_is_there_to_be_found(guarded: Stack, uids: dict[str, tuple[int, str]], running: list[Process]):
    """The negative control: root finds all of it, so that its absence above means something."""
    assert found_by(guarded, "root", uids["root"], running) >= set(THINGS)
