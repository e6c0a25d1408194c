"""Unbound: the validating resolver of this container, so that DNS lists and DANE get true answers."""

import socket
import struct
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ...settings import Settings
from ...tree import File, write
from .. import Finding
from .. import filter as neighbour

NAME = "unbound"
OWNERS = Path("/config/unbound")
OWN = "/etc/unbound/own.conf"
# Names that no public zone can sign (RFC 6761, RFC 8375, RFC 6762, ICANN's .internal, the usual .lan):
# a resolver at home may answer for them.
_AT_HOME = ("home.arpa", "internal", "lan", "local", "test")


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "resolvers": [str(ip_address(one)) for one in settings.resolver],
        "at_home": _AT_HOME,
        "own": OWN,
        # The filter's container has no root to leave.
        "user": "" if settings.role == "filter" else "unbound",
        "filter": neighbour.HOST,
    }


def before_start(settings: Settings, after_crash: bool) -> None:
    """Include the owner's files; Unbound itself would not start where it finds none (unbound.conf(5), include)."""
    write({OWN: File(text=includes(OWNERS))}, Path("/"), owned=False)


def includes(folder: Path) -> str:
    """Return the lines that include each of the files *.conf in a folder."""
    return "".join(f'include-toplevel: "{file}"\n' for file in sorted(folder.glob("*.conf")))


def probe() -> Finding:
    """Ask for the address of localhost, which Unbound knows without asking anyone."""
    answer = _ask("localhost")
    count = struct.unpack("!H", answer[6:8])[0]
    return Finding(NAME, count > 0, "resolves" if count else "answers, but not to the question")


def _ask(name: str) -> bytes:
    """Return the raw answer to an A query (RFC 1035, 4.1)."""
    header = struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0)
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.settimeout(5)
        resolver.connect(("127.0.0.1", 53))
        resolver.send(header + question)
        return resolver.recv(512)
