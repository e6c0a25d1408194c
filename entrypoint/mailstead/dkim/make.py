"""Keys made, and those of another server taken over. This module needs `cryptography`, whose import takes a while."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from . import imported
from .store import Key, Note, State, Store

RSA_BITS = 2048
"""What every receiver checks and fits into a DNS answer (RFC 8301, 3.2)."""


def missing(store: Store, domains: Iterable[str], now: int, old: Path) -> list[str]:
    """Give each domain without keys its first ones, which sign at once; return the domains that got some.

    `old` is the folder of keys another server had for them: those go on, by the selectors that are in the DNS. Nothing else is
    there to sign with, so nothing is gained by waiting for the DNS: without a record the mail counts as not signed.
    """
    new = [domain for domain in domains if not store.note(domain).keys]
    if new:
        with store.alone():
            taken = imported.found(old)
            for domain in new:
                _first(store, domain, taken.get(domain, {}), now)
    return new


def take_over(store: Store, now: int, old: Path) -> list[str]:
    """Let the keys of another server sign in place of ours that the DNS has never shown, which wait for it from now on.

    So do they where our own were made before those came; return the domains.
    """
    with store.alone():
        return [domain for domain, taken in imported.found(old).items() if _takes_over(store, domain, taken, now)]


def _takes_over(store: Store, domain: str, taken: imported.Found, now: int) -> bool:
    note = store.note(domain)
    ours = note.in_state("signing")
    secrets = _secrets(taken)
    if not secrets or not ours or any(key.seen for key in ours) or secrets.keys() & {key.selector for key in note.keys}:
        return False
    waiting = [replace(key, state="next", since=now) for key in ours]
    keys = [_key(domain, selector, secret, "signing", now) for selector, secret in secrets.items()]
    store.keep(domain, note.having(*waiting, *keys), {selector: _pem(secret) for selector, secret in secrets.items()})
    return True


def _secrets(taken: imported.Found) -> dict[str, PrivateKeyTypes]:
    return {selector: loaded for selector, pem in taken.items() if (loaded := _loaded(pem))}


def _first(store: Store, domain: str, taken: imported.Found, now: int) -> None:
    note = store.note(domain)
    if note.keys:  # somebody was quicker
        return
    secrets = _secrets(taken)
    if secrets:
        keys = [_key(domain, selector, secret, "signing", now) for selector, secret in secrets.items()]
        store.keep(domain, note.having(*keys), {selector: _pem(secret) for selector, secret in secrets.items()})
    else:
        pair(store, domain, note, "signing", now)


def pair(store: Store, domain: str, note: Note, state: State, now: int) -> Note:
    """Make a pair of keys, RSA and Ed25519, and keep it; return the note with it. Selectors are m1r and m1e, then m2r and m2e."""
    number = note.number + 1
    secrets: dict[str, PrivateKeyTypes] = {
        f"m{number}r": rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS),
        f"m{number}e": Ed25519PrivateKey.generate(),
    }
    keys = [_key(domain, selector, secret, state, now) for selector, secret in secrets.items()]
    made = replace(note.having(*keys), number=number)
    store.keep(domain, made, {selector: _pem(secret) for selector, secret in secrets.items()})
    return made


def _loaded(pem: bytes) -> PrivateKeyTypes | None:
    try:
        secret = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):  # no key, or one behind a password
        return None
    return secret if isinstance(secret, rsa.RSAPrivateKey | Ed25519PrivateKey) else None


def _key(domain: str, selector: str, secret: PrivateKeyTypes, state: State, now: int) -> Key:
    public = base64.b64encode(_public(secret)).decode()
    algorithm = "rsa" if isinstance(secret, rsa.RSAPrivateKey) else "ed25519"
    return Key(domain=domain, selector=selector, algorithm=algorithm, state=state, public=public, since=now)


def _public(secret: PrivateKeyTypes) -> bytes:
    # An RSA key with what tells its kind, an Ed25519 key without (RFC 6376, 3.6.1; RFC 8463, 4.2).
    if isinstance(secret, Ed25519PrivateKey):
        return secret.public_key().public_bytes_raw()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return secret.public_key().public_bytes(serialization.Encoding.DER, form)


def _pem(secret: PrivateKeyTypes) -> str:
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return secret.private_bytes(serialization.Encoding.PEM, form, none).decode("ascii")
