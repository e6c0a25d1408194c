"""A certificate signed by its own key: always to be had, trusted by whoever accepts it once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..settings import Settings
from . import asked, keys, names, pem
from .store import Certificate, Store

SOURCE = "self-signed"
LIFETIME = timedelta(days=825)  # the longest that Apple's mail programs accept (support.apple.com/en-us/103769)


def renew(settings: Settings, store: Store, now: datetime, *, force: bool = False) -> Certificate:
    """Return the certificate at hand, made anew where that is due or `force` says so."""
    current, facts = store.current(), {"asked": asked(settings), "trouble": None, "watched": {}}
    if current is None or force or is_due(settings, store, current, now):
        return make(names(settings), store, now, **facts)
    return store.annotate(replace(current, next_look=current.share(3), **facts))


ensure = renew


def is_due(settings: Settings, store: Store, current: Certificate, now: datetime) -> bool:
    """Whether another should be made: it is no such certificate, for other names or of another key, its life has not begun
    (a clock that ran ahead at the first start), or a third of it is left.
    """
    return (
        current.source != SOURCE
        or set(current.names) != set(names(settings))
        or not current.not_before <= now.timestamp() < current.share(3)
        or current.spki_sha256 != keys.spki_sha256(keys.kept(store))
    )


def make(subjects: Sequence[str], store: Store, now: datetime, **facts: Any) -> Certificate:
    """Put a self-signed ECDSA P-256 certificate for names (the first is its subject) in service; its key is kept.

    `facts` are fields of Certificate for its note; the next look is when a third of its life is left, if they do not say.
    """
    key = keys.kept(store)
    # An hour back: clients' clocks differ.
    begin = (now - timedelta(hours=1)).replace(microsecond=0)
    text = pem.bundle(key, [_sign(key, subjects, begin, begin + LIFETIME)])
    made = pem.note(text, SOURCE, **facts)
    return store.keep(text, made if "next_look" in facts else replace(made, next_look=made.share(3)))


def _sign(key: ec.EllipticCurvePrivateKey, subjects: Sequence[str], begin: datetime, end: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subjects[0][:64])])  # RFC 5280, appendix A.1: 64 at most
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begin, end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in subjects]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
