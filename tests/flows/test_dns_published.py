"""The DNS, with a real name server: published by signed updates, compared with what it answers, broken, named, mended."""

import json
from collections.abc import Mapping

import pytest

from support import zone
from support.stack import Ran, Stack
from support.world import World
from support.zone import Zone


class Owner:
    """Somebody who owns dyn.test: a stack for it, and the zone at a DNS host that takes signed updates."""

    def __init__(self, stack: Stack, zone: Zone) -> None:
        self.stack, self.zone = stack, zone

    def check(self) -> dict[tuple[str, str, str], str]:
        """Return what is not as it should be: name, type, value to status. Nothing waits for web pages here."""
        said = self.attempt("--check", "--json")
        found = json.loads(said.output)
        self.well = said.status == 0
        waiting = ("mta-sts", "autoconfig", "autodiscover")
        wanting = [one for one in found if one["status"] != "right" and not one["name"].strip("_").startswith(waiting)]
        return {(one["name"], one["type"], one["value"]): one["status"] for one in wanting}

    def attempt(self, *words: str, **variables: str) -> Ran:
        """Type `mailstead dns WORDS`, with other variables than the stack's."""
        resolver = ["--resolver", self.stack.world.resolver]
        changed = [f"{name}={value}" for name, value in variables.items()]
        return self.stack.attempt("env", *changed, "mailstead", "dns", *words, *resolver)

    def publish(self, *words: str) -> str:
        """Publish without being asked; return what was said, AssertionError where something is in the way."""
        ran = self.attempt("--publish", "--yes", *words)
        assert ran.status == 0, ran.output
        return ran.output


@pytest.fixture(scope="module")
def owner(open_stack):
    """The owner of dyn.test, whose zone is empty but for the reverse record, which his provider has set."""
    zones: list[Zone] = []

    def beside(world: World) -> Mapping[str, str]:
        zones.append(Zone(world))
        zones[0].change(f"update add 10.{zone.REVERSE} 60 PTR mail.{zone.NAME}.")
        return {
            "MAIL_DNS_SERVER": zones[0].address,
            "MAIL_DNS_TSIG_NAME": zone.KEY,
            "MAIL_DNS_TSIG_SECRET": zone.SECRET,
            "MAIL_PUBLIC_ADDRESS": zone.ADDRESS,
        }

    with open_stack(beside=beside, MAIL_HOSTNAME=f"mail.{zone.NAME}", MAIL_DOMAINS=zone.NAME) as stack:
        yield Owner(stack, zones[0])


def test_an_empty_zone_is_filled_and_then_all_of_it_is_right(owner: Owner):
    """By one command, after a look at what it would do; before it every record is missing, after it none is."""
    before = owner.check()
    shown = owner.attempt("--publish")
    published = owner.publish()

    assert set(before.values()) == {"missing"}
    assert shown.status == 1
    assert f"+ {zone.NAME} 3600 MX 10 mail.{zone.NAME}.\n" in shown.output
    assert "add --yes; nothing was changed" in shown.output
    assert published.endswith(f"{zone.NAME} is changed.\n")
    assert owner.check() == {}
    assert owner.well
    assert owner.attempt("--check").output.endswith("\nAll that is required is there.\n")
    assert owner.publish() == "Nothing to publish: all of it is there.\n"


def test_what_is_broken_is_named_and_mended(owner: Owner):
    """One record gone, one changed by hand, a second SPF record. What others have put there goes only when that is asked for."""
    owner.publish()
    theirs, policy = "v=spf1 include:spf.provider.example -all", f"_dmarc.{zone.NAME}"
    owner.zone.change(
        f"update delete {zone.NAME} MX",
        f"update delete {policy} TXT",
        f'update add {policy} 60 TXT "v=DMARC1; p=none"',
        f'update add {zone.NAME} 60 TXT "{theirs}"',
    )

    ours = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{zone.NAME}"
    assert owner.check() == {
        (zone.NAME, "MX", f"10 mail.{zone.NAME}."): "missing",
        (zone.NAME, "TXT", theirs): "extra",
        (policy, "TXT", ours): "different",
        (policy, "TXT", "v=DMARC1; p=none"): "extra",
    }
    assert not owner.well

    careful = owner.attempt("--publish", "--yes")
    assert careful.status == 1
    assert "is not published: TXT v=DMARC1; p=none is there, and not from here" in careful.output
    assert set(owner.check()) == {(zone.NAME, "TXT", theirs), (policy, "TXT", ours), (policy, "TXT", "v=DMARC1; p=none")}

    assert f"- {zone.NAME} TXT {theirs}\n" in owner.publish("--replace")
    assert owner.check() == {}


def test_the_digests_follow_the_key_of_the_certificate(owner: Owner):
    """The next key's is there before the switch; the old one goes by the next publication, since it was put there from here."""
    place = f"_25._tcp.mail.{zone.NAME}"
    owner.publish()
    owner.stack.mailstead("cert", "rotate")
    assert {key[:2]: status for key, status in owner.check().items()} == {(place, "TLSA"): "missing"}
    assert owner.publish().count(f"+ {place} 3600 TLSA 3 1 1 ") == 1

    owner.stack.mailstead("cert", "rotate", "--now")
    assert {key[:2]: status for key, status in owner.check().items()} == {(place, "TLSA"): "extra"}
    assert owner.publish().count(f"- {place} TLSA 3 1 1 ") == 1
    assert owner.check() == {}


def test_why_nothing_can_be_published_is_said(owner: Owner):
    """A key the server does not know, another secret, a server with no zones, a zone it has not. The secret is never shown."""
    said = [
        owner.attempt("--publish", "--yes", MAIL_DNS_TSIG_NAME="stranger"),
        owner.attempt("--publish", "--yes", MAIL_DNS_TSIG_SECRET="c29tZWJvZHkgZWxzZSdz"),
        owner.attempt("--publish", "--yes", MAIL_DNS_SERVER="127.0.0.1"),
    ]
    half = owner.attempt("--publish", MAIL_HOSTNAME="mail.elsewhere.test")

    server = f"the DNS server {owner.zone.address}"
    assert [(ran.status, ran.output) for ran in said] == [
        (1, f"{server} does not know the key MAIL_DNS_TSIG_NAME\n"),
        (1, f"{server} has another secret for the key MAIL_DNS_TSIG_NAME than MAIL_DNS_TSIG_SECRET\n"),
        (1, f"the DNS server 127.0.0.1 has no zone for {zone.NAME}\n"),
    ]
    assert f"! {server} has no zone for elsewhere.test, whose records are left out\n" in half.output
    assert half.output.endswith("nothing was changed\n")
