"""What a client trusts: one certificate and the server's name, whatever address it connects to."""

import socket
import ssl
from typing import Self


class NamedContext(ssl.SSLContext):
    """A client context that verifies every server under one name: the published ports are all at 127.0.0.1."""

    name: str

    @classmethod
    def pinned(cls, pem: str, name: str) -> Self:
        """Trust the certificate(s) in `pem` alone, for `name` alone, as strictly as Python 3.13 does by default."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.name = name
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=pem)
        return context

    def wrap_socket(self, sock: socket.socket, **options: object) -> ssl.SSLSocket:
        """Wrap a socket as ssl.SSLContext does, with our name for the server."""
        return super().wrap_socket(sock, **options | {"server_hostname": self.name})
