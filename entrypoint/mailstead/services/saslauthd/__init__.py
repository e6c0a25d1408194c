"""Cyrus saslauthd: checks the passwords of people who send mail, by PAM, against the very file Dovecot reads; or has a directory
server check them, whose name is searched and which is then signed in to, as Dovecot does.
"""

import shutil
import socket
import struct
from pathlib import Path
from typing import Any

from ...directory import APP_SLOTS, SHEETS, ldap
from ...places import HELD, PROJECTION, SEEN
from ...settings import Settings
from ...tree import Directory, File, Tree
from .. import Finding

NAME = "saslauthd"
DOOR = Path("/run/saslauthd")
MUX = f"{DOOR}/mux"
_OPEN, _SHUT = "sasl", "saslauthd"
"""Whose group may pass the door: Postfix's, or nobody's but saslauthd's. Its mode could not be changed: it is not root's."""
CONFIG = "/etc/saslauthd.conf"
DECOY = "$y$j9T$......................"
_SAME_WORK = f"/usr/bin/perl -e [crypt(q(x), q({DECOY}))]"
"""As much as crypt(3) has to do for a password of ours (directory/passwords.py); perl is in every Debian."""
_NO_WORK = "/usr/bin/perl -e [1]"
_NOBODY = ("health-check@invalid", "x", "smtp", "")


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "blocks": [_block("send", "app-send"), _block("send-forms", "app-forms")],
        "held": HELD,
        "same_work": _SAME_WORK,
        "no_work": _NO_WORK,
        "config": CONFIG if ldap.server(settings) else None,
    }


def _block(accounts: str, apps: str) -> dict[str, Any]:
    return {
        "apps": {PROJECTION / f"{apps}-{slot}": used(slot) for slot in range(APP_SLOTS)},
        "sheets": {PROJECTION / f"{accounts}-{number}": _in_both_cases(signs) for number, signs in enumerate(SHEETS)},
        "lines": 3 * APP_SLOTS + 1 + 5 * len(SHEETS) - 1,
    }


def _in_both_cases(signs: str) -> str:
    return "".join(dict.fromkeys(signs + signs.upper()))


def used(slot: int) -> Path:
    """Return the directory whose files have the names of the logins that an app password of this slot let send, and its date."""
    return SEEN / f"app-send-{slot}"


def files(settings: Settings) -> Tree:
    """Return where app passwords leave the date of their use, and the socket's directory.

    The socket itself is open to all, this is its only lock (saslauthd(8)).
    """
    where = ldap.server(settings)
    own = {CONFIG: File(text=ldap_config(settings, where), mode=0o400, owner=NAME, secret=True)} if where else {}
    seen = {str(used(slot)): Directory(mode=0o700, owner=NAME, group=NAME) for slot in range(APP_SLOTS)}
    return {**own, **seen, str(HELD): File(text=""), str(DOOR): Directory(mode=0o710, owner=NAME, group=_OPEN)}


def ldap_config(settings: Settings, where: ldap.Server) -> str:
    """Return saslauthd.conf (saslauthd's LDAP_SASLAUTHD): `%u` is the login with its domain, which saslauthd escapes."""
    lines = {
        "ldap_servers": where.uri,
        "ldap_search_base": where.base,
        "ldap_filter": ldap.login_filter(settings, "%u"),
        "ldap_timeout": ldap.TIMEOUT,
        "ldap_start_tls": "yes" if where.starttls else "no",
        "ldap_tls_check_peer": "yes",
        "ldap_tls_cacert_file": where.authorities,
    }
    if settings.ldap_bind_dn:
        lines |= {"ldap_bind_dn": settings.ldap_bind_dn, "ldap_password": settings.ldap_bind_password}
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def shut() -> None:
    """Let nobody to saslauthd, so that people are told to try again (454); it can say only that a password is wrong (535)."""
    _let_pass(_SHUT)


def reopen() -> None:
    """Let Postfix to saslauthd again."""
    _let_pass(_OPEN)


def _let_pass(group: str) -> None:
    if DOOR.exists():
        shutil.chown(DOOR, group=group)


def probe() -> Finding:
    """Ask saslauthd about nobody: that it says no shows that it works."""
    if DOOR.exists() and DOOR.group() == _SHUT:
        return Finding(NAME, True, "is asked nothing while the directory server is away")
    said = ask(*_NOBODY)
    ok = said.startswith("NO")
    return Finding(NAME, ok, "answers" if ok else f"says {said!r} about a password that is nobody's")


def ask(user: str, password: str, service: str, realm: str) -> str:
    """Return saslauthd's answer, `OK...` or `NO...`; four counted strings in, one out (saslauthd's ipc_unix.c)."""
    words = [word.encode() for word in (user, password, service, realm)]
    with socket.socket(socket.AF_UNIX) as mux:
        mux.settimeout(5)
        mux.connect(MUX)
        mux.sendall(b"".join(struct.pack("!H", len(word)) + word for word in words))
        # The count comes alone, the words after it, then the end.
        return mux.makefile("rb").read()[2:].decode(errors="replace")
