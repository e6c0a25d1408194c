"""Who runs as whom: every program of both containers by its user and capabilities."""

from contextlib import closing

import pytest

from stack.processes import Process, processes
from support import clients
from support.people import Person
from support.stack import Stack

ALL = sum(1 << bit for bit in (0, 1, 5, 6, 7, 18))
"""What compose.yaml gives (capabilities(7)): CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID, SYS_CHROOT."""
ROOT = {
    "python3": "the keeper: starts the others as whom they are",
    "master": "Postfix's: starts its programs as postfix, opens their sockets; reads no mail",
    "dovecot": "Dovecot's master: starts its programs as whom they are; reads no mail",
    "config": "Dovecot's: reads the certificate's key for the login processes",
    "log": "Dovecot's: hears the lines of its programs",
    "anvil": "Dovecot's: counts who is signed in, and ends sessions",
    "mailstead": "a verb of ours while it runs: the health check, for one",
}
"""The programs that run as root, with all that compose.yaml gives, and why. A new one must be put down here."""
USERS = {
    "postfix": {
        "anvil", "bounce", "cleanup", "lmtp", "pickup", "postlogd", "postscreen", "proxymap", "qmgr", "showq", "smtp", "smtpd",
        "tlsmgr", "tlsproxy", "trivial-rewrite", "verify", "scache", "error", "dnsblog",
    },
    "dovecot": {"auth", "stats", "doveconf", "indexer"},
    "dovenull": {"imap-login", "pop3-login", "managesieve-login"},
    "vmail": {"imap", "pop3", "managesieve", "lmtp", "quota-status", "script", "mailstead", "python3", "indexer-worker"},
    "saslauthd": {"saslauthd"},
    "unbound": {"unbound"},
    "postsrsd": {"postsrsd"},
    "opendkim": {"opendkim"},
    "mta-sts": {"python3"},
    "nobody": {"python3"},
}  # fmt: skip
"""What may run as whom, with no capability at all."""
FILTER = {"python3", "rspamd", "unbound", "valkey-server"}
SURE = {
    ("root", "master"), ("root", "dovecot"), ("postfix", "smtpd"), ("postfix", "qmgr"),
    ("postfix", "postscreen"), ("dovenull", "imap-login"), ("dovenull", "pop3-login"), ("vmail", "imap"), ("vmail", "lmtp"),
    ("dovecot", "auth"), ("saslauthd", "saslauthd"), ("unbound", "unbound"), ("postsrsd", "postsrsd"),
}  # fmt: skip
"""Who is there for certain while people read and write."""


@pytest.fixture(scope="module")
def running(guarded: Stack, ann: Person) -> list[Process]:
    """The processes of the mail container at work: a letter has just come, and a person is signed in to each of its doors."""
    ann.send(to=ann, subject="Just now")
    ann.inbox.wait_for("Just now")
    pop3 = closing(clients.pop3s(guarded))
    with ann.signed_in("submission"), ann.inbox.imap(), pop3 as reader, clients.smtp(guarded) as server:
        clients.pop3_user(reader, ann.address, ann.password)
        server.ehlo()
        return processes(guarded)


@pytest.fixture(scope="module")
def names(guarded: Stack) -> dict[int, str]:
    """The names of the mail container's users by their numbers."""
    rows = (line.split(":") for line in guarded.exec("cat", "/etc/passwd").splitlines())
    return {int(row[2]): row[0] for row in rows}


def strangers(found: list[Process], names: dict[int, str]) -> set[tuple[str, str, int]]:
    """Return who runs, by user, program and capabilities, where the lists above do not have it."""
    table = {(names[one.user], one.name, one.capabilities) for one in found}
    allowed = {(user, name, 0) for user, programs in USERS.items() for name in programs}
    return table - allowed - {("root", name, ALL) for name in ROOT}


def test_every_program_runs_as_whom_the_list_says(running: list[Process], names: dict[int, str]):
    """Root's programs are these few, none of which reads what comes from strangers; nobody else has a capability."""
    assert strangers(running, names) == set()
    assert {(names[one.user], one.name) for one in running} >= SURE
    assert all(one.no_new_privileges for one in running)


def test_a_new_program_of_roots_is_seen(guarded: Stack, names: dict[int, str]):
    """The negative control: one more process of root's, and the list does not agree."""
    guarded.exec("sh", "-c", "sleep 30 >/dev/null 2>&1 &")

    assert strangers(processes(guarded), names) == {("root", "sleep", ALL)}
    guarded.exec("sh", "-c", "kill $(grep -l ^sleep$ /proc/[0-9]*/comm | cut -d/ -f3)")


def test_the_filter_has_one_user_and_no_right(guarded: Stack):
    """Also of its first process; and none can come back, since the bounding set is empty."""
    found = processes(guarded, "filter")

    assert {one.name for one in found} == FILTER
    assert {(one.user, one.capabilities, one.no_new_privileges) for one in found} == {(5001, 0, True)}
    assert "CapBnd:\t0000000000000000" in guarded.container("filter").exec_run(["cat", "/proc/1/status"]).output.decode()


def test_the_light_signer_has_no_right(stack: Stack):
    """OpenDKIM, where the filter does not run."""
    (signer,) = [one for one in processes(stack) if one.name == "opendkim"]

    assert (signer.user != 0, signer.capabilities) == (True, 0)
