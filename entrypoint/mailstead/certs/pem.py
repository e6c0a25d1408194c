"""Reads PEM: what a certificate says, whether it can be served, the order of its chain.

Whoever imports this imports cryptography: not the start of a server that has its certificate, and not the keeper.
"""

import hashlib
import os
import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from .store import Certificate, covers, digest

BAD = (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension)
"""What cryptography raises at what is no certificate or key, or one it does not know."""


class Unfit(ValueError):
    """A certificate cannot be served; `str` says why, in words that follow the name of its file."""


def bundle(key: Any, certificates: Iterable[x509.Certificate]) -> str:
    """Return the PEM to serve: a key, its certificate, then who signed whom, without a root; Unfit where none is the key's.

    The order of `certificates` does not matter, nor what else is among them.
    """
    pool = list(certificates)
    wanted = spki_sha256(key.public_key())
    leaf = next((one for one in pool if spki_sha256(one.public_key()) == wanted), None)
    if leaf is None:
        raise Unfit("does not belong to its private key")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + b"".join(one.public_bytes(Encoding.PEM) for one in chain(leaf, pool))).decode("ascii")


def chain(leaf: x509.Certificate, pool: Sequence[x509.Certificate]) -> Sequence[x509.Certificate]:
    """Return a certificate and those of `pool` that lead from it towards a root, which clients have themselves."""
    links = [leaf]
    while (signer := next((one for one in pool if one not in links and _signed(links[-1], one)), None)) is not None:
        links.append(signer)
    return [one for one in links if one is leaf or one.issuer != one.subject]


def _signed(one: x509.Certificate, signer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(signer)
    except (*BAD, InvalidSignature):
        return False
    return one.issuer != one.subject


def check(text: str, hostname: str, now: datetime) -> None:
    """See that a PEM of key and chain can be served for a name now; Unfit otherwise."""
    leaf, key = read(text)
    if spki_sha256(leaf.public_key()) != spki_sha256(key.public_key()):
        raise Unfit("does not belong to its private key")
    if now >= leaf.not_valid_after_utc:
        raise Unfit(f"has expired on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if now < leaf.not_valid_before_utc:
        raise Unfit(f"is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if not any(covers(name, hostname) for name in names(leaf)):
        raise Unfit(f"is for {' '.join(names(leaf)) or 'no name at all'}, not for {hostname}")
    _check_by_openssl(text)


def _check_by_openssl(text: str) -> None:
    # The daemons' own library has the last word: on keys too short, weak signatures, kinds of keys it has no use for.
    passing = os.memfd_create("certificate")
    try:
        os.write(passing, text.encode())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(f"/proc/self/fd/{passing}")
    except ssl.SSLError as error:
        raise Unfit(f"is refused by OpenSSL ({error.reason or error})") from None
    finally:
        os.close(passing)


def read(text: str) -> tuple[x509.Certificate, Any]:
    """Return the first certificate and the private key of a PEM; Unfit where it has them not."""
    try:
        return x509.load_pem_x509_certificate(text.encode()), load_pem_private_key(text.encode(), password=None)
    except BAD as error:
        raise Unfit(f"cannot be read: {error}") from None


def note(text: str, source: str, **facts: Any) -> Certificate:
    """Return the note on a PEM of key and chain; `facts` are the fields of Certificate that it cannot tell by itself."""
    leaf = x509.load_pem_x509_certificate(text.encode())
    return Certificate(
        names=tuple(names(leaf)),
        issuer=leaf.issuer.rfc4514_string(),
        serial=_hexadecimal(leaf.serial_number),
        not_before=int(leaf.not_valid_before_utc.timestamp()),
        not_after=int(leaf.not_valid_after_utc.timestamp()),
        source=source,
        digest=digest(text),
        spki_sha256=spki_sha256(leaf.public_key()),
        **facts,
    )


def serial(der: bytes) -> str:
    """Return the serial number of a certificate in DER, as openssl(1) writes it."""
    return _hexadecimal(x509.load_der_x509_certificate(der).serial_number)


def _hexadecimal(number: int) -> str:
    text = f"{number:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def names(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names a certificate is for; its common name does not count (RFC 9525, 2)."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except BAD:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def spki_sha256(public_key: Any) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo in DER, RFC 5280), in hexadecimal."""
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
