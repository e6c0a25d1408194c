"""A directory of many people, made at once: rows written straight into its tables, and all with one password.

What `account add` does for each of them (a hash, a transaction, a projection) is not what is measured here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .stacks import DOMAIN, PASSWORD, Stack

_NAMES = ("anna", "ben", "clara", "david", "emma", "felix", "greta", "henry", "ida", "jonas", "lea", "max", "nora", "paul")
MEMBERS = 50

# Run in the container. Standard library alone; the keeper would project by itself what nobody does within 2 s.
_FILL = """
import json, sqlite3, sys
from mailstead.directory import passwords
asked = json.load(sys.stdin)
hashed = passwords.hash(asked["password"])
database = sqlite3.connect("/var/lib/mailstead/directory.sqlite")
with database:
    database.executemany(
        "INSERT INTO accounts (address, domain, typed, name, password_hash, enabled, may_send, must_change, keeps_copy)"
        " VALUES (?1, ?2, ?1, '', ?3, TRUE, TRUE, FALSE, TRUE)",
        ((address, asked["domain"], hashed) for address in asked["people"]))
    database.executemany("INSERT INTO groups (address, domain, post, list_id) VALUES (?, ?, 'members', FALSE)",
        ((group, asked["domain"]) for group in asked["groups"]))
    database.executemany("INSERT INTO members VALUES (?, ?)",
        ((group, member) for group, members in asked["groups"].items() for member in members))
    database.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'counter'")
"""
_DECLARE = """
import sys
from mailstead.directory import passwords
password, people = sys.stdin.read().split("\\n", 1)
with open("/tmp/people.yaml", "w") as file:
    file.write("accounts:\\n")
    hashed = passwords.hash(password)
    file.writelines(f"  {one}: {{password_hash: {hashed}}}\\n" for one in people.split())
"""
_WATCH = """
import json, resource, subprocess, sys, time
begun = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(json.dumps([time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))
"""
_AUTH = "for one in /proc/[0-9]*; do grep -qx auth $one/comm && grep VmHWM $one/status; done 2>/dev/null || true"


@dataclass(frozen=True)
class Work:
    """What a command took: seconds, and the most memory its process held, in bytes."""

    seconds: float
    peak: int


def person(number: int) -> str:
    """Return the address of somebody in a crowd, from 0 on."""
    return f"{_NAMES[number % len(_NAMES)]}{number}@{DOMAIN}"


def group(number: int) -> str:
    """Return the address of a group, from 0 on; person(number) is in it."""
    return f"group{number}@{DOMAIN}"


def fill(stack: Stack, people: int) -> Work:
    """Put people into a directory that has none; return what it took to project them."""
    return _fill(stack, [person(number) for number in range(people)], {})


def gather(stack: Stack, groups: int, people: int) -> Work:
    """Put a crowd into groups that only members may write to; return what it took to project them."""
    members = range(min(MEMBERS, people))
    return _fill(stack, [], {group(one): [person((one + other) % people) for other in members] for one in range(groups)})


def declare(stack: Stack, people: int) -> Work:
    """Apply a YAML file that declares people who are not here yet; return what that took."""
    names = "".join(f"declared-{person(number)}\n" for number in range(people))
    stack.exec("python3", "-c", _DECLARE, text=f"{PASSWORD}\n{names}")
    return watch(stack, "mailstead", "apply", "/tmp/people.yaml")


def _fill(stack: Stack, people: Sequence[str], groups: dict[str, Sequence[str]]) -> Work:
    asked = {"people": people, "groups": groups, "domain": DOMAIN, "password": PASSWORD}
    stack.exec("python3", "-c", _FILL, text=json.dumps(asked))
    return watch(stack, "mailstead", "project")


def watch(stack: Stack, *command: str) -> Work:
    """Run a command in the container; return what it took, and not what it takes to get there."""
    return Work(*json.loads(stack.exec("python3", "-c", _WATCH, *command)))


def projected(stack: Stack) -> int:
    """Return the bytes of all projected files."""
    return int(stack.exec("du", "-sb", "/var/lib/mailstead/projection").split()[0])


def auth_peak(stack: Stack) -> int:
    """Return the most bytes that a process of Dovecot's which checks passwords has ever held."""
    return max(int(line.split()[1]) * 1024 for line in stack.exec("sh", "-c", _AUTH).splitlines())
