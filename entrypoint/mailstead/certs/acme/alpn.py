"""Answers tls-alpn-01 (RFC 8737): on port 443, a certificate of the name asked for, with a digest only its owner can make.

python3-acme 4.0 has this too, with the number of an early draft, and its successors have it no more.
"""

import contextlib
import socket
import socketserver
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .. import pem

_PROTOCOL = "acme-tls/1"
_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
_OCTETS_32 = b"\x04\x20"  # how an OCTET STRING of 32 bytes begins in DER
_DAY = timedelta(days=1)
_TIMEOUT = 5  # seconds for a handshake


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens for the CA; `proofs` maps names to the digest (SHA-256, 32 bytes) of each one's key authorization."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], proofs: Mapping[str, bytes], *, ipv6: bool = False) -> None:
        self.address_family = socket.AF_INET6 if ipv6 else socket.AF_INET
        self._contexts = {name: _context(name, proof) for name, proof in proofs.items()}
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = self._choose
        super().__init__(address, Handler)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name not in self._contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._contexts[name]
        return None


class Handler(socketserver.BaseRequestHandler):
    """Shakes hands, which is all there is to it."""

    def handle(self) -> None:
        """Show the certificate and hang up."""
        self.request.settimeout(_TIMEOUT)
        with contextlib.suppress(OSError):
            self.server.context.wrap_socket(self.request, server_side=True).close()


def _context(name: str, proof: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([_PROTOCOL])
    with TemporaryDirectory() as folder:
        place = Path(folder, "proof.pem")
        place.write_text(_certificate(name, proof))
        context.load_cert_chain(place)
    return context


def _certificate(name: str, proof: bytes) -> str:
    """Return key and certificate in PEM; RFC 8737, section 3, says what it must hold."""
    key, now, subject = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC), x509.Name([])
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), serial, now - _DAY, now + _DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
    builder = builder.add_extension(x509.UnrecognizedExtension(_IDENTIFIER, _OCTETS_32 + proof), critical=True)
    return pem.bundle(key, [builder.sign(key, hashes.SHA256())])
