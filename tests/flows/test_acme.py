"""Certificates by ACME, against a CA that rejects good nonces and takes its time: every way to prove the name, and what goes wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest

from support import ca as authorities
from support import zone as zones
from support.ca import Ca
from support.stack import Stack
from support.wait import wait_until
from support.world import World
from support.zone import Zone

TLS_PORTS = {25: "SMTP", 465: "SUBMISSIONS", 587: "SUBMISSION", 993: "IMAPS", 995: "POP3S", 4190: "SIEVE"}
STARTTLS = {25: "-starttls smtp", 587: "-starttls smtp", 4190: "-starttls sieve"}


@pytest.fixture
def acme_stack(open_stack: Callable[..., AbstractContextManager[Stack]], authority) -> Callable[..., AbstractContextManager]:
    """Have a stack with MAIL_TLS=acme and its CA: `with acme_stack(life=3600, MAIL_X="y") as (stack, ca)`."""

    @contextmanager
    def living(
        *, before: Callable[[World], Mapping[str, str]] = lambda _: {}, well: bool = True, settings: Mapping[str, str] = {}, **ca: object
    ) -> Iterator[tuple[Stack, Ca]]:
        made = []

        def prepare(world: World) -> Mapping[str, str]:
            made.append(Ca(world, **ca))
            return before(world)

        own = {"MAIL_TLS": "acme", "MAIL_ACME_SERVER": authorities.DIRECTORY, "MAIL_ACME_CA": "/config/ca.pem", **settings}
        with open_stack(config={"ca.pem": authority.pem}, before=prepare, well=well, **own) as stack:
            yield stack, made[0]

    return living


def source(stack: Stack) -> str:
    """Return where the certificate in service comes from."""
    return shown(stack)["source"]


def shown(stack: Stack) -> Mapping[str, object]:
    """Return what `mailstead cert --json` says."""
    return json.loads(stack.attempt("mailstead", "cert", "--json").output)[0]


def test_a_first_start_by_http_01(acme_stack):
    """It serves a certificate of its own at once, then the CA's."""
    with acme_stack(well=False, settings={"MAIL_MANAGESIEVE": "yes"}) as (stack, ca):
        wait_until(lambda: stack.attempt("mailstead", "cert", "--json").output.startswith("["), what="a certificate")
        print(stack.mailstead("cert", "--json"))
        wait_until(lambda: source(stack) == "acme", within=90, what="the CA's certificate")
        stack.wait_healthy()
        print(stack.mailstead("cert"), stack.logs())


def test_dns(acme_stack):
    def before(world):
        zone = Zone(world)
        return {f"LEGO_{k}": v for k, v in zone.variables.items()}
    settings = {"MAIL_HOSTNAME": "mail.dyn.test", "MAIL_DOMAINS": zones.NAME, "MAIL_ACME_DNS_PROVIDER": "rfc2136", "MAIL_ACME_EAB_KID": "kid-1", "MAIL_ACME_EAB_HMAC": authorities.EAB["kid-1"]}
    with acme_stack(before=before, well=False, settings=settings, eab=True) as (stack, ca):
        try:
            wait_until(lambda: source(stack) == "acme", within=90, what="the CA's certificate")
        finally:
            for k, v in {**stack.world.logs(), **stack.logs()}.items(): print(k, v[-3500:])
        stack.wait_healthy()
        print(stack.mailstead("cert"), stack.logs())


def test_alpn(acme_stack):
    with acme_stack(well=False, settings={"MAIL_ACME_CHALLENGE": "tls-alpn-01"}) as (stack, ca):
        try:
            wait_until(lambda: source(stack) == "acme", within=90, what="the CA's certificate")
        finally:
            for k, v in {**stack.world.logs(), **stack.logs()}.items(): print(k, v[-3500:])
        stack.wait_healthy()
