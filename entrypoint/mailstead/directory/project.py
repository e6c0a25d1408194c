"""What the daemons read, from what the directory holds. Pure: a Snapshot and Settings in, a Tree out.

For PAM and Dovecot, who signs in with what (pam_pwdfile, Dovecot's passwd-file); see logins.py:

    first, app-read-N, logins, passwd    Dovecot: first passwords, app passwords, other names of accounts, accounts
    send-N, app-send-N                   PAM: passwords for sending by the sign before the @ (SHEETS), app passwords
    send-forms-N, app-forms-N            PAM: the same for logins with capital letters

For Postfix, whose tables are compiled (cdb.py):

    senders, sender-patterns     address to the logins that may send as it   (smtpd_sender_login_maps)     owners.py
    own-senders                  whose mail leaves under its own sender      (sender_dependent_default_transport_maps)
    small_quotas                 what is always asked about room for a letter (check_recipient_access)     nearly_full.py
    list-ids, reply-tos          group to the header its letters get         (check_recipient_access)      posting.py
    restricted                   address to what asks who may post           (check_recipient_access)      posting.py
    posting                      who may post, for that question             (mailstead.posting)           posting.py
    addresses, patterns          every address to where its mail goes        (virtual_alias_maps)          routes.py
    domains                      what mail is taken for                      (virtual_mailbox_domains)     routes.py

`refusals` says why an account's password opens nothing, for the log. `counter` says which state of the directory this
is, and which settings it was made for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from .. import nearly_full
from ..declare import has_control
from ..settings import Settings
from ..tree import File, Tree
from . import APP_SLOTS, PROJECTION, SHEETS, DirectoryError, logins, owners, posting, routes, site
from .snapshot import Snapshot
from .twins import all_of, twins

Content = Iterable[str] | Mapping[str, str]
"""The lines of a file, or what a lookup table has for its keys."""

TABLES = ("senders", "own-senders", "small_quotas", "list-ids", "reply-tos", "restricted", "posting", "addresses", "domains")

EXPRESSIONS = ("sender-patterns", "patterns")
"""Postfix reads these anew only when a compiled table has changed: each is followed by one."""

FOR_DOVECOT = ("first", *(f"app-read-{slot}" for slot in range(APP_SLOTS)), "logins", "passwd")
"""What Dovecot reads when somebody signs in to read."""

TAKING_MAIL = ("patterns", "addresses", "domains")
"""What mail is taken by: written when Dovecot knows the accounts."""

FOR_PAM = (
    *(f"{kind}-{number}" for kind in ("send", "send-forms") for number in range(len(SHEETS))),
    *(f"{kind}-{slot}" for kind in ("app-send", "app-forms") for slot in range(APP_SLOTS)),
)

SECRET = (*FOR_DOVECOT, *FOR_PAM)
"""What holds hashes: lines of logins, with colons behind them.

With MAIL_SMTP_AUTH=dovecot Dovecot reads all of it, and notices a file only when its date in seconds or its size differs.
"""


def project(snapshot: Snapshot, settings: Settings, projection: Path = PROJECTION) -> Tree:
    """Return the files of a projection in the order to write them; DirectoryError if a value would break a file."""
    return dict(files(snapshot, settings, projection))


def files(snapshot: Snapshot, settings: Settings, projection: Path = PROJECTION) -> Iterator[tuple[str, File]]:
    """Yield each path and file of a projection, in the order to write them, made when it is asked for.

    DirectoryError before the first if a value would break a file.

    What Dovecot reads comes first: while it takes notice, the rest is made. Each account can read and send before mail is
    taken for it; who may post to a group is known before the group; a domain's mail is taken once all of its addresses are
    known. Whether an address exists, and where it leads, stands in one file, so that no moment lies between the two.
    `counter` comes last: where it is, the rest is.
    """
    for owner, *words in _words(snapshot):
        _check(owner, words)
    for name, content in contents(snapshot, settings):
        yield f"{projection}/{name}", file(name, text(content))


def contents(snapshot: Snapshot, settings: Settings) -> Iterator[tuple[str, Content]]:
    """Yield the name and content of each file, in the order of `files`; but for expressions, sorted by what a line is for."""
    yield from ((name, sorted(lines)) for name, lines in logins.files(snapshot, settings).items())
    found = routes.routes(snapshot, settings)
    yield from owners.files(snapshot, found).items()
    yield "own-senders", owners.keeping_senders(snapshot, settings)
    yield "small_quotas", dict.fromkeys(_small(snapshot, settings), nearly_full.CLASS)
    yield from posting.files(snapshot, found).items()
    yield from routes.files(snapshot, settings, found).items()
    yield "counter", [f"{snapshot.counter} {site(settings)}"]


def file(name: str, text: str) -> File:
    """Return a file of a projection, for whom it is to read."""
    if name in SECRET:
        return File(text=text, mode=0o640, group="dovecot", secret=True)
    return File(text=text)


def _small(snapshot: Snapshot, settings: Settings) -> Iterator[str]:
    known = twins(snapshot)
    for one in snapshot.accounts:
        if nearly_full.is_small(logins.quota(one, settings), settings.message_size_limit):
            yield from all_of(one.address, known)


def text(content: Content) -> str:
    """Return the lines of a file as its text."""
    if isinstance(content, Mapping):
        return "".join(f"{key} {value}\n" for key, value in sorted(content.items()))
    return "".join(f"{line}\n" for line in content)


def _words(snapshot: Snapshot) -> Iterator[Sequence[str]]:
    """Yield what stands in the projection's lines, each time after what it belongs to."""
    for one in snapshot.accounts:
        hashes = (app.password_hash for app in one.app_passwords)
        yield one.address, one.typed, one.password_hash, *one.senders, *one.former, *hashes
    yield from ((address, *targets) for address, targets in snapshot.aliases.items())
    yield from ((one.address, *one.members, one.reply_to or "") for one in snapshot.groups)
    yield from ((one.domain, one.pattern, *one.targets) for one in snapshot.patterns)
    yield from ((one.name, one.alias_of or "", one.catch_all or "", one.postmaster or "") for one in snapshot.domains)


def _check(owner: str, words: Iterable[str]) -> None:
    # Our own functions let none in; a database takes what anybody writes into it.
    together = f"{owner}{''.join(words)}"
    if not together.isprintable() and has_control(together):
        raise DirectoryError(f"the directory holds a control character at {owner!r}; nothing is projected until it is gone")
