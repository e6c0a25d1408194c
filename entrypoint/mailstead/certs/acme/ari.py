"""Asks the CA when it would like a certificate to be renewed (ARI, RFC 9773)."""

import base64
from datetime import datetime

import josepy
from acme import client
from cryptography import x509

from ...settings import Settings
from .. import keys
from ..store import Store
from .client import Network, spoken
from .failed import Failed
from .moment import Suggestion


def suggestion(settings: Settings, store: Store) -> Suggestion | None:
    """Return what the CA suggests for the certificate in service; None where it does not, or cannot be asked."""
    network = Network(settings, josepy.JWKEC(key=keys.account(store)))
    try:
        with spoken(settings, network):
            directory = client.ClientV2.get_directory(settings.acme_server, network)
            served = x509.load_pem_x509_certificate(store.served.read_bytes())
            window = network.get(f"{directory['renewalInfo']}/{certificate_id(served)}").json()["suggestedWindow"]
            return Suggestion(_epoch(window["start"]), _epoch(window["end"]), network.retry_after)
    except Failed:
        return None


def certificate_id(certificate: x509.Certificate) -> str:
    """Return what ARI calls a certificate: its authority key identifier and its serial (RFC 9773, section 4.1).

    x509.ExtensionNotFound where it does not say who signed it.
    """
    signer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    # A serial in DER is signed: one more byte where the first bit is set.
    serial = certificate.serial_number.to_bytes(certificate.serial_number.bit_length() // 8 + 1, "big")
    return f"{_base64url(signer or b'')}.{_base64url(serial)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
