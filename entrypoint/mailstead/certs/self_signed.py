"""A certificate signed by its own key: always to be had, trusted by whoever accepts it once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .store import Certificate, Store, digest

LIFETIME = timedelta(days=825)  # the longest that Apple's mail programs accept (support.apple.com/en-us/103769)


def make(names: Sequence[str], store: Store, now: datetime) -> Certificate:
    """Put a self-signed ECDSA P-256 certificate for `names` (the first is its subject) in service; its key is kept."""
    key = _kept_key(store) or ec.generate_private_key(ec.SECP256R1())
    # An hour back: clients' clocks differ.
    begin = (now - timedelta(hours=1)).replace(microsecond=0)
    signed = _sign(key, names, begin, begin + LIFETIME)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = (private + signed.public_bytes(Encoding.PEM)).decode("ascii")
    made = Certificate(tuple(names), int(begin.timestamp()), int((begin + LIFETIME).timestamp()), "self-signed", digest(pem))
    store.keep(pem, made)
    return made


def _kept_key(store: Store) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = load_pem_private_key(store.served.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None  # not there, torn, locked by a password, or of a kind nobody knows
    ours = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    return key if ours else None


def _sign(key: ec.EllipticCurvePrivateKey, names: Sequence[str], begin: datetime, end: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])  # RFC 5280, appendix A.1: 64 at most
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
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
