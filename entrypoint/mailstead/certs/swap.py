"""A new certificate brought to the daemons: nobody is cut off, and every port is asked whether it serves it."""

import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..services.dovecot.reload import reload
from ..settings import Settings
from . import ports
from .store import Certificate, Store

_LONGEST = 25  # seconds until another reload, and after it until something is said
_NAP = 0.5
_AGAIN = 3600


def swap(settings: Settings, store: Store, certificate: Certificate) -> Certificate:
    """Have the daemons serve what the store has in service; return its note as it is then, with trouble where a port does not.

    A daemon that does not run is no trouble here: it reads the new one when it starts. Where another certificate has been put in
    service meanwhile, nothing is done: who did that brings it to the daemons.
    """
    with store.alone():
        present = store.current()
        if present is not None and present.digest != certificate.digest:
            return present
        return _swap(settings, store, certificate)


def _swap(settings: Settings, store: Store, certificate: Certificate) -> Certificate:
    stale = _brought(settings, store) and _brought(settings, store)
    if not stale:
        return store.annotate(replace(certificate, swapped=True))
    said = f"after a reload, port {' and '.join(map(str, stale))} still serves another certificate than {store.served}"
    soon = int(time.time()) + _AGAIN
    return store.annotate(replace(certificate, trouble=said, next_look=min(certificate.next_look, soon)))


def _brought(settings: Settings, store: Store) -> Sequence[int]:
    """Reload the daemons and wait; return the ports that serve another certificate even then."""
    # Both let connections that are open live on, in processes that take no new ones.
    subprocess.run(["postfix", "reload"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    reload()
    end = time.monotonic() + _LONGEST
    while (stale := others(store, ports.served(settings))) and time.monotonic() < end:
        time.sleep(_NAP)
    return stale


def others(store: Store, served: Mapping[int, bytes | None]) -> Sequence[int]:
    """Return the ports that serve another certificate than the store has in service; one that does not answer serves none."""
    ours = in_service(store)
    return [port for port, found in served.items() if found not in (None, ours)]


def in_service(store: Store) -> bytes:
    """Return the certificate in service, as it goes over the wire (DER)."""
    return ssl.PEM_cert_to_DER_cert(first_certificate(store.served.read_text(encoding="ascii")))


def first_certificate(text: str) -> str:
    """Return the first certificate of a PEM."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return begin + text.partition(begin)[2].partition(end)[0] + end
