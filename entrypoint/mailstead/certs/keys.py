"""The key of this server's certificates. It is kept when they are renewed, so that whoever has pinned it (DANE) goes on trusting.

Files that the owner brings have keys of their own, which are never mixed with this one.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from . import pem
from .store import Store

KEY = "key.pem"
NEXT = "next-key.pem"
ACCOUNT = "account-key.pem"


def kept(store: Store) -> ec.EllipticCurvePrivateKey:
    """Return the key for the next certificate: ECDSA P-256, made the first time; OSError where it cannot be kept."""
    return _read(store, KEY) or _new(store, KEY)


def prepared(store: Store) -> ec.EllipticCurvePrivateKey | None:
    """Return the key that shall come after the present one, if it is there."""
    return _read(store, NEXT)


def prepare(store: Store) -> ec.EllipticCurvePrivateKey:
    """Return the key that shall come after the present one, made now where it is not there."""
    return prepared(store) or _new(store, NEXT)


def switch(store: Store) -> None:
    """Make the prepared key the one for the next certificate."""
    (store.place / NEXT).replace(store.place / KEY)


def account(store: Store) -> ec.EllipticCurvePrivateKey:
    """Return the key by which CAs know us, made the first time; it is in no certificate."""
    return _read(store, ACCOUNT) or _new(store, ACCOUNT)


def text(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a key in PEM (PKCS #8, not encrypted)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _new(store: Store, name: str) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    store.put(name, text(key))
    return key


def _read(store: Store, name: str) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = load_pem_private_key((store.place / name).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None  # not there, torn, locked by a password, or of a kind nobody knows
    ours = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    return key if ours else None


def spki_sha256(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the digest of a key that a TLSA 3 1 1 record holds, in hexadecimal."""
    return pem.spki_sha256(key.public_key())
