"""Certificates by ACME, of a CA that rejects good nonces and takes its time: every way to prove a name, and what goes wrong."""

import json
from collections.abc import Mapping

import pytest

from support import ca as authorities
from support import handshakes, zone
from support.acme import ISSUED, LEDGER, NOTE, log, note, wait_issued
from support.ca import Ca
from support.desk import Desk
from support.stack import Stack
from support.wait import wait_until
from support.world import World

STARTTLS = {"SMTP": "-starttls smtp", "SUBMISSION": "-starttls smtp", "SIEVE": "-starttls sieve"}
RETRIED = 150  # seconds until another is tried after a failure, and done


def test_a_first_start_serves_a_certificate_of_its_own_and_then_the_cas(make_acme):
    """By http-01: every port verifies with the CA's root; the key is the one that served before; absent names are left out.

    The CA suggests when to renew, and is understood.
    """
    stack, ca = make_acme(MAIL_MANAGESIEVE="yes")
    stack.world.tell(f"imap.example.test A {address(stack)}")
    first = wait_until(lambda: note(stack), what="a certificate")
    after = wait_issued(stack, ca)
    stack.wait_healthy()

    assert first["source"] == "self-signed"
    assert json.loads(stack.exec("cat", LEDGER))["account"].startswith(f"https://{authorities.NAME}")
    assert after["names"] == ["mail.example.test", "imap.example.test"]
    assert after["spki_sha256"] == first["spki_sha256"]
    assert refused_by_openssl(stack, ca) == {}
    assert set(handshakes.serials(stack).values()) == {after["serial"]}
    assert "ordering a certificate for mail.example.test imap.example.test, not for smtp.example.test" in log(stack)
    assert "Suggestion(start=" in stack.exec("python3", "-c", ASK)


ASK = """
import os
from mailstead.certs import Store
from mailstead.certs.acme import ari
from mailstead.settings import Settings
print(ari.suggestion(Settings.read(os.environ), Store()))
"""


def address(stack: Stack) -> str:
    """Return the mail container's address."""
    return stack.world.address(stack.run.client.containers.get(f"{stack.name}-mail-1"))


def refused_by_openssl(stack: Stack, ca: Ca) -> Mapping[str, str]:
    """Ask every port by openssl with the CA's root alone; return what it said where it was not content."""
    desk = Desk(stack)
    try:
        ran = {port: desk.run(_openssl(stack, port), {"root.pem": ca.roots}) for port in handshakes.published(stack)}
    finally:
        desk.close()
    return {port: one.output for port, one in ran.items() if one.status}


def _openssl(stack: Stack, port: str) -> str:
    peer = f"-connect 127.0.0.1:{stack.ports[port]} {STARTTLS.get(port, '')} -servername {stack.hostname}"
    return f"openssl s_client {peer} -verify_hostname {stack.hostname} -CAfile root.pem -verify_return_error </dev/null"


@pytest.mark.long
def test_a_name_the_ca_finds_fault_with_does_not_keep_the_others_from_a_certificate(make_acme):
    """One of those that mail programs guess: it is left out of the next order, which is made soon."""
    stack, ca = make_acme()
    # We find the address behind it, and this CA does not.
    stack.world.tell("imap.example.test CNAME mail.example.test")

    assert wait_issued(stack, ca, RETRIED)["names"] == ["mail.example.test"]
    assert "WARNING: certificate: ca.test could not see that the name is ours: imap.example.test: " in log(stack)


def test_by_tls_alpn_01(make_acme):
    """Port 443 of the container answers while the order runs, and nobody after it."""
    stack, ca = make_acme(MAIL_ACME_CHALLENGE="tls-alpn-01")
    wait_issued(stack, ca)

    assert refused_by_openssl(stack, ca) == {}


