"""What an account leaves behind when it goes: folders under /var/mail, and people who are still signed in."""

import shutil
import subprocess
from pathlib import Path

from .. import names
from . import DirectoryError


def folder(mail: Path, address: str) -> Path:
    """Return the folder of an address below `mail`; DirectoryError if a link there leads out of it."""
    place = mail.resolve() / names.domain_of(address) / names.local_part_of(address)
    if place.resolve() != place:
        raise DirectoryError(f"{place} leads to {place.resolve()}; mail is removed below {mail} only, so put that right by hand")
    return place


def remove(mail: Path, address: str) -> None:
    """Remove the mail of an address for good. From the first moment a new account at this address has a new folder."""
    place = folder(mail, address)
    # No address begins with a dot. What an earlier removal was kept from finishing goes too.
    going = place.with_name(f".{place.name}.deleted")
    shutil.rmtree(going, ignore_errors=True)
    if place.exists():
        place.rename(going)
        shutil.rmtree(going)


def end_sessions(address: str) -> str | None:
    """End the IMAP and POP3 sessions of an address by doveadm-kick(1); return why that could not be done, or None."""
    try:
        ran = subprocess.run(["doveadm", "kick", address], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if ran.returncode == 0 else ran.stderr.strip()
