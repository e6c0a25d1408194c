"""docker-mailserver's config directory: which reader is for which file.

https://docker-mailserver.github.io/docker-mailserver/latest/config/advanced/optional-config/
"""

import fnmatch
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ...directory import DirectoryError
from ..found import Found
from ..report import Line, Report
from . import accounts, kept, limits, local, regexp, relays, scripts, shown, virtual

_LDAP = "people in a directory server are read by MAIL_DIRECTORY_URL"
_FILTER = "rules of the spam filter are its own files"
_FETCH = "mail is not fetched from other servers here"

READERS: tuple[tuple[str, shown.Reader], ...] = (
    ("postfix-accounts.cf", accounts.read),
    ("dovecot-quotas.cf", limits.quotas),
    ("postfix-send-access.cf", limits.send_access),
    ("postfix-receive-access.cf", limits.receive_access),
    ("postfix-virtual.cf", virtual.read),
    ("postfix-regexp.cf", regexp.read),
    ("postfix-aliases.cf", local.read),
    ("before.dovecot.sieve", scripts.for_all),
    ("after.dovecot.sieve", scripts.for_all),
    ("*.dovecot.sieve", scripts.read),
    ("sieve-filter/*", shown.whole("programs are not run by Sieve here")),
    ("sieve-pipe/*", shown.whole("programs are not run by Sieve here")),
    ("opendkim/*", kept.dkim),
    ("rspamd/dkim/*", kept.dkim),
    ("rspamd/override.d/dkim_signing.conf", kept.dkim),
    ("postfix-relaymap.cf", relays.ways),
    ("postfix-sasl-password.cf", relays.logins),
    ("*postsrsd.secret", kept.srs),
    ("postfix-main.cf", shown.main_cf),
    ("postfix-master.cf", shown.with_advice("parameters are set for all services: POSTFIX_<parameter>=value in .env")),
    ("dovecot.cf", shown.with_advice("write it for Dovecot 2.4, whose syntax is another, in a file config/dovecot/NAME.conf")),
    ("dovecot-masters.cf", shown.masters),
    ("user-patches.sh", shown.with_advice("a script cannot be imported; what each line is for may be a setting here")),
    ("ssl/*", shown.whole("certificates are not imported; MAIL_TLS says where they come from")),
    ("ldap-*.cf", shown.whole(_LDAP)),
    ("fetchmail.cf", shown.whole(_FETCH)),
    ("getmail/*", shown.whole(_FETCH)),
    ("getmailrc*", shown.whole(_FETCH)),
    ("fail2ban-*", shown.whole("fail2ban runs on the host, if you want it; the container's log has what it needs")),
    ("whitelist_*", shown.whole("mail is not greylisted here")),
    ("spamassassin-rules.cf", shown.whole(_FILTER)),
    ("amavis.cf", shown.whole(_FILTER)),
    ("rspamd/*", shown.whole(_FILTER)),
)
"""Name below the folder to its reader, in the order in which files are read; of two that match, the first."""

_UNKNOWN = shown.whole("this is no file of docker-mailserver that is known here")
_LARGEST = 2**24


def read(folder: Path, found: Found, report: Report) -> None:
    """Read all files of a config directory; DirectoryError if it is none, or a file cannot be read."""
    try:
        names = sorted(_names(folder, report), key=_place_of)
        if all(_place_of(name)[0] == len(READERS) for name in names):
            raise DirectoryError(f"{folder} holds none of docker-mailserver's files; name its config directory")
        report.files += names
        for name in names:
            _reader(name)(name, content(folder / name), found, report)
    except OSError as error:
        raise _unreadable(error) from error


def content(path: Path) -> bytes:
    """Return the content of a file; DirectoryError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> DirectoryError:
    return DirectoryError(f"{error.filename} cannot be read: {error.strerror}; nothing was imported")


def _place_of(name: str) -> tuple[int, str]:
    matching = (place for place, (pattern, _) in enumerate(READERS) if fnmatch.fnmatchcase(name, pattern))
    return next(matching, len(READERS)), name


def _reader(name: str) -> shown.Reader:
    place, _ = _place_of(name)
    return READERS[place][1] if place < len(READERS) else _UNKNOWN


def _names(folder: Path, report: Report) -> Iterator[str]:
    for place, folders, files in os.walk(folder, onerror=_raise):
        for file in (*files, *(one for one in folders if Path(place, one).is_symlink())):
            path = Path(place, file)
            name = str(path.relative_to(folder))
            if stat.S_ISREG(path.lstat().st_mode) and path.lstat().st_size <= _LARGEST:
                yield name
            else:
                report.left_out(Line(name), "the file", "only plain files of at most 16 MB are read, and links are not followed")


def _raise(error: OSError) -> None:
    raise error
