"""TLS as Mozilla's intermediate profile 5.8 has it, on every port, for a certificate with the old kind of key (RSA)."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from support import testssl
from support.papers import PublicAuthority
from support.run import Run
from support.stack import Stack
from support.testssl import NOTABLE, STARTTLS
from support.trust import NamedContext
from support.world import IMAGE

HOST = "mail.example.test"
PORTS = ["SMTP", "SUBMISSIONS", "SUBMISSION", "IMAPS", "POP3S", "SIEVE"]
# All it knows at one port of each program; at the others, whose settings are the same, what an old client could still speak.
WHOLE, SHORT = ["-p", "-s", "-S", "-U"], ["-p"]
CHECKS = {port: WHOLE if port in ("SMTP", "IMAPS") else SHORT for port in ("SMTP", "IMAPS", *PORTS)}
ACCEPTED = [
    "-tls1_3 -groups X25519MLKEM768",
    "-tls1_3 -groups X25519",
    "-tls1_3 -groups prime256v1",
    "-tls1_3 -groups secp384r1",
    "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256",
    "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384",
    "-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305",
]
REFUSED = [
    "-tls1 -cipher DEFAULT@SECLEVEL=0",
    "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
    "-tls1_2 -sigalgs RSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
    "-tls1_2 -cipher kDHE",
    "-tls1_2 -cipher kRSA",
    "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256",
    "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
    "-tls1_2 -cipher aNULL@SECLEVEL=0",
    "-tls1_3 -groups ffdhe2048",
    "-tls1_3 -groups secp521r1",
]


@pytest.fixture(scope="module")
def public() -> PublicAuthority:
    """Who signs the certificate."""
    return PublicAuthority()


@pytest.fixture(scope="module")
def rampart(open_stack: Callable[..., object], public: PublicAuthority) -> Iterator[Stack]:
    """A stack with every port on."""
    papers = public.issue(HOST, key=rsa.generate_private_key(65537, 2048))
    files = {"tls/fullchain.pem": papers.fullchain, "tls/privkey.pem": papers.key}
    with open_stack(config=files, MAIL_TLS="files", MAIL_MANAGESIEVE="yes") as stack:
        stack.trust = NamedContext.pinned(public.root, HOST)
        yield stack


@pytest.fixture(scope="module")
def reports(docker_run: Run, rampart: Stack, public: PublicAuthority) -> dict[str, list[testssl.Finding]]:
    """What testssl.sh says of each port."""
    testssl.build(docker_run)
    return dict(testssl.examine(rampart, CHECKS, public.root))


@pytest.mark.parametrize("port", PORTS)
def test_testssl_finds_nothing_of_note(reports: dict, port: str):
    """Nothing of medium severity or worse; and it did look."""
    found = reports[port]

    assert [one for one in found if one["severity"] in NOTABLE] == []
    assert {one["id"]: one["severity"] for one in found}["TLS1_3"] == "OK"
    assert len(found) >= (70 if CHECKS[port] == WHOLE else 6)


def spoken(stack: Stack, port: str, options: str) -> str:
    """Return a shell command that prints whether openssl(1) and the port come to terms, with the server verified."""
    starttls = f"-starttls {STARTTLS[port]}" if port in STARTTLS else ""
    to = f"-connect 127.0.0.1:{stack.ports[port]} -servername {HOST} -verify_hostname {HOST} -CAfile /root.pem"
    return f"openssl s_client {to} -verify_return_error {starttls} {options} </dev/null >/dev/null 2>&1 && echo yes || echo no"


@pytest.fixture(scope="module")
def terms(docker_run: Run, rampart: Stack, public: PublicAuthority) -> dict[tuple[str, str], str]:
    """Whether (port, openssl's options) come to terms."""
    asked = [(port, options) for port in PORTS for options in ACCEPTED + REFUSED]
    folder = docker_run.folder(rampart.name, "openssl")
    (folder / "root.pem").write_text(public.root)
    said = docker_run.client.containers.run(
        IMAGE,
        ["sh", "-c", "\n".join(spoken(rampart, *one) for one in asked)],
        network_mode="host",
        labels=docker_run.labels,
        volumes={str(folder / "root.pem"): {"bind": "/root.pem", "mode": "ro"}},
    )
    return dict(zip(asked, said.decode().split(), strict=True))


@pytest.mark.parametrize("port", PORTS)
def test_a_port_speaks_what_is_sound_and_nothing_else(terms: dict, port: str):
    """Elliptic curves and AEAD, the post-quantum group first of all; no finite fields, no RSA key exchange, no CBC."""
    assert [options for options in ACCEPTED if terms[port, options] == "no"] == []
    assert [options for options in REFUSED if terms[port, options] == "yes"] == []


def test_a_client_of_today_gets_the_post_quantum_group(rampart: Stack):
    """Postfix says so in its log."""
    rampart.mailstead("cert")
    (log,) = rampart.logs().values()

    assert "key-exchange X25519MLKEM768" in log
