"""The people with a mailbox. Every function works in the transaction of the connection it is given."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as delete_from

from .. import names
from ..declare import is_line
from . import DirectoryError, aliases, audit, links, lookup, schema

_accounts, _senders = schema.accounts, schema.senders
_INSERT, _INSERT_SENDER = insert(_accounts), insert(_senders)
_UPDATE = update(_accounts).where(_accounts.c.address == bindparam("at"))
_NUMBER = select(_accounts.c.id).where(_accounts.c.address == bindparam("at"))
_DELETE_SENDERS = delete_from(_senders).where(_senders.c.account_id == bindparam("of"))
_HASH = re.compile(r"\$[./0-9A-Za-z$=,-]+", re.ASCII)  # crypt(5): no colon, which would end the field of a passwd file
_LARGEST_QUOTA = 2**63 - 1
_LONGEST_NAME = 200
_LONGEST_HASH = 255


def check_new(connection: Connection, text: str) -> str:
    """Return the address an account can be made at; DirectoryError if it is taken, or its domain is not here."""
    address = lookup.address(text)
    lookup.check_domain_here(connection, names.domain_of(address))
    if lookup.has_account(connection, address):
        raise DirectoryError(f"{address} is there already; for a new password: mailstead account passwd {address}")
    lookup.check_free(connection, address)
    return address


def check_here(connection: Connection, text: str) -> str:
    """Return the address of an account there is, also by its name in a domain's alias; DirectoryError if there is none."""
    address = lookup.meant(connection, text)
    if not lookup.has_account(connection, address):
        raise DirectoryError(f"there is no account {address}; mailstead account list shows those there are")
    return address


def numbered(connection: Connection, text: str) -> tuple[str, int]:
    """Return the address and the number of an account there is; DirectoryError if there is none."""
    address = check_here(connection, text)
    return address, connection.scalars(_NUMBER, {"at": address}).one()


def check_dispensable(connection: Connection, text: str, *, postmaster: str) -> str:
    """Return the address of an account the server can do without; DirectoryError if it is not here, or the postmaster's."""
    address = check_here(connection, text)
    if address == postmaster:
        raise DirectoryError(
            f"{address} gets the mail for postmaster, abuse and root and must stay; name another in MAIL_POSTMASTER first"
        )
    return address


def add(
    connection: Connection,
    typed: str,
    password_hash: str,
    *,
    name: str = "",
    quota: int | None = None,
    may_send: bool = True,
    must_change: bool = False,
) -> str:
    """Make an account, and return its address. `password_hash` as crypt(5) has it; `quota` in bytes, None for the default.

    `must_change`: the password is a first one, which opens nothing until it is changed.
    """
    address = check_new(connection, typed)
    row = {"address": address, "domain": names.domain_of(address), "typed": typed, "name": checked_name(name)}
    row |= {"quota": checked_quota(quota), "enabled": True, "may_send": may_send, "must_change": must_change}
    connection.execute(_INSERT, row | {"keeps_copy": True, "password_hash": checked_hash(password_hash)})
    facts = {"name": name, "quota": quota, "may_send": may_send, "must_change": must_change}
    audit.record(connection, "account add", address, f"{address} is made", **facts)
    return address


def set_password(connection: Connection, text: str, password_hash: str, *, must_change: bool = False) -> str:
    """Give an account a new password's hash, and return its address. `must_change` as in `add`."""
    words = "has a new first password" if must_change else "has a new password"
    address = check_here(connection, text)
    _update(connection, address, password_hash=checked_hash(password_hash), must_change=must_change)
    audit.record(connection, "account passwd", address, f"{address} {words}", must_change=must_change)
    return address


def set_quota(connection: Connection, text: str, quota: int | None) -> str:
    """Limit an account to `quota` bytes (None: the settings' default), and return its address."""
    words = "may keep " + ("what is the default" if quota is None else f"{quota} bytes")
    return _set(connection, "account quota", text, words, quota=checked_quota(quota))


def set_name(connection: Connection, text: str, name: str) -> str:
    """Give an account the name of its owner ("" for none), and return its address."""
    return _set(connection, "account set", text, f'belongs to "{name}"', name=checked_name(name))


def set_may_send(connection: Connection, text: str, may_send: bool) -> str:
    """Say whether the owner of an account may send mail, and return its address."""
    return _set(connection, "account set", text, "may send" if may_send else "may not send", may_send=may_send)


def set_senders(connection: Connection, text: str, senders: Sequence[str]) -> tuple[str, ...]:
    """Say what an account may send as, beside its own address and its aliases; return the addresses in their one form."""
    address, number = numbered(connection, text)
    wanted = tuple(dict.fromkeys(lookup.anywhere(connection, sender).lower() for sender in senders))
    connection.execute(_DELETE_SENDERS, {"of": number})
    for sender in wanted:
        connection.execute(_INSERT_SENDER, {"account_id": number, "address": sender})
    words = f"{address} may also send as {', '.join(wanted)}" if wanted else f"{address} may send as itself only"
    audit.record(connection, "account set", address, words, senders=wanted)
    return wanted


def enable(connection: Connection, text: str) -> str:
    """Let the owner of an account sign in again; return its address."""
    return _set(connection, "account enable", text, "is enabled", enabled=True)


def disable(connection: Connection, text: str, *, postmaster: str) -> str:
    """Let nobody sign in to an account, which goes on receiving mail; return its address. Not the postmaster's."""
    address = check_dispensable(connection, text, postmaster=postmaster)
    return _set(connection, "account disable", address, "is disabled", enabled=False)


def forward(connection: Connection, text: str, targets: Sequence[str], *, keeps_copy: bool) -> tuple[str, ...]:
    """Forward an account's mail to these targets and no others (none: keep it here); return them in their one form."""
    address = check_here(connection, text)
    wanted = tuple(dict.fromkeys(lookup.target(connection, target) for target in targets if target.lower() != address))
    links.check_no_loop(connection, address, wanted)
    for target in set(aliases.targets_of(connection, address)) - set(wanted):
        links.lose(connection, address, target)
    aliases.add(connection, address, wanted)
    words = ("keeps its mail, and forwards a copy" if keeps_copy else "forwards its mail") if wanted else "keeps its mail"
    _set(connection, "account forward", address, words, keeps_copy=keeps_copy or not wanted)
    return wanted


def _set(connection: Connection, action: str, text: str, words: str, **values: Any) -> str:
    address = check_here(connection, text)
    _update(connection, address, **values)
    audit.record(connection, action, address, f"{address} {words}", **values)
    return address


def _update(connection: Connection, address: str, **values: Any) -> None:
    connection.execute(_UPDATE, {"at": address} | values)


def checked_hash(password_hash: str) -> str:
    """Return a bare crypt(3) hash; DirectoryError if it is none."""
    if not _HASH.fullmatch(password_hash) or len(password_hash) > _LONGEST_HASH:
        raise DirectoryError("a password is kept as a bare crypt(3) hash such as $y$..., and this is none")
    return password_hash


def checked_quota(quota: int | None) -> int | None:
    """Return a quota in bytes, or None for the default; DirectoryError if it is out of bounds."""
    if quota is not None and not 0 < quota <= _LARGEST_QUOTA:
        raise DirectoryError(f"a quota is from 1 to {_LARGEST_QUOTA} bytes, or the default")
    return quota


def checked_name(name: str) -> str:
    """Return a person's name; DirectoryError if it is too long or holds what is no text."""
    if len(name) > _LONGEST_NAME or not is_line(name):
        raise DirectoryError(f"a name has at most {_LONGEST_NAME} characters on one line")
    return name
