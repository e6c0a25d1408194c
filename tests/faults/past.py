"""Data as earlier versions have left it: made once by their own images, kept as an archive with an inventory beside it.

    MAILSTEAD_IMAGE=... python -m faults.past COMMIT     (in tests/, with entrypoint/ and tests/ on PYTHONPATH)

builds the image of a commit, runs it, lets people send, read and sort their mail, and writes archives/<version>-<commit>.tar.xz
and .json. The version of the data is that of its file, or 1.
"""

import contextlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support import people, sieve, volumes
from support.people import Person
from support.run import Run
from support.stack import REPOSITORY, Stack
from support.wait import wait_until
from support.world import World

from . import inventory

ARCHIVES = Path(__file__).with_name("archives")
SETTINGS = {"MAIL_MANAGESIEVE": "yes"}
PASSWORDS = {"alice@example.test": ["what Alice knows"], "bob@example.test": ["Bob's: a \\ and a \" and ü"]}
ADDRESSES = ("alice@example.test", "info@example.test", "team@example.test", "nobody@example.test")
WAITING = "dora@elsewhere.test"
_SCRIPT = 'require ["fileinto", "mailbox"];\nif header :contains "Subject" "bill" { fileinto :create "Bills"; }\n'


def archives() -> list[Path]:
    """Return the archives there are."""
    return sorted(ARCHIVES.glob("*.tar.xz"))


def of(archive: Path) -> dict[str, object]:
    """Return what was written down when an archive was made: passwords, and the inventory."""
    return json.loads(archive.with_suffix("").with_suffix(".json").read_text())


def restored(stack: Stack, archive: Path) -> None:
    """Put an archive into the volumes of a stack that has not started yet."""
    stack.compose("create", "--no-build")
    volumes.unpack(archive, stack)


def build(commit: str) -> str:
    """Build the image of a commit; return its name."""
    tag = f"mailstead/mail-of:{commit}"
    tree = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(folder, filter="data")
        command = ["docker", "build", "--quiet", "--file", "images/mail/Dockerfile", "--tag", tag, "."]
        subprocess.run(command, cwd=folder, check=True)
    return tag


def fill(stack: Stack) -> dict[str, list[str]]:
    """Let people live on a stack for a while; return the passwords of each."""
    known = {address: list(words) for address, words in PASSWORDS.items()}
    alice, bob = (_person(stack, address, words[0]) for address, words in known.items())
    made = json.loads(stack.mailstead("app-password", "add", alice.address, "phone", "--json"))
    known[alice.address].append(made["password"])
    stack.mailstead("alias", "add", "info@example.test", alice.address, bob.address)
    stack.mailstead("group", "add", "team@example.test", "--member", alice.address, "--member", bob.address)
    _write_letters(alice, bob)
    _sort_letters(bob)
    _leave_waiting(stack, alice)
    return known


def _person(stack: Stack, address: str, password: str) -> Person:
    local_part, _, domain = address.partition("@")
    return people.make_person(stack, local_part.title(), domain=domain, local_part=local_part, password=password)


def _write_letters(alice: Person, bob: Person) -> None:
    sieve.activate(bob.stack, bob.address, bob.password, _SCRIPT)
    for number in range(1, 6):
        alice.send(to=bob, subject=f"Letter {number}", text="Grüße.\n" * number)
        bob.inbox.wait_for(f"Letter {number}")
    alice.send(to=bob, subject="Your bill", text="42")
    bob.inbox.wait_for("Your bill", folder="Bills")
    bob.send(to="info@example.test", subject="To all of us")
    alice.inbox.wait_for("To all of us")
    bob.send(to="team@example.test", subject="To the team")
    alice.inbox.wait_for("To the team")


def _sort_letters(bob: Person) -> None:
    with bob.inbox.imap() as server:
        for folder in ("Work", "Work/Old", "Entw&APw-rfe"):
            server.create(f'"{folder}"')
        server.subscribe('"Work/Old"')
        server.uid("STORE", "1", "+FLAGS", r"(\Seen \Answered)")
        server.uid("STORE", "2", "+FLAGS", r"(\Flagged $Important)")
        server.uid("MOVE", "3", '"Work/Old"')
        server.uid("STORE", "4", "+FLAGS", r"(\Deleted)")
        server.expunge()


def _leave_waiting(stack: Stack, writer: Person) -> None:
    with stack.world.sink.refusing("451 4.3.2 Come back later"):
        for number in range(3):
            writer.send(to=WAITING, subject=f"It waits {number}")
        wait_until(lambda: len(stack.deferred()) == 3, what="three letters to wait")


@contextlib.contextmanager
def _running(image: str) -> Iterator[Stack]:
    run = Run()
    try:
        world = World(run, f"{run.name}-past")
        stack = Stack(run, world, {}, SETTINGS)
        stack.use(image)
        stack.up()
        yield stack
    finally:
        with contextlib.suppress(NameError):
            stack.down()
            world.close()
        run.close()


def main(commit: str) -> None:
    """Make the archive of a commit."""
    with _running(build(commit)) as stack:
        passwords = fill(stack)
        found = inventory.take(stack, passwords, ADDRESSES)
        version = stack.attempt("cat", "/var/lib/mailstead/version")
        name = f"{version.output.strip() if version.status == 0 else '1'}-{commit}"
        stack.compose("stop")
        volumes.pack(stack, ARCHIVES / f"{name}.tar.xz")
        (ARCHIVES / f"{name}.json").write_text(json.dumps({"passwords": passwords, "inventory": found}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
