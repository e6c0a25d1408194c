"""What a directory server had when it was last read, kept as a directory here: what lists, projects and starts reads this one."""

import sys
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection, delete, insert

from ... import names
from ...settings import Settings
from .. import HERE, DirectoryError, Place, audit, is_current, schema
from .. import snapshot as snapshots
from ..change import opened, raise_counter, show, transaction
from ..snapshot import Account, Snapshot
from .entries import snapshot
from .reading import digest

ACTOR = audit.Actor("mailstead", "ldap")
_MOST_REMARKS = 20
_TABLES = (schema.members, schema.groups, schema.aliases, schema.accounts, schema.domains)


def _tell(sentence: str) -> None:
    print(f"mailstead: {sentence}", file=sys.stderr, flush=True)


def refresh(settings: Settings, place: Place = HERE, tell: Callable[[str], None] = _tell) -> bool:
    """Read the server, keep what it says, and project it; tell what had to be left out; return whether anything was projected.

    DirectoryError if the server does not answer, or says that there is nobody any more: then all stays as it was.
    """
    from .search import Search  # and with it python-ldap, which only the image has

    with Search(settings) as search:
        answer = search.answer()
    with opened(place) as engine:
        with transaction(engine, settings, place, ACTOR) as connection:
            before = snapshots.read(connection)
            now, remarks = snapshot(answer, settings, {one.address for one in before.accounts})
            new = put(connection, before, now, settings, str(search.server))
            _remember(connection, digest(answer.kinds()))
        for remark in [*remarks[:_MOST_REMARKS], *_more(remarks)]:
            tell(remark)
        if not new and is_current(settings, place):
            return False
        show(engine, settings, place)
    return True


def _more(remarks: list[str]) -> list[str]:
    return [f"and {len(remarks) - _MOST_REMARKS} more like these"] if len(remarks) > _MOST_REMARKS else []


def _remember(connection: Connection, seen: str) -> None:
    connection.execute(delete(schema.meta).where(schema.meta.c.key == "digest"))
    connection.execute(insert(schema.meta).values(key="digest", value=seen))


def put(connection: Connection, before: Snapshot, now: Snapshot, settings: Settings, server: str) -> bool:
    """Make the directory what was read; return whether it was another."""
    if replace(now, counter=before.counter) == before:
        return False
    if _people(before, settings) and not _people(now, settings):
        raise DirectoryError(
            f"{server} shows no account at all, where there were {len(_people(before, settings))}; everything stays as it was. "
            "See whether MAIL_LDAP_ACCOUNT_FILTER still fits, and whether MAIL_LDAP_BIND_DN may still read"
        )
    for table in _TABLES:
        connection.execute(delete(table))
    _insert(connection, now)
    _record(connection, before, now, server)
    raise_counter(connection)
    return True


def _people(found: Snapshot, settings: Settings) -> list[Account]:
    return [one for one in found.accounts if one.enabled or one.address != settings.postmaster]


def _insert(connection: Connection, now: Snapshot) -> None:
    domains = [{"name": one.name, "receives": True} for one in now.domains]
    fields = ("address", "typed", "name", "password_hash", "quota", "enabled", "may_send", "must_change", "keeps_copy")
    accounts = [_row(one.address, {name: getattr(one, name) for name in fields}) for one in now.accounts]
    aliases = [_row(address, {"address": address, "target": one}) for address, several in now.aliases.items() for one in several]
    groups = [_row(one.address, {"address": one.address, "post": one.post, "list_id": one.list_id}) for one in now.groups]
    members = [{"group_address": group.address, "member": one} for group in now.groups for one in group.members]
    for table, rows in zip(reversed(_TABLES), (domains, accounts, aliases, groups, members), strict=True):
        if rows:
            connection.execute(insert(table), rows)


def _row(address: str, values: dict[str, object]) -> dict[str, object]:
    return values | {"domain": names.domain_of(address)}


def _record(connection: Connection, before: Snapshot, now: Snapshot, server: str) -> None:
    was, are = ({one.address for one in found.accounts} for found in (before, now))
    new, gone = sorted(are - was), sorted(was - are)
    words = f"read from {server}: {len(are)} accounts, {len(new)} of them new, {len(gone)} gone"
    audit.record(connection, "ldap", names.domain_of(server)[:100], words, new=new[:100], gone=gone[:100])
