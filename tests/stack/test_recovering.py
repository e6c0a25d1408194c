"""A daemon that falls is up again, one that cannot is named, and health tells what is ill."""

import base64
import json
import time
from contextlib import closing

import pytest

from stack import processes
from stack.processes import DAEMONS, daemon
from support import clients
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

SOON = 3  # seconds in which a daemon that fell answers again


def ill(stack: Stack) -> set[str]:
    """Return the parts that `mailstead health` finds ill; its exit status says the same."""
    ran = stack.attempt("mailstead", "health", "--json")
    found = {one["name"] for one in json.loads(ran.output) if not one["ok"]}
    assert ran.status == bool(found)
    return found


def wait_well(stack: Stack, within: float = 30) -> None:
    """Wait until every daemon answers."""
    wait_until(lambda: not ill(stack), within, what="every daemon to answer")


@pytest.mark.parametrize("name", DAEMONS)
def test_a_killed_daemon_answers_again_within_seconds(sturdy: Stack, victim: Person, name: str):
    """Another process of that name, and all well; then a person sends and reads as before."""
    before = daemon(sturdy, name)
    began = time.monotonic()
    processes.signal(sturdy, "KILL", before.pid)
    after = wait_until(lambda: daemon(sturdy, name), what=f"another {name}")
    wait_well(sturdy, SOON)

    assert after.pid != before.pid
    assert time.monotonic() - began < SOON
    letter = victim.send(to=victim, subject=f"{name} is back", text="As before.")
    assert victim.inbox.wait_for(f"{name} is back").digest == letter.digest


def test_killed_workers_of_saslauthd_are_replaced(sturdy: Stack, victim: Person):
    """People sign in meanwhile, by the one that supervisor knows. By itself saslauthd would go on with that one for ever."""
    parent = daemon(sturdy, "saslauthd")
    processes.signal(sturdy, "KILL", *workers(sturdy))

    for _ in range(3):
        with victim.signed_in():
            pass
    assert daemon(sturdy, "saslauthd") == parent
    wait_until(lambda: workers(sturdy), what="another worker")
    wait_well(sturdy, SOON)


@pytest.mark.long
def test_a_worker_of_saslauthd_that_dies_unnoticed_is_replaced(sturdy: Stack, victim: Person):
    """PAM takes the signal of its death, where it runs a program in the parent just then (pam_exec(8))."""
    pam = "/run/mailstead/etc/pam.d/smtp"
    sturdy.exec("sed", "-i.before", r"s#/usr/bin/perl .*#/bin/sleep 4#", pam)
    (worker,) = workers(sturdy)
    with closing(clients.submissions(sturdy)) as one, closing(clients.submissions(sturdy)) as another:
        for server in (one, another):
            server.ehlo()
            server.putcmd("AUTH", "PLAIN " + base64.b64encode(b"\0nobody@example.test\0wrong").decode())
        wait_until(lambda: sum(one.name == "sleep" for one in processes.processes(sturdy)) == 2, what="both to be busy")
        processes.signal(sturdy, "KILL", worker)
        sturdy.exec("mv", f"{pam}.before", pam)

    wait_until(lambda: worker not in workers(sturdy) and workers(sturdy), what="another worker")
    assert [one for one in processes.processes(sturdy) if one.state == "Z"] == []


def workers(stack: Stack) -> list[int]:
    """Return saslauthd's processes below the one that supervisor knows, the dead ones among them."""
    parent = daemon(stack, "saslauthd")
    return [one.pid for one in processes.processes(stack) if parent and one.parent == parent.pid and one.name == "saslauthd"]


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_that_lives_and_does_not_answer_is_ill(sturdy: Stack, name: str):
    """Its socket still takes connections: only a question shows it. The others are well meanwhile."""
    with processes.held_still(sturdy, name):
        found = ill(sturdy)
    wait_well(sturdy)

    assert found == {name}


@pytest.mark.parametrize(
    ("socket", "name"), [("/run/saslauthd/mux", "saslauthd"), ("/run/dovecot/lmtp", "dovecot")], ids=["saslauthd", "dovecot"]
)
def test_a_daemon_whose_socket_is_gone_is_ill(sturdy: Stack, socket: str, name: str):
    """It runs, and nobody can reach it."""
    sturdy.exec("mv", socket, f"{socket}.away")
    found = ill(sturdy)
    sturdy.exec("mv", f"{socket}.away", socket)

    assert found == {name}


@pytest.mark.parametrize("via", ["submissions", "submission"])
def test_nobodys_password_is_called_wrong_while_saslauthd_is_away(sturdy: Stack, victim: Person, via: str):
    """454, try again; a 535 would make mail programs ask for the password and forget the right one."""
    sturdy.exec("mv", "/run/saslauthd/mux", "/run/saslauthd/away")
    with pytest.raises(Exception, match="454") as refused, victim.signed_in(via):
        pass
    sturdy.exec("mv", "/run/saslauthd/away", "/run/saslauthd/mux")

    assert refused.value.smtp_code == 454
    with victim.signed_in(via):
        pass


def test_a_daemon_that_cannot_stay_up_ends_the_container(make_alone):
    """With a status that is not 0, so that its restart policy sees it, and a last line that names the daemon."""
    ran = make_alone(config={"dovecot/mine.conf": "no_such_setting = 1\n"}).wait(60)

    assert ran.status == 1
    assert "no_such_setting" in ran.output
    assert ran.output.splitlines()[-1] == (
        "mailstead: dovecot does not stay up, so this container ends; its last words are above."
    )
