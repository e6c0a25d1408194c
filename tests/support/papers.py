"""Certificates as other tools get them: from an authority with an intermediate, and laid out on the disk as each tool does."""

import base64
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Papers:
    """A private key, its certificate and the intermediate that signed it, each in PEM; the serial as openssl(1) writes it."""

    key: str
    certificate: str
    chain: str
    serial: str

    @property
    def fullchain(self) -> str:
        """The certificate and who signed it."""
        return self.certificate + self.chain


class PublicAuthority:
    """An authority as the world knows them: `root` is what clients trust, an intermediate signs."""

    def __init__(self, now: datetime.datetime | None = None) -> None:
        self._now = now or datetime.datetime.now(datetime.UTC)
        self._key, middle = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = pem(self._sign("Test Root", self._key, "Test Root", self._key, 1))
        self._middle, self._middle_key = self._sign("Test Intermediate", middle, "Test Root", self._key, 0), middle

    def _sign(self, subject: str, key: Any, issuer: str, signer: Any, below: int) -> x509.Certificate:
        usage = {name: name in ("key_cert_sign", "crl_sign") for name in _USAGES}
        builder = _builder(subject, key, issuer, signer, self._now - 300 * DAY, self._now + 3000 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        return builder.add_extension(x509.KeyUsage(**usage), critical=True).sign(signer, hashes.SHA256())

    def issue(self, *names: str, age: float = 1, left: float = 89, key: Any = None, password: str | None = None) -> Papers:
        """Return papers for DNS names (the first is the subject), so many days old and with so many left."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        begin, end = self._now - age * DAY, self._now + left * DAY
        builder = _builder(names[0][:64], key, "Test Intermediate", self._middle_key, begin, end)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_REVOKED, critical=False)
        signed = builder.sign(self._middle_key, hashes.SHA256())
        serial = f"{signed.serial_number:X}"
        return Papers(key_pem(key, password), pem(signed), pem(self._middle), serial.rjust(len(serial) + len(serial) % 2, "0"))


_REVOKED = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example.test/1.crl")], None, None, None)]
)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _builder(
    subject: str, key: Any, issuer: str, signer: Any, begin: datetime.datetime, end: datetime.datetime
) -> x509.CertificateBuilder:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number(), begin, end)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(by, critical=False)


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def key_pem(key: Any, password: str | None = None) -> str:
    """Return a private key in PEM, PKCS #8, locked by a password if there is one."""
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


def lay_pair(place: Path, papers: Papers) -> None:
    """Leave a chain and a key as most tools can."""
    lay(place, {"fullchain.pem": papers.fullchain, "privkey.pem": papers.key})


def lay_one(place: Path, papers: Papers) -> None:
    """Leave all of it in one file, as HAProxy wants it."""
    lay(place, {"mail.pem": papers.fullchain + papers.key})


def lay_certbot(place: Path, papers: Papers) -> None:
    """Leave papers as certbot does: numbered in archive/, links to the newest in live/ (its manual, "Where are my certs")."""
    archive, live = place / "archive/web", place / "live/web"
    number = 1 + len(list(archive.glob("cert*.pem")))
    texts = {"cert": papers.certificate, "chain": papers.chain, "fullchain": papers.fullchain, "privkey": papers.key}
    lay(archive, {f"{name}{number}.pem": text for name, text in texts.items()})
    lay(place, {"renewal/web.conf": "[renewalparams]\n", "live/README": "This directory contains your keys.\n"})
    live.mkdir(parents=True, exist_ok=True)
    for name in texts:
        link = live / f".{name}.new"
        link.symlink_to(f"../../archive/web/{name}{number}.pem")
        link.rename(live / f"{name}.pem")


def lay_traefik(place: Path, *several: Papers) -> None:
    """Leave papers as Traefik does: one JSON for all resolvers, a certificate that is none of ours among them."""
    coded = [(_base64(papers.fullchain), _base64(papers.key)) for papers in several]
    entries = [{"domain": {"main": "x"}, "certificate": certificate, "key": key, "Store": "x"} for certificate, key in coded]
    account = {"Email": "a@example.org", "PrivateKey": _base64("not this one")}
    resolvers = {"idle": {"Account": account, "Certificates": None}, "web": {"Account": account, "Certificates": entries}}
    lay(place, {"acme.json": json.dumps(resolvers, indent=2)})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def lay_caddy(place: Path, papers: Papers) -> None:
    """Leave papers as Caddy does, in its storage: certificates/<authority>/<name>/<name>.{crt,key,json}."""
    folder = "certificates/acme-v02.api.letsencrypt.org-directory/mail.example.test/mail.example.test"
    about = json.dumps({"sans": ["mail.example.test"], "issuer_data": {"url": "https://acme.example"}})
    lay(place, {f"{folder}.crt": papers.fullchain, f"{folder}.key": papers.key, f"{folder}.json": about, "instance.uuid": "1"})


LAYOUTS = {"pair": lay_pair, "one file": lay_one, "certbot": lay_certbot, "Traefik": lay_traefik, "Caddy": lay_caddy}


def lay(place: Path, texts: Mapping[str, str]) -> None:
    """Write files whole, as tools do: beside, then by rename."""
    for name, text in texts.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.tmp")
        beside.write_text(text)
        beside.rename(file)
