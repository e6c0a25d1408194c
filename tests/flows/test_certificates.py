"""Certificates that other tools leave behind, exchanged while people read and write: nobody is cut off, every port follows."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from support import handshakes, papers
from support.held import Held
from support.papers import LAYOUTS, PublicAuthority
from support.people import Person
from support.stack import Stack
from support.trust import NamedContext
from support.wait import wait_until

HOST = "mail.example.test"
SEEN = 10  # seconds in which a changed file is in service somewhere
EVERYWHERE = 60  # seconds in which every port serves it


@pytest.fixture(scope="module")
def public() -> PublicAuthority:
    """The authority that signs what the tools get."""
    return PublicAuthority()


@pytest.fixture(scope="module")
def papered(open_stack: Callable[..., object], public: PublicAuthority) -> Iterator[Stack]:
    """A stack that takes its certificate from files; its clients trust the authority, and no single certificate."""
    first = public.issue(HOST, left=30)
    files = {"tls/mail.pem": first.fullchain + first.key}
    with open_stack(config=files, MAIL_TLS="files", MAIL_MANAGESIEVE="yes") as stack:
        stack.trust = NamedContext.pinned(public.root, HOST)
        yield stack


def serve(stack: Stack, lay: Callable[..., None], new: papers.Papers) -> float:
    """Leave new papers as a tool does, wait until every port serves them, and return how long that took in seconds."""
    began = time.monotonic()
    lay(stack.config / "tls", new)
    wait_until(lambda: new.serial in handshakes.serials(stack).values(), SEEN, what="a port to serve the new certificate")
    wait_until(lambda: set(handshakes.serials(stack).values()) == {new.serial}, EVERYWHERE, what="every port to serve it")
    return time.monotonic() - began


def test_every_tools_files_are_swapped_in_and_nobody_notices(papered: Stack, public: PublicAuthority, make_person):
    """Five tools one after the other, while readers wait, letters are half sent, and others come and go."""
    people = [make_person(name, stack=papered) for name in ("Ida", "Ina")]
    held = Held(people, idle=6, sending=6)
    with handshakes.counted(papered) as tally:
        took = [serve(papered, lay, public.issue(HOST, left=40 + days)) for days, lay in enumerate(LAYOUTS.values())]

    assert held.finish() == []
    # None got a key that is not the certificate's. Who connects in the very millisecond of a reload may have to try again.
    assert [said for said in tally.bad if "SSL" in said] == []
    assert len(tally.bad) <= 1
    assert tally.good > 100
    assert max(took) < EVERYWHERE
    assert papered.mailstead("cert")


def test_the_log_says_that_every_port_has_it(papered: Stack, public: PublicAuthority):
    """And the list for programs names what each port serves."""
    new = public.issue(HOST, left=60)
    serve(papered, papers.lay_pair, new)
    said = f"mailstead: every port serves the certificate with the serial {new.serial} (files, until"
    wait_until(lambda: said in log(papered), what="the log to say so")

    (told,) = json.loads(papered.mailstead("cert", "--json"))
    assert (told["name"], told["serial"], told["source"], told["days_left"]) == (HOST, new.serial, "files", 59)
    assert told["served"] == dict.fromkeys(["25", "465", "587", "993", "995", "4190"], new.serial)


def log(stack: Stack) -> str:
    """Return what the mail container has said."""
    (text,) = stack.logs().values()
    return text


@pytest.mark.parametrize("broken", ["gone", "torn", "another's key"])
def test_a_bad_file_changes_nothing_and_is_said_everywhere(papered: Stack, public: PublicAuthority, broken: str):
    """In the log, by `cert` and by `health`, with its path; the old one is served on, and the next good one ends it."""
    good = public.issue(HOST, left=61)
    clear(papered)
    serve(papered, papers.lay_pair, good)
    spoil(papered, broken, public.issue(HOST, left=70))
    told = wait_until(lambda: trouble(papered), SEEN, what="the trouble to be told")

    assert "MAIL_TLS_FILES has no certificate for mail.example.test: /config/tls/" in told
    assert told in papered.attempt("mailstead", "cert").output
    wait_until(lambda: f"mailstead: WARNING: certificate: {told}." in log(papered), what="the log to say so")
    assert set(handshakes.serials(papered).values()) == {good.serial}
    serve(papered, papers.lay_pair, public.issue(HOST, left=62))
    papered.wait_healthy()


def clear(stack: Stack) -> None:
    """Take away what the tests before have left."""
    for file in [*(stack.config / "tls").rglob("*")]:
        if not file.is_dir():
            file.unlink()


def spoil(stack: Stack, how: str, other: papers.Papers) -> None:
    """Break the owner's files."""
    place = stack.config / "tls"
    if how == "gone":
        (place / "privkey.pem").unlink()
    elif how == "torn":
        papers.lay(place, {"fullchain.pem": other.fullchain[:500], "privkey.pem": other.key})
    else:
        papers.lay(place, {"fullchain.pem": other.fullchain})


def trouble(stack: Stack) -> str | None:
    """Return what `health` finds wrong with the certificate."""
    (found,) = (one for one in json.loads(stack.attempt("mailstead", "health", "--json").output) if one["name"] == "certificate")
    return None if found["ok"] else found["said"]


def test_a_person_reads_and_writes_by_the_owners_certificate(papered: Stack, make_person: Callable[..., Person]):
    """As mail programs do that trust the authority."""
    somebody = make_person("Una", stack=papered)
    somebody.send(to=somebody, subject="By another certificate")

    assert somebody.inbox.wait_for("By another certificate")


def test_the_key_is_changed_in_two_steps(open_stack: Callable[..., object]):
    """The next key is known before it is used; the switch is served everywhere, and its record is the one told before."""
    with open_stack() as stack:
        first = json.loads(stack.mailstead("cert", "--json"))[0]["spki_sha256"]
        assert "No key is prepared" in stack.attempt("mailstead", "cert", "rotate", "--now").output
        told = stack.mailstead("cert", "rotate")
        assert (told, first in told) == (stack.mailstead("cert", "rotate"), True)
        stack.mailstead("cert", "rotate", "--now")
        (after,) = json.loads(stack.mailstead("cert", "--json"))

        assert f"next key     _25._tcp.{HOST}. IN TLSA 3 1 1 {after['spki_sha256']}" in told
        assert set(after["served"].values()) == {after["serial"]}
        assert set(handshakes.serials(stack).values()) == {after["serial"]}
