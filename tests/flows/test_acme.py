"""Certificates by ACME, of a CA that rejects good nonces and takes its time: every way to prove a name, and what goes wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack

import pytest

from support import ca as authorities
from support import zone as zones
from support.authority import Authority
from support.ca import Ca
from support.stack import Stack
from support.wait import wait_until
from support.world import World
from support.zone import Zone

TLS_PORTS = {25: "SMTP", 465: "SUBMISSIONS", 587: "SUBMISSION", 993: "IMAPS", 995: "POP3S", 4190: "SIEVE"}
NOTE = "/var/lib/mailstead/certificates/served.json"
STARTTLS = {25: "-starttls smtp", 587: "-starttls smtp", 4190: "-starttls sieve"}


@pytest.fixture
def make_acme(open_stack: Callable[..., AbstractContextManager[Stack]], authority: Authority) -> Iterator[Callable[..., tuple]]:
    """Start a stack with MAIL_TLS=acme, and its CA before it: make_acme({"MAIL_X": "y"}, life=3600) returns both.

    `before` is called with the world and returns more settings; the rest is the CA's.
    """
    with ExitStack() as living:

        def make(
            settings: Mapping[str, str] = {}, before: Callable[[World], Mapping[str, str]] = lambda _: {}, **rest: object
        ) -> tuple[Stack, Ca]:
            made: list[Ca] = []

            def prepare(world: World) -> Mapping[str, str]:
                made.append(Ca(world, **rest))
                return before(world)

            own = {"MAIL_TLS": "acme", "MAIL_ACME_SERVER": authorities.DIRECTORY, "MAIL_ACME_CA": "/config/ca.pem", **settings}
            opened = open_stack(config={"ca.pem": authority.pem}, before=prepare, well=False, **own)
            return living.enter_context(opened), made[0]

        yield make


def source(stack: Stack) -> str:
    """Return where the certificate in service comes from."""
    ran = stack.attempt("cat", NOTE)
    return json.loads(ran.output)["source"] if ran.status == 0 else "none"


def shown(stack: Stack) -> Mapping[str, object]:
    """Return what `mailstead cert --json` says."""
    return json.loads(stack.attempt("mailstead", "cert", "--json").output)[0]


def test_a_first_start_by_http_01(make_acme):
    """It serves a certificate of its own at once, then the CA's."""
    stack, ca = make_acme({"MAIL_MANAGESIEVE": "yes"})
    wait_until(lambda: stack.attempt("mailstead", "cert", "--json").output.startswith("["), what="a certificate")
    wait_until(lambda: source(stack) == "acme", within=60, what="the CA's certificate")
    stack.wait_healthy()
    print(stack.mailstead("cert"), stack.logs())


def test_dns(make_acme):
    def before(world):
        zone = Zone(world)
        return {f"LEGO_{k}": v for k, v in zone.variables.items()}
    settings = {"MAIL_HOSTNAME": "mail.dyn.test", "MAIL_DOMAINS": zones.NAME, "MAIL_ACME_DNS_PROVIDER": "rfc2136", "MAIL_ACME_EAB_KID": "kid-1", "MAIL_ACME_EAB_HMAC": authorities.EAB["kid-1"]}
    stack, ca = make_acme(settings, before, eab=True)
    wait_until(lambda: source(stack) == "acme", within=150, what="the CA's certificate")
    stack.wait_healthy()


def test_alpn(make_acme):
    stack, ca = make_acme({"MAIL_ACME_CHALLENGE": "tls-alpn-01"})
    wait_until(lambda: source(stack) == "acme", within=60, what="the CA's certificate")
    stack.wait_healthy()