def test_by_dns_01_with_an_account_bound_to_a_key(make_acme):
    """A record in a zone that takes signed updates; our key; the secrets reach neither the daemons nor the log."""

    def own_zone(world: World, _ca: Ca) -> Mapping[str, str]:
        return {f"LEGO_{name}": value for name, value in zone.Zone(world).variables.items()}

    host = {"MAIL_HOSTNAME": f"mail.{zone.NAME}", "MAIL_DOMAINS": zone.NAME, "MAIL_ACME_DNS_PROVIDER": "rfc2136"}
    secrets = [zone.SECRET, authorities.EAB["kid-1"]]
    stack, ca = make_acme(own_zone, eab=True, **host, MAIL_ACME_EAB_KID="kid-1", MAIL_ACME_EAB_HMAC=secrets[1])
    first = wait_until(lambda: note(stack), what="a certificate")
    after = wait_issued(stack, ca)
    knowing = stack.exec("sh", "-c", f"cd /proc && grep -lE '{'|'.join(secrets)}' [2-9]*/environ [1-9][0-9]*/environ; true")

    assert refused_by_openssl(stack, ca) == {}
    assert after["spki_sha256"] == first["spki_sha256"]
    assert names_of(stack, knowing) <= {"sh", "grep"}
    assert not any(secret in text for secret in secrets for text in [log(stack), stack.exec("cat", NOTE, LEDGER)])


def names_of(stack: Stack, places: str) -> set[str]:
    """Return the names of the processes that still run, of a list of /proc files."""
    ran = [stack.attempt("cat", f"/proc/{place.partition('/')[0]}/comm") for place in places.splitlines()]
    return {one.output.strip() for one in ran if one.status == 0}


def test_by_a_web_servers_folder(make_acme):
    """Beside a web server of the owner's: the proof lies in its folder while the order runs."""
    stack, ca = make_acme(MAIL_ACME_WEBROOT="/tmp/webroot")
    serving = "mkdir -p /tmp/webroot && exec python3 -m http.server 80 --directory /tmp/webroot"
    stack.run.client.containers.get(f"{stack.name}-mail-1").exec_run(["sh", "-c", serving], detach=True)
    wait_issued(stack, ca, RETRIED)

    assert stack.exec("find", "/tmp/webroot", "-type", "f") == ""


@pytest.mark.long
def test_the_ca_may_be_away(make_acme, make_person):
    """At the first start: mail works, everybody is told, and it comes by itself. Later, too, until a third of life is left."""
    stack, ca = make_acme(beside=lambda _, ca: ca.go() or {})
    wait_until(lambda: "WARNING: certificate: ca.test cannot be reached" in log(stack), ISSUED, what="the log to say so")
    somebody = make_person("Una", stack=stack)
    somebody.send(to=somebody, subject="Without a CA")

    assert somebody.inbox.wait_for("Without a CA")
    assert ills(stack) == {"certificate"}
    assert "trouble       ca.test cannot be reached" in stack.attempt("mailstead", "cert").output

    ca.come_back()
    first = wait_issued(stack, ca, RETRIED)
    stack.wait_healthy()
    ca.go()
    assert "ca.test cannot be reached" in look(stack, days=61)
    assert note(stack)["serial"] == first["serial"]
    ca.come_back()
    assert look(stack, days=61.5) == "None"
    second = wait_issued(stack, ca)
    assert second["serial"] != first["serial"]
    assert set(handshakes.serials(stack).values()) == {second["serial"]}


def ills(stack: Stack) -> set[str]:
    """Return the names of what `health` finds wanting."""
    return {one["name"] for one in json.loads(stack.attempt("mailstead", "health", "--json").output) if not one["ok"]}


LOOK = """
import os
from datetime import UTC, datetime, timedelta
from mailstead import certs
from mailstead.settings import Settings
print(certs.renew(Settings.read(os.environ), certs.Store(), datetime.now(UTC) + timedelta(days={days})).trouble)
"""


def look(stack: Stack, days: float) -> str:
    """Look after the certificate as it will be done in so many days; return the trouble, which is "None" if there is none."""
    return stack.exec("python3", "-c", LOOK.format(days=days)).splitlines()[-1]


def test_restarts_do_not_storm_the_ca(make_acme):
    """With a proof that always fails: started again and again, and forced by hand, it makes no more than five orders an hour."""
    stack, _ = make_acme(MAIL_ACME_WEBROOT="/tmp/nobody-serves-this")
    wait_until(lambda: "WARNING: certificate: ca.test could not see" in log(stack), ISSUED, what="the first order to fail")
    for _ in range(3):
        stack.compose("restart")
        stack.introduce()
        for _ in range(3):
            stack.attempt("mailstead", "cert", "renew", "--force")

    assert orders(stack) == 5
    assert "no order is made before" in stack.attempt("mailstead", "cert", "renew", "--force").output


def orders(stack: Stack) -> int:
    """Return how many orders the CA has seen."""
    return sum(text.count("Added order ") for text in stack.world.logs().values())
