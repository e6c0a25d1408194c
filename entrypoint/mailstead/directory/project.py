"""What the daemons read, from what the directory holds. Pure: a Snapshot and Settings in, a Tree out.

    passwd         Dovecot's accounts, and the first file saslauthd's PAM asks (Dovecot: passwd-file; pam_pwdfile)
    passwd-forms   the second: other letter cases of the same logins, for PAM tells them apart and Dovecot does not
    domains        what Postfix takes mail for                     (virtual_mailbox_domains)
    mailboxes      address to its folder below /var/mail           (virtual_mailbox_maps)
    aliases        address to addresses                            (virtual_alias_maps)
    small_quotas   addresses for which Postfix always asks whether a message fits (nearly_full.py)
    senders        address to the logins that may send as it       (smtpd_sender_login_maps)
    counter        which state of the directory this is, and which settings it was made for

The last but `counter` are lookup tables, `key value` in each line, for Postfix to read once compiled (publish.py).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import names, nearly_full
from ..declare import has_control
from ..settings import Settings
from ..tree import File, Tree
from . import MAIL, PROJECTION, ROLES, DirectoryError, follow, site
from .snapshot import Account, Snapshot

TABLES = ("senders", "small_quotas", "mailboxes", "aliases", "domains")

_OWNER = 5000  # user and group of all mail on disk; Dovecot's mail_uid and mail_gid
_NOBODY = "!"  # no crypt(3) string: every password is wrong, and mail still finds its way


def project(snapshot: Snapshot, settings: Settings, projection: Path = PROJECTION) -> Tree:
    """Return the files of a projection in the order to write them; DirectoryError if a value would break a file.

    Each account can send before it can sign in, and sign in before mail is taken for it; a domain's mail is taken once
    all of its addresses are known. `counter` comes last: where it is, the rest is.
    """
    links = _links(snapshot, settings)
    texts = {
        "senders": _table(_senders(snapshot, links)),
        "passwd-forms": _lines(_form_line(form, one) for one in snapshot.accounts for form in forms(one)),
        "passwd": _lines(_passwd_line(one, settings) for one in snapshot.accounts),
        "small_quotas": _table(dict.fromkeys(_small(snapshot, settings), nearly_full.CLASS)),
        "mailboxes": _table({one.address: mailbox(one.address) for one in snapshot.accounts}),
        "aliases": _table({address: ",".join(targets) for address, targets in links.items()}),
        "domains": _table(dict.fromkeys(_domains(snapshot, settings), "OK")),
        "counter": _lines([f"{snapshot.counter} {site(settings)}"]),
    }
    return {f"{projection}/{name}": _file(name, text) for name, text in texts.items()}


def _file(name: str, text: str) -> File:
    if name.startswith("passwd"):
        return File(text=text, mode=0o640, group="dovecot", secret=True)
    return File(text=text)


def mailbox(address: str) -> str:
    """Return the folder of an address below /var/mail."""
    return f"{names.domain_of(address)}/{names.local_part_of(address)}"


def _small(snapshot: Snapshot, settings: Settings) -> Iterable[str]:
    largest = settings.message_size_limit
    return (one.address for one in snapshot.accounts if nearly_full.is_small(_quota(one, settings), largest))


def _quota(account: Account, settings: Settings) -> int:
    return settings.quota if account.quota is None else account.quota


def _passwd_line(account: Account, settings: Settings) -> str:
    home, quota = f"{MAIL}/{mailbox(account.address)}", _quota(account, settings)
    return f"{account.address}:{_password(account)}:{_OWNER}:{_OWNER}::{home}::userdb_quota_storage_size={quota}B"


def _form_line(form: str, account: Account) -> str:
    return f"{form}:{_password(account)}"


def _password(account: Account) -> str:
    return account.password_hash if account.enabled else _NOBODY


def forms(account: Account) -> list[str]:
    """Return how else the owner of an account may type its address: as when it was made, as phones do, in capitals."""
    return sorted({account.typed, account.address.capitalize(), account.address.upper()} - {account.address})


def _domains(snapshot: Snapshot, settings: Settings) -> Iterable[str]:
    return sorted({*snapshot.domains, settings.hostname})


def _links(snapshot: Snapshot, settings: Settings) -> follow.Links:
    taken = {account.address for account in snapshot.accounts} | {settings.postmaster}
    roles = (f"{role}@{domain}" for domain in _domains(snapshot, settings) for role in ROLES)
    return {role: (settings.postmaster,) for role in roles if role not in taken} | dict(snapshot.aliases)


def _senders(snapshot: Snapshot, links: follow.Links) -> Mapping[str, str]:
    people = {account.address for account in snapshot.accounts}
    logins = {address: ",".join(sorted(people.intersection(follow.reached(links, address)))) for address in links}
    # An alias to the world outside belongs to nobody here.
    return {address: address for address in people} | {address: owners for address, owners in logins.items() if owners}


def _table(entries: Mapping[str, str]) -> str:
    return _lines(f"{key} {value}" for key, value in sorted(entries.items()))


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{_checked(line)}\n" for line in lines)


def _checked(line: str) -> str:
    # Our own functions let none in; a database takes what anybody writes into it.
    if has_control(line):
        owner = line.partition(":")[0]  # never the hash behind it
        raise DirectoryError(f"the directory holds a control character at {owner!r}; nothing is projected until it is gone")
    return line
