"""PostSRSd: gives mail that is forwarded a sender of ours, and leads its bounces back (SRS, https://www.libsrs2.net/srs/srs.pdf).

Asked by Postfix about envelopes only (socketmap_table(5)): `forward` for a sender of elsewhere whose mail leaves again,
`reverse` for a recipient that was such a sender.
"""

import secrets
import socket
from pathlib import Path
from typing import Any

from ...places import IMPORTED, STATE
from ...settings import Settings
from ...tree import Directory, Tree, swap
from .. import Finding

NAME = "postsrsd"
SOCKET = Path("/run/postsrsd/srs")
SECRET = STATE / "srs.secret"


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {"socket": SOCKET, "secret": SECRET, "domain": domain(settings)}


def domain(settings: Settings) -> str:
    """Return the domain of the senders it makes: the first of ours, which takes mail and has its SPF record."""
    return settings.domains[0]


def files(settings: Settings) -> Tree:
    """Return the folder of the socket."""
    return {str(SOCKET.parent): Directory()}


def before_start(settings: Settings, after_crash: bool) -> None:
    """Make the secret by which its own senders are known, once; those of another server are honoured too."""
    known = _lines(SECRET) if SECRET.exists() else [secrets.token_urlsafe(24)]
    old = [line for path in sorted(IMPORTED.glob("**/*postsrsd.secret")) for line in _lines(path)]
    lines = list(dict.fromkeys([*known, *old]))
    if not SECRET.exists() or lines != known:
        swap(SECRET, "".join(f"{line}\n" for line in lines).encode())


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="ascii").splitlines() if line]


def probe() -> Finding:
    """Ask it for the first sender behind an address it has not made: it says that there is none."""
    said = ask("reverse", "nobody@example.invalid")
    ok = said.startswith("NOTFOUND")
    return Finding(NAME, ok, "answers" if ok else f"says {said!r} about an address that is nobody's")


def ask(table: str, key: str) -> str:
    """Return the answer of a table (socketmap_table(5): a netstring each way)."""
    question = f"{table} {key}".encode()
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(5)
        asked.connect(str(SOCKET))
        asked.sendall(b"%d:%s," % (len(question), question))
        return asked.recv(1024).partition(b":")[2].rstrip(b",").decode("utf-8", "replace")
