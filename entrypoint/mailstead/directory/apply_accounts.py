"""Declared accounts made, and others removed."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from . import accounts, deleted, mailboxes, passwords
from .declaration import DeclaredAccount
from .differences import Difference
from .work import Work


def remove(work: Work, address: str) -> None:
    """Remove an account; its mail is kept."""
    now = datetime.now(UTC)
    options = {"postmaster": work.settings.postmaster, "now": now, "until": now + timedelta(days=mailboxes.DAYS_KEPT)}
    folder, _ = deleted.delete(work.connection, address, **options)
    if folder:
        work.kept[address] = folder
    work.ended.append(address)


def make(work: Work, declared: Sequence[DeclaredAccount], found: Mapping[str, Difference]) -> None:
    """Make the accounts that differ; not yet where their mail is forwarded."""
    different = [one for one in declared if one.address in found]
    _add(work, [one for one in different if found[one.address].sign == "+"])
    for one in different:
        with work.at("account", one.address):
            _set(work, one, found[one.address])


def _add(work: Work, new: Sequence[DeclaredAccount]) -> None:
    work.passwords = {one.address: passwords.generate() for one in new if one.password_hash is None}
    with ThreadPoolExecutor() as pool:  # libcrypt needs no lock of Python's: every processor hashes
        generated = dict(zip(work.passwords, pool.map(work.hashed, work.passwords.values()), strict=True))
    for one in new:
        facts = {name: getattr(one, name) for name in ("name", "quota", "may_send", "must_change")}
        with work.at("account", one.address):
            accounts.add(work.connection, one.typed, one.password_hash or generated[one.address], **facts)


def _set(work: Work, one: DeclaredAccount, difference: Difference) -> None:
    connection, fields = work.connection, difference.fields
    if difference.sign == "~":
        _set_known(work, one, fields)
    if "senders" in fields:
        accounts.set_senders(connection, one.address, one.senders)
    if "enabled" in fields and one.enabled:
        accounts.enable(connection, one.address)
    if "enabled" in fields and not one.enabled:
        accounts.disable(connection, one.address, postmaster=work.settings.postmaster)


def _set_known(work: Work, one: DeclaredAccount, fields: set[str]) -> None:
    setters = {"name": accounts.set_name, "quota": accounts.set_quota, "may_send": accounts.set_may_send}
    for name in [name for name in setters if name in fields]:
        setters[name](work.connection, one.address, getattr(one, name))
    if "password" in fields:
        accounts.set_password(work.connection, one.address, one.password_hash or "")
    if fields & {"password", "enabled"}:
        work.ended.append(one.address)
