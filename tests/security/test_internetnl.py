"""What internet.nl asks of a mail server, as it asks: of two stacks with default settings and the records that they print.

Its own checks are of the category that has to do with us: 14 required ones about TLS, 5 about who may send
(https://github.com/internetstandards/Internet.nl, after NCSC-NL's guidelines of 2025). What belongs to who hosts the DNS or
owns the addresses (IPv6, RPKI) is not ours to have.
"""

import base64
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from email.headerregistry import Address

import dkim
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from support import letters, people
from support.lab import ONE, TWO, Lab
from support.run import Run

GOOD = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}
WEAK = "@SECLEVEL=0"
STRANGER = Address("Sam", "sam", "elsewhere.test")
PASSED = ("spf=pass", "dkim=pass", "dmarc=pass")


@pytest.fixture(scope="module")
def lab(docker_run: Run) -> Iterator[Lab]:
    """Both stacks, their records published."""
    made = Lab(docker_run)
    try:
        made.up()
        yield made
    finally:
        made.down()


class Examined:
    """The mail server of one.test, as a stranger sees it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.host = f"mail.{ONE}"
        self._stranger = lab.world.start("stranger", ["sleep", "infinity"], dns=[lab.world.resolver])
        self._said: dict[str, str] = {}

    def speak(self, options: str = "") -> str:
        """Return what openssl(1) says of a handshake with these options; "" where there was none."""
        if options not in self._said:
            command = f"openssl s_client -connect {self.host}:25 -starttls smtp -ign_eof {options}"
            ran = self._stranger.exec_run(["sh", "-c", f"printf 'quit\\r\\n' | {command} 2>&1"])
            said = ran.output.decode(errors="replace")
            self._said[options] = said if "Cipher is (NONE)" not in said and "New, TLSv" in said else ""
        return self._said[options]

    def speaks(self, options: str) -> bool:
        """Whether there is a handshake with these options."""
        return bool(self.speak(options))

    def suites(self) -> set[str]:
        """Return the cipher suites of TLS 1.2 it takes, of all that there are."""
        every = self._stranger.exec_run(["openssl", "ciphers", "-s", "-tls1_2", f"ALL:COMPLEMENTOFALL{WEAK}"]).output.decode()
        return {one for one in every.strip().split(":") if self.speaks(f"-tls1_2 -cipher {one}{WEAK}")}

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate it shows."""
        pem = re.search("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", self.speak(), re.DOTALL)
        return x509.load_pem_x509_certificate(pem[0].encode())

    def tlsa(self) -> tuple[str, ...]:
        """Return its TLSA records, where they are proven."""
        answer = self.lab.ask(f"_25._tcp.{self.host}", "TLSA")
        return answer.found if answer.proven else ()


@pytest.fixture(scope="module")
def server(lab: Lab) -> Examined:
    """The mail server that is examined."""
    return Examined(lab)


def matches_its_tlsa(server: Examined) -> bool:
    """Whether a client that goes by TLSA records alone finds it to be the right one (RFC 7672)."""
    records = " ".join(f"-dane_tlsa_rrdata {shlex.quote(one)}" for one in server.tlsa())
    return "Verification: OK" in server.speak(f"-dane_tlsa_domain {server.host} {records} -verify_return_error")


TLS: Mapping[str, Callable[[Examined], bool]] = {
    "STARTTLS is there": lambda one: one.speaks(""),
    "only TLS 1.2 and 1.3": lambda one: (
        [one.speaks(f"-{name}{weak}") for name in ("tls1_3", "tls1_2", "tls1_1", "tls1") for weak in [f" -cipher DEFAULT{WEAK}"]]
        == [True, True, False, False]
    ),
    "only good cipher suites": lambda one: one.suites() == GOOD,
    "so good that their order does not matter": lambda one: one.suites() <= GOOD,
    "no finite fields": lambda one: not any(
        map(one.speaks, [f"-tls1_2 -cipher kDHE{WEAK}", "-tls1_3 -groups ffdhe2048", "-tls1_3 -groups ffdhe3072"])
    ),
    "no SHA-1 in the key exchange": lambda one: not any(
        one.speaks(f"-tls1_2 -sigalgs ECDSA+{name} -cipher DEFAULT{WEAK}") for name in ("SHA1", "SHA224")
    ),
    "no compression": lambda one: "Compression: NONE" in one.speak("-tls1_2 -comp"),
    "secure renegotiation": lambda one: "Secure Renegotiation IS supported" in one.speak("-tls1_2"),
    "no early data": lambda one: set(re.findall(r"Max Early Data: (\d+)", one.speak("-tls1_3"))) == {"0"},
    "extended master secret": lambda one: "Extended master secret: yes" in one.speak("-tls1_2"),
    "a sound key": lambda one: isinstance(one.certificate.public_key().curve, ec.SECP256R1),
    "a sound signature": lambda one: isinstance(one.certificate.signature_hash_algorithm, hashes.SHA256),
    "DANE is there": lambda one: any(record.startswith("3 1 1 ") for record in one.tlsa()),
    "DANE is right": matches_its_tlsa,
}


