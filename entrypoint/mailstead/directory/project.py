"""What the daemons read, from what the directory holds. Pure: a Snapshot and Settings in, a Tree out.

    senders, sender-patterns     address to the logins that may send as it   (smtpd_sender_login_maps)     owners.py
    small_quotas                 what is always asked about room for a letter (check_recipient_access)     nearly_full.py
    list-ids, reply-tos          group to the header its letters get         (check_recipient_access)      posting.py
    restricted                   address to what asks who may post           (check_recipient_access)      posting.py
    posting                      who may post, for that question             (mailstead.posting)           posting.py
    addresses, patterns          every address to where its mail goes        (virtual_alias_maps)          routes.py
    domains                      what mail is taken for                      (virtual_mailbox_domains)     routes.py

For PAM and Dovecot, who signs in with what (pam_pwdfile, Dovecot's passwd-file); see logins.py:

    send, send-forms, app-send-N     PAM: passwords for sending, the same in other letter cases, app passwords
    first, app-read-N, logins, passwd    Dovecot: first passwords, app passwords, other names of accounts, accounts

`refusals` says why an account's password opens nothing, for the log. `counter` says which state of the directory this
is, and which settings it was made for.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .. import nearly_full
from ..declare import has_control
from ..settings import Settings
from ..tree import File, Tree
from . import APP_SLOTS, PROJECTION, DirectoryError, logins, owners, posting, routes, site
from .snapshot import Snapshot
from .twins import all_of, twins

TABLES = ("senders", "small_quotas", "list-ids", "reply-tos", "restricted", "posting", "addresses", "domains")

FOR_DOVECOT = ("first", *(f"app-read-{slot}" for slot in range(APP_SLOTS)), "logins", "passwd")
"""What Dovecot reads at each login, and notices only when its date in seconds or its size differs."""

_SECRET = (*FOR_DOVECOT, "send", "send-forms", *(f"app-send-{slot}" for slot in range(APP_SLOTS)))


def project(snapshot: Snapshot, settings: Settings, projection: Path = PROJECTION) -> Tree:
    """Return the files of a projection in the order to write them; DirectoryError if a value would break a file.

    Each account can send before it can sign in, and sign in before mail is taken for it; who may post to a group is known
    before the group; a domain's mail is taken once all of its addresses are known. Whether an address exists, and where
    it leads, stands in one file, so that no moment lies between the two. `counter` comes last: where it is, the rest is.
    """
    found = routes.routes(snapshot, settings)
    contents = {
        **owners.files(snapshot, found),
        **logins.files(snapshot, settings),
        "small_quotas": dict.fromkeys(_small(snapshot, settings), nearly_full.CLASS),
        **posting.files(snapshot, found),
        # Postfix reads expressions anew only when a compiled table has changed: they are written before one.
        **routes.files(snapshot, settings, found),
        "counter": [f"{snapshot.counter} {site(settings)}"],
    }
    return {f"{projection}/{name}": _file(name, _text(content)) for name, content in contents.items()}


def _file(name: str, text: str) -> File:
    if name in _SECRET:
        return File(text=text, mode=0o640, group="dovecot", secret=True)
    return File(text=text)


def _small(snapshot: Snapshot, settings: Settings) -> Iterator[str]:
    known = twins(snapshot)
    for one in snapshot.accounts:
        if nearly_full.is_small(logins.quota(one, settings), settings.message_size_limit):
            yield from all_of(one.address, known)


def _text(content: Iterable[str] | Mapping[str, str]) -> str:
    lines = (f"{key} {value}" for key, value in sorted(content.items())) if isinstance(content, Mapping) else content
    return "".join(f"{_checked(line)}\n" for line in lines)


def _checked(line: str) -> str:
    # Our own functions let none in; a database takes what anybody writes into it.
    if has_control(line):
        owner = line.partition(":")[0]  # never the hash behind it
        raise DirectoryError(f"the directory holds a control character at {owner!r}; nothing is projected until it is gone")
    return line
