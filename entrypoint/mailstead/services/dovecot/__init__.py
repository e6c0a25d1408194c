"""Dovecot: delivers into the mailboxes (MDA, by LMTP and Sieve) and serves them (MRA, by IMAP and POP3)."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ... import memory, nearly_full
from ... import probe as doctor
from ...directory import APP_SLOTS, SHEETS, ldap
from ...places import GATEWAYS, LMTP, MAIL, PROJECTION, QUOTA
from ...settings import Settings
from ...tls import unverified
from ...tree import Directory, File, Tree
from .. import Finding
from . import leftovers

NAME = "dovecot"
CONFIG = Path("/config")
COUNTS = "/run/dovecot-counts"
LDAP_BIND = "/etc/dovecot/ldap-bind.conf"
_READER = 3_600_000
"""Bytes of somebody who is signed in by IMAP: a process for what is encrypted, 1.2 MB, and one for his mailbox."""
_READERS = range(30, 501)
"""How many there may be at least, whatever is killed for it, and at most: each has two processes of compose.yaml's pids_limit."""
_STRANGERS = 60
"""Passwords of one account that are checked for strangers in an hour."""


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "projection": PROJECTION,
        "app_slots": APP_SLOTS,
        "sheets": len(SHEETS),
        "mail": MAIL,
        "mail_path": mail_path(settings.mailbox_format),
        "nearly_full": nearly_full.PERCENT,
        "ldap": ldap.server(settings),
        "ldap_filter": ldap.login_filter(settings, "%{user}"),
        "quoted": quoted,
        "gateways": GATEWAYS,
        "counts": COUNTS,
        "strangers": _STRANGERS,
        "filter": settings.filtered,
        "learns": settings.filtered and settings.spam_bayes != "no" and not settings.filter_light,
        "doctor": doctor,
        "room": room(memory.whole()),
    }


def quoted(text: str) -> str:
    """Return a text as a value of Dovecot's, in which no sign means anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mail_path(mailbox_format: str) -> str:
    """Return where a mailbox of this format lies in an account's home."""
    return {"maildir": "~/Maildir", "sdbox": "~/sdbox", "mbox": "~/mail"}[mailbox_format]


def files(settings: Settings) -> Tree:
    """Return the mailboxes' root, a place for compiled Sieve scripts of the owner, one for Dovecot's own notes; its password."""
    tree: dict[str, File | Directory] = {
        str(MAIL): Directory(mode=0o750, owner="vmail", group="vmail"),
        "/run/dovecot-sieve": Directory(mode=0o700, owner="vmail", group="vmail"),
        "/run/dovecot-state": Directory(),
        COUNTS: Directory(mode=0o700, owner="dovecot", group="dovecot"),
        str(QUOTA): Directory(owner="vmail", group="vmail"),
    }
    if settings.ldap_bind_dn:
        tree[LDAP_BIND] = File(text=_ldap_bind(settings), mode=0o600, secret=True)
    return tree


def _ldap_bind(settings: Settings) -> str:
    dn, password = quoted(settings.ldap_bind_dn or ""), quoted(str(settings.ldap_bind_password).replace("%{", "%%{"))
    return f"ldap_auth_dn = {dn}\nldap_auth_dn_password = {password}\n"


def before_start(settings: Settings, after_crash: bool) -> None:
    """Make the table of nearly full mailboxes where there is none yet; after a crash, remove what the next Dovecot would
    stumble over.
    """
    nearly_full.note([], True)
    if after_crash:
        leftovers.clear_away(MAIL)


def room(bytes_: int) -> Mapping[str, int]:
    """Return how many connections Dovecot takes, by protocol: half of the memory is for who reads by IMAP.

    Its own choice, 100 for everybody together, is a household of ten with three programs each.
    """
    readers = min(max(bytes_ // 2 // _READER, _READERS.start), _READERS.stop - 1)
    return {"imap": readers, "pop3": min(readers, 100)}


def overrides(settings: Settings) -> Iterator[str]:
    """Say which files of the owner Dovecot reads."""
    for path in sorted([*CONFIG.glob("dovecot/*.conf"), *CONFIG.glob("sieve/before.d/*.sieve")]):
        yield f"{path} is read by Dovecot"


def probe() -> Finding:
    """Hear the greetings of IMAP (through TLS) and of LMTP."""
    greetings = (_imaps_greeting(), _lmtp_greeting())
    ok = greetings[0].startswith(b"* OK") and greetings[1].startswith(b"220")
    return Finding(NAME, ok, "greets by IMAP and LMTP" if ok else f"greets with {greetings!r}")


def _imaps_greeting() -> bytes:
    with socket.create_connection(("127.0.0.1", 993), timeout=5) as plain, unverified().wrap_socket(plain) as tls:
        return tls.recv(512)


def _lmtp_greeting() -> bytes:
    with socket.socket(socket.AF_UNIX) as lmtp:
        lmtp.settimeout(5)
        lmtp.connect(LMTP)
        return lmtp.recv(512)