@pytest.mark.parametrize("claim", TLS)
def test_tls_is_as_internet_nl_wants_it(server: Examined, claim: str):
    """Fourteen of fourteen."""
    assert TLS[claim](server), claim


def lookups(lab: Lab, record: str) -> int:
    """Return how many names of the DNS an SPF record has looked up (RFC 7208, 4.6.4); ours refer to no other record."""
    assert "include:" not in record
    assert "redirect=" not in record
    return len(re.findall(r"\b(?:a|mx|ptr|exists)\b", record))


def policy(lab: Lab, domain: str) -> Mapping[str, str]:
    """Return the tags of a DMARC record."""
    (record,) = lab.ask(f"_dmarc.{domain}", "TXT").found
    return dict(tag.strip().split("=", 1) for tag in record.split(";") if tag.strip())


def spf(lab: Lab) -> list[str]:
    """Return the SPF records of one.test."""
    return [one for one in lab.ask(ONE, "TXT").found if one.startswith("v=spf1")]


SENDERS: Mapping[str, Callable[[Lab], bool]] = {
    "DMARC is there": lambda lab: policy(lab, ONE)["v"] == "DMARC1",
    "DMARC has consequences": lambda lab: policy(lab, ONE)["p"] in ("quarantine", "reject") and "t" not in policy(lab, ONE),
    "DKIM is there": lambda lab: lab.ask(f"_domainkey.{ONE}", "TXT").code == "NOERROR",
    "SPF is there, once": lambda lab: len(spf(lab)) == 1,
    "SPF has consequences": lambda lab: spf(lab)[0].endswith(("~all", "-all")) and lookups(lab, spf(lab)[0]) <= 10,
}


@pytest.mark.parametrize("claim", SENDERS)
def test_forgeries_can_be_told_as_internet_nl_wants_it(lab: Lab, claim: str):
    """Five of five."""
    assert SENDERS[claim](lab), claim


@pytest.mark.parametrize(("here", "there"), [(ONE, TWO), (TWO, ONE)])
def test_mail_between_two_of_ours_passes_everything(lab: Lab, here: str, there: str):
    """SPF, DKIM and DMARC are found to pass; it goes by TLS to the very server that DANE names, and not into Junk."""
    writer = people.make_person(lab.stacks[here], "Alice", domain=here)
    reader = people.make_person(lab.stacks[there], "Bob", domain=there)

    writer.send(to=reader, subject=f"From {here}", text="Shall we meet for lunch at noon?")

    verdict = reader.inbox.wait_for(f"From {here}", 60).message["Authentication-Results"]
    assert [one for one in PASSED if one not in verdict] == [], verdict
    assert f"Verified TLS connection established to mail.{there}" in "".join(lab.stacks[here].logs().values())


def test_mail_between_us_and_a_stranger_passes_everything(lab: Lab):
    """One who signs by himself: his mail passes here, and ours is signed by the keys that our DNS has."""
    bob = people.make_person(lab.stacks[ONE], "Bob", domain=ONE)
    letter = letters.write(STRANGER, [bob.mailbox], "From a stranger", "Shall we meet for lunch at noon?")
    lab.world.sink.send(STRANGER.addr_spec, bob.address, signed_by_stranger(lab, letter), exchanger=f"mail.{ONE}")
    bob.send(to=STRANGER.addr_spec, subject="To a stranger", text="Noon suits me.")

    verdict = bob.inbox.wait_for("From a stranger").message["Authentication-Results"]
    assert [one for one in PASSED if one not in verdict] == [], verdict
    ours = dkim.DKIM(lab.world.sink.wait_for("To a stranger").letter.raw)
    assert [ours.verify(index, dnsfunc=record_of(lab)) for index in range(2)] == [True, True]


def signed_by_stranger(lab: Lab, letter: bytes) -> bytes:
    """Return a letter with the signature of elsewhere.test, which the world's DNS vouches for in every way."""
    key = rsa.generate_private_key(65537, 2048)
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    lab.world.sink  # noqa: B018 - its name is there from now on
    lab.world.tell(
        f"{STRANGER.domain} MX 10 sink.elsewhere.test",
        f'{STRANGER.domain} TXT "v=spf1 mx -all"',
        f'_dmarc.{STRANGER.domain} TXT "v=DMARC1; p=reject"',
        f'their._domainkey.{STRANGER.domain} TXT "v=DKIM1; p={public[:200]}" "{public[200:]}"',
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return dkim.sign(letter, b"their", STRANGER.domain.encode(), pem, include_headers=[b"from", b"to", b"subject"]) + letter


def record_of(lab: Lab) -> Callable[..., bytes]:
    """Return what asks the lab's DNS for dkimpy."""
    return lambda name, timeout=5: lab.ask(name.decode().rstrip("."), "TXT").found[0].encode()
