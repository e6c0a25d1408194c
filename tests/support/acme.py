"""A stack whose certificate comes from a CA, looked at from outside and inside."""

import json
from collections.abc import Mapping

from .ca import Ca
from .stack import Stack
from .trust import NamedContext
from .wait import wait_until

NOTE = "/var/lib/mailstead/certificates/served.json"
LEDGER = "/var/lib/mailstead/certificates/acme.json"
ISSUED = 60  # seconds for an order, with all that the CA does to delay it


def note(stack: Stack) -> Mapping[str, object]:
    """Return what is noted of the certificate in service; nothing before there is one."""
    ran = stack.attempt("cat", NOTE)
    return json.loads(ran.output) if ran.status == 0 else {}


def wait_issued(stack: Stack, ca: Ca, within: float = ISSUED) -> Mapping[str, object]:
    """Wait until the CA's certificate is in service everywhere, let the tests' clients trust the CA, and return its note."""
    wait_until(lambda: note(stack).get("source") == "acme" and note(stack)["swapped"], within, what="the CA's certificate")
    stack.trust = NamedContext.pinned(ca.roots, stack.hostname)
    return note(stack)


def log(stack: Stack) -> str:
    """Return what the mail container has said."""
    (text,) = stack.logs().values()
    return text
