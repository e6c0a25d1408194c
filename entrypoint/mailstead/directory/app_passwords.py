"""Passwords of single programs. Every function works in the transaction of the connection it is given.

Each lies in a slot, which is one projected file, since neither PAM nor Dovecot tries two lines of one file.
"""

from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as delete_from

from ..declare import is_line
from . import APP_SLOTS, DirectoryError, accounts, audit, schema
from .snapshot import AppPassword

_app_passwords = schema.app_passwords
SCOPES = ("send", "read", "both")
_LONGEST_NAME = 64


def add(connection: Connection, text: str, name: str, password_hash: str, *, scope: str = "both") -> str:
    """Keep the hash of a new password for one program; `scope` is send, read or both. Return the account's address."""
    address, number = accounts.numbered(connection, text)
    known = of(connection, address)
    _check(address, name, scope, known)
    slot = min(set(range(APP_SLOTS)) - {one.slot for one in known})
    row = {"account_id": number, "name": name, "slot": slot, "scope": scope}
    connection.execute(insert(_app_passwords).values(row | {"password_hash": accounts.checked_hash(password_hash)}))
    words = f"{address} has an app password {name} ({scope})"
    audit.record(connection, "app-password add", address, words, name=name, scope=scope)
    return address


def _check(address: str, name: str, scope: str, known: list[AppPassword]) -> None:
    if not _is_name(name):
        raise DirectoryError(f"an app password's name is what its owner calls the program: 1 to {_LONGEST_NAME} characters")
    if scope not in SCOPES:
        raise DirectoryError(f'"{scope}" is not accepted as a scope; allowed: one of {", ".join(SCOPES)}')
    if name in {one.name for one in known}:
        raise DirectoryError(f"{address} has an app password {name} already; revoke it first, or take another name")
    if len(known) >= APP_SLOTS:
        raise DirectoryError(f"{address} has {APP_SLOTS} app passwords, which is the most; revoke one that is not used")


def _is_name(name: str) -> bool:
    return name.strip() != "" and is_line(name) and len(name) <= _LONGEST_NAME


def revoke(connection: Connection, text: str, name: str) -> str:
    """Let an app password open nothing any more; return the account's address."""
    address, number = accounts.numbered(connection, text)
    this = (_app_passwords.c.account_id == number) & (_app_passwords.c.name == name)
    if not _is_name(name) or not connection.execute(delete_from(_app_passwords).where(this)).rowcount:
        raise DirectoryError(f"{address} has no app password {name}; mailstead app-password list {address} shows those it has")
    audit.record(connection, "app-password revoke", address, f"{address} lost its app password {name}", name=name)
    return address


def of(connection: Connection, text: str) -> list[AppPassword]:
    """Return the app passwords of an account, by name."""
    _, number = accounts.numbered(connection, text)
    columns = [column for column in _app_passwords.c if column.name != "account_id"]
    rows = connection.execute(select(*columns).where(_app_passwords.c.account_id == number))
    found = (AppPassword(**(dict(row) | {"created_at": schema.utc(row["created_at"])})) for row in rows.mappings())
    return sorted(found, key=lambda one: one.name)
