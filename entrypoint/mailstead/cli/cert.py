"""The verbs about the certificate: look at it, renew it, change its key."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from .. import certs
from ..certs import Certificate, Store
from ..settings import Settings
from . import GOOD, WANTING, add_verb, tell

_DAY = 86400
_BY_HAND = "the tool that makes the files must change the key: see its manual, and docs/certificates.md"


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verbs of this module."""
    showing = add_verb(verbs, cert)
    showing.add_argument("--json", action="store_true", help="print a list with what is known of it, and what each port serves")
    showing.add_argument("--pem", action="store_true", help="print the certificate itself, for a client that shall trust it")
    below = showing.add_subparsers(metavar="VERB")
    renewing = add_verb(below, renew)
    renewing.add_argument("--force", action="store_true", help="make or order another, though none is due")
    rotating = add_verb(below, rotate)
    rotating.add_argument("--now", action="store_true", help="switch to the key prepared before")


def cert(given: argparse.Namespace) -> int:
    """Show the certificate in service: its names, its source, its end, its key, and what each port serves."""
    settings, store = Settings.read(os.environ), Store()
    current = store.current()
    if current is None:
        print("No certificate is in service yet: `mailstead up` makes one.", file=sys.stderr)
        return WANTING
    if given.pem:
        print(_without_key(store.served.read_text(encoding="ascii")), end="")
        return GOOD
    served = _serials(settings)
    if given.json:
        print(json.dumps([as_json(settings, current, served, datetime.now(UTC))], indent=1))
    else:
        print("\n".join(_lines(settings, store, current, served)))
    well = current.trouble is None and set(served.values()) <= {current.serial, None}
    return GOOD if well else WANTING


def _without_key(pem: str) -> str:
    begin = "-----BEGIN CERTIFICATE-----"
    return begin + pem.partition(begin)[2]


def _serials(settings: Settings) -> Mapping[int, str | None]:
    from ..certs import pem, ports

    return {port: pem.serial(found) if found else None for port, found in ports.served(settings).items()}


def as_json(settings: Settings, current: Certificate, served: Mapping[int, str | None], now: datetime) -> Mapping[str, Any]:
    """Return what programs are told: times in ISO 8601, whole days left, `served` as port to serial (null: no answer)."""
    return {
        "name": settings.hostname,
        "names": current.names,
        "issuer": current.issuer,
        "serial": current.serial,
        "not_after": current.expires.isoformat(),
        "days_left": int((current.not_after - now.timestamp()) // _DAY),
        "next_renewal": _next(current),
        "source": current.source,
        "spki_sha256": current.spki_sha256,
        "served": {str(port): serial for port, serial in served.items()},
    }


def _next(current: Certificate) -> str | None:
    if current.source == "files":
        return None
    return datetime.fromtimestamp(current.renewal or current.next_look, UTC).isoformat()


def _lines(settings: Settings, store: Store, current: Certificate, served: Mapping[int, str | None]) -> Iterator[str]:
    from ..certs import keys

    facts = as_json(settings, current, served, datetime.now(UTC))
    yield f"name          {facts['name']}"
    yield f"names         {' '.join(current.names)}"
    yield f"issuer        {current.issuer}"
    yield f"serial        {current.serial}"
    yield f"days left     {facts['days_left']} (until {current.expires:%Y-%m-%d %H:%M} UTC)"
    yield f"next renewal  {facts['next_renewal'] or 'by the tool that makes the files'}"
    yield f"source        {current.source}"
    yield f"key           {_tlsa(current.spki_sha256)}"
    if (following := keys.prepared(store)) is not None:
        yield f"next key      {_tlsa(keys.spki_sha256(following))}"
    yield f"trouble       {current.trouble or 'none'}"
    for port, serial in served.items():
        yield f"port {port:<8} {_said(serial, current)}"


def _said(serial: str | None, current: Certificate) -> str:
    if serial is None:
        return "does not answer"
    return "serves it" if serial == current.serial else f"serves another one, serial {serial}"


def _tlsa(spki_sha256: str) -> str:
    return f"TLSA 3 1 1 {spki_sha256}"


def renew(given: argparse.Namespace) -> int:
    """Renew the certificate if that is due, and bring it to the daemons (the keeper calls this by itself)."""
    return _renew(Settings.read(os.environ), Store(), force=given.force)


def _renew(settings: Settings, store: Store, *, force: bool) -> int:
    from ..certs.swap import swap

    try:
        after = certs.renew(settings, store, datetime.now(UTC), force=force)
        new = not after.swapped
        after = swap(settings, store, after) if new else after
    except OSError as error:
        tell(f"WARNING: the certificate cannot be looked after: {error}. Is the volume writable, and not full?")
        return WANTING
    if after.swapped:
        whose = "every port serves" if new else "nothing is to be done about"
        until = f"until {after.expires:%Y-%m-%d %H:%M} UTC"
        tell(f"{whose} the certificate with the serial {after.serial} ({after.source}, {until}).")
    if after.trouble:
        tell(f"WARNING: certificate: {after.trouble}.")
    return WANTING if after.trouble else GOOD


def rotate(given: argparse.Namespace) -> int:
    """Change the certificate's key, in two steps: prepare the next one and print its record; then, with --now, switch to it."""
    from ..certs import keys

    settings, store = Settings.read(os.environ), Store()
    if settings.tls == "files":
        print(f"With MAIL_TLS=files {_BY_HAND}.", file=sys.stderr)
        return WANTING
    if given.now:
        return _switch(settings, store)
    present, following = keys.kept(store), keys.prepare(store)
    print(f"present key  {_record(settings, keys.spki_sha256(present))}")
    print(f"next key     {_record(settings, keys.spki_sha256(following))}")
    print("\nPublish both records. When the second has been in the DNS for a day, switch: mailstead cert rotate --now")
    return GOOD


def _record(settings: Settings, spki_sha256: str) -> str:
    return f"_25._tcp.{settings.hostname}. IN {_tlsa(spki_sha256)}"


def _switch(settings: Settings, store: Store) -> int:
    from ..certs import keys

    if keys.prepared(store) is None:
        print("No key is prepared: run `mailstead cert rotate` first, and publish the record it prints.", file=sys.stderr)
        return WANTING
    with store.alone():
        keys.switch(store)
    return _renew(settings, store, force=True)
