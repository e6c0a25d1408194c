"""The folder of an account below /var/mail, as far as an import writes there: Sieve scripts, where Dovecot looks for them.

As ManageSieve has it (dovecot.conf, sieve_script personal): scripts in ~/sieve, and ~/.dovecot.sieve a link to the active one.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from .. import tree
from ..directory import Place, mailboxes
from .found import Script
from .report import Report

ACTIVE = ".dovecot.sieve"
_SCRIPT = "sieve/docker-mailserver.sieve"


def plan(
    scripts: Mapping[str, Script], accounts: Collection[str], coming: Mapping[str, Path], place: Place, report: Report
) -> dict[str, str]:
    """Return the scripts that can be put in place, by address. `coming`: folders from which a script comes with the mail."""
    return dict(_planned(scripts, accounts, coming, place, report))


def _planned(
    scripts: Mapping[str, Script], accounts: Collection[str], coming: Mapping[str, Path], place: Place, report: Report
) -> Iterator[tuple[str, str]]:
    for address, script in scripts.items():
        what = f"the script of {address}"
        if address not in accounts:
            report.left_out(script.line, what, f"there is no account {address}")
            continue
        home = mailboxes.folder(place.mail, address)
        if any((folder / _SCRIPT).parent.is_symlink() for folder in (home, coming.get(address, home))):
            report.left_out(script.line, what, "the folder of its scripts is a link, which is not followed")
            continue
        other = _other(home, coming.get(address))
        if other is not None and other != script.text:
            report.left_out(script.line, what, "there is another script in its mailbox, which stays")
            continue
        report.taken(script.line, what, "filters its mail")
        if other is None:
            yield address, script.text


def _other(home: Path, coming: Path | None) -> str | None:
    for folder in (home, *([coming] if coming else [])):
        if os.path.lexists(folder / ACTIVE):
            try:
                return (folder / ACTIVE).read_bytes().decode("utf-8-sig", errors="replace")
            except OSError:
                return ""
    return None


def write(address: str, text: str, place: Place) -> None:
    """Put a script in place as the active one of an account."""
    home = mailboxes.made(mailboxes.folder(place.mail, address), place)
    mailboxes.made((home / _SCRIPT).parent, place)
    file = tree.File(text=text, mode=0o600, owner="vmail", group="vmail")
    tree.write({str(home / _SCRIPT): file}, Path("/"), durable=True, owned=place.owned)
    (home / ACTIVE).symlink_to(_SCRIPT)
    mailboxes.give(home / ACTIVE, place)
    tree.sync(home)
