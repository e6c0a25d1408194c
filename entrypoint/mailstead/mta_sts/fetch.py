"""A policy from its domain's web server (RFC 8461, 3.3): by HTTPS, under a certificate for that name, with no detour."""

import functools
import http.client
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

_LARGEST = 65536  # bytes
_PATIENCE = 10  # seconds for all of it: who waits for another domain's answer waits with it


@functools.cache
def _context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def fetch(domain: str, ca_file: str) -> str:
    """Return the text of a domain's policy; OSError, in a sentence, if it cannot be had. `ca_file`: who is trusted."""
    server = http.client.HTTPSConnection(f"mta-sts.{domain}", timeout=_PATIENCE, context=_context(ca_file))
    try:
        with within(_PATIENCE):
            server.request("GET", "/.well-known/mta-sts.txt")
            response = server.getresponse()
            content = response.read(_LARGEST + 1)
    except http.client.HTTPException as error:
        raise OSError(f"the web server of mta-sts.{domain} speaks no HTTP: {error}") from error
    finally:
        server.close()
    kind = response.headers.get_content_type()
    if response.status != 200 or kind != "text/plain" or len(content) > _LARGEST:
        raise OSError(f"mta-sts.{domain} has no policy: status {response.status}, {kind}, {len(content)} bytes")
    return content.decode(errors="replace")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End what takes longer by TimeoutError: a socket's own timeout begins anew with each byte that a stranger sends."""

    def end(*_: object) -> None:
        raise TimeoutError(f"it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
