"""PostSRSd: gives mail that is forwarded a sender of ours, and leads its bounces back (SRS, https://www.libsrs2.net/srs/srs.pdf).

Asked by Postfix about envelopes only (tcp_table(5)): `FORWARD` for a sender of elsewhere whose mail leaves again, `REVERSE` for
a recipient that was such a sender.
"""

import secrets
import socket
from pathlib import Path
from typing import Any

from ...places import IMPORTED, STATE
from ...settings import Settings
from ...tree import swap
from .. import Finding

NAME = "postsrsd"
HERE = "127.0.0.1"
FORWARD, REVERSE = 10001, 10002
SECRET = STATE / "srs.secret"
_OLD = ("*postsrsd.secret", "srs-secret")
_NONE = "500"


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    ports = f"-4 -l {HERE} -f {FORWARD} -r {REVERSE}"
    return {"options": f"{ports} -s {SECRET} -d {domain(settings)} -u postsrsd -t 60"}


def table(port: int) -> str:
    """Return one of its tables as Postfix writes it."""
    return f"tcp:{HERE}:{port}"


def domain(settings: Settings) -> str:
    """Return the domain of the senders it makes: the first of ours, which takes mail and has its SPF record."""
    return settings.domains[0]


def before_start(settings: Settings, after_crash: bool) -> None:
    """Make the secret by which its own senders are known, once; those of another server are honoured too."""
    known = _lines(SECRET) if SECRET.exists() else [secrets.token_urlsafe(24)]
    old = [line for name in _OLD for path in sorted(IMPORTED.glob(f"**/{name}")) for line in _lines(path)]
    lines = list(dict.fromkeys([*known, *old]))
    if not SECRET.exists() or lines != known:
        swap(SECRET, "".join(f"{line}\n" for line in lines).encode())


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").replace(",", " ").split()


def probe() -> Finding:
    """Ask it for the first sender behind an address it has not made: it says that there is none."""
    with socket.create_connection((HERE, REVERSE), timeout=5) as asked:
        asked.sendall(b"get nobody%40example.invalid\n")
        said = asked.recv(1024).decode("ascii", "replace").rstrip()
    ok = said.startswith(_NONE)
    return Finding(NAME, ok, "answers" if ok else f"says {said!r} about an address that is nobody's")
