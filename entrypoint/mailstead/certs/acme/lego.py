"""Orders by a DNS record (dns-01), with lego (https://go-acme.github.io/lego/), which knows over a hundred providers.

lego gets our account and our CSR, and leaves nothing behind: both keys stay ours, and it needs no secret of an external account
binding, which it takes only as an argument, for all to see.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ...declare import PREFIX
from ...settings import LEGO, Settings
from .client import Authority
from .failed import Failed

_NAME = "mailstead"
_LONGEST = 1800  # seconds; providers differ in how soon their servers show a record
_CLOSED = 3600  # seconds
_SHORT = 7


def order(settings: Settings, authority: Authority, csr: bytes) -> str:
    """Order the certificate a CSR (PEM) asks for; return the chain in PEM, or Failed."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _lay_account(settings, authority, place)
        (place / "request.pem").write_bytes(csr)
        ran = _run(settings, place)
        found = [path for path in (place / "certificates").glob("*.crt") if not path.name.endswith(".issuer.crt")]
        if ran.returncode or not found:
            raise _failed(settings, ran.stdout)
        return found[0].read_text(encoding="ascii")


def _lay_account(settings: Settings, authority: Authority, place: Path) -> None:
    account = place / "accounts" / urlsplit(settings.acme_server).netloc.replace(":", "_") / _NAME
    keys = account / "keys"
    keys.mkdir(parents=True)
    key = authority.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (keys / f"{_NAME}.key").write_bytes(key)
    registration = {"body": {"status": "valid"}, "uri": authority.account}
    (account / "account.json").write_text(json.dumps({"email": _NAME, "registration": registration}))


def _run(settings: Settings, place: Path) -> subprocess.CompletedProcess[str]:
    about = ["--path", str(place), "--server", settings.acme_server, "--email", _NAME, "--accept-tos"]
    wanted = ["--csr", str(place / "request.pem"), "--dns", str(settings.acme_dns_provider)]
    # lego wants to see these for a CA that asks for them, though the account is there, and uses neither.
    binding = ["--eab", "--kid", "unused", "--hmac", "unused"] if settings.acme_eab_kid else []
    command = ["lego", *about, *wanted, *binding, "run"]
    try:
        return subprocess.run(
            command, env=_environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"lego did not finish within {_LONGEST // 60} minutes") from None


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return the environment for lego: ours without our settings, and the variables meant for it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, LEGO))}
    trusted = {"LEGO_CA_CERTIFICATES": settings.acme_ca} if settings.acme_ca else {}
    return inherited | trusted | {name: str(value) for name, value in settings.lego.items()}


def _failed(settings: Settings, output: str) -> Failed:
    for value in settings.lego.values():
        # Shorter ones are numbers and switches, and would leave holes in the sentence.
        output = output.replace(str(value), "(not shown)") if len(value) > _SHORT else output
    # "[name] reason", a line for each; other lines begin with a date and a time, and the last ones say why.
    names = re.findall(r"^\[(\S+)\]", output, re.MULTILINE)
    said = " ".join(output.partition("Could not obtain")[2].partition("\n")[2].split() or output.split()[-40:])
    return Failed(f"lego ({settings.acme_dns_provider}) says: {said}", names, _CLOSED if "rateLimited" in output else None)
