"""Entries of a directory server, and the directory they make. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from ... import names
from ...settings import Settings
from ..logins import NOBODY
from ..snapshot import Account, Domain, Snapshot
from . import groups
from .reading import DOMAIN_ATTRIBUTE, NAME_ATTRIBUTES, SHOWN, Answer, Entry, Reading

People = Mapping[str, tuple[Account, Entry]]
"""The accounts by their addresses, each with its entry."""

_QUOTA = re.compile(r"([0-9]{1,15}) ?([KMGT]?)(?:i?B)?", re.ASCII | re.IGNORECASE)
_LARGEST_QUOTA = 2**60
_LONGEST_NAME = 255


def snapshot(answer: Answer, settings: Settings, known: Collection[str] = ()) -> tuple[Snapshot, list[str]]:
    """Return the directory that an answer makes, and a remark on each thing that had to be left out.

    `known` are the addresses that were accounts before: an entry with several addresses stays the mailbox it was.
    """
    reading = Reading(settings, set(settings.domains))
    reading.domains |= set(_domains(reading, answer.domains))
    people = _people(reading, answer, known)
    found = groups.groups(reading, answer.groups, {address: entry for address, (_, entry) in people.items()})
    aliases = _aliases(reading, people, found)
    accounts = {address: account for address, (account, _) in people.items()}
    accounts |= _kept_for_postmaster(reading, {*accounts, *aliases, *found})
    directory = Snapshot(
        counter=0,
        domains=tuple(Domain(name=name) for name in sorted(reading.domains)),
        accounts=tuple(accounts[address] for address in sorted(accounts)),
        aliases=aliases,
        groups=groups.resolved(reading, found, {*accounts, *aliases}),
    )
    return directory, reading.remarks


def _domains(reading: Reading, entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        for text in reading.texts(entry, DOMAIN_ATTRIBUTE):
            try:
                yield names.domain(text)
            except ValueError as error:
                reading.remarks.append(f'{entry}: "{text[:SHOWN]}" is left out; allowed: {error}')


def _people(reading: Reading, answer: Answer, known: Collection[str]) -> People:
    found: dict[str, tuple[Account, Entry]] = {}
    for entry in sorted(answer.accounts, key=lambda one: one.dn):
        own = list(reading.addresses(entry, reading.settings.ldap_address_attribute))
        address = next((one for one in own if one in known), own[0] if own else None)
        if address in found:
            # Neither is let in, since the daemons' searches find both; mail for it has one place, and is kept.
            both = f"{found[address][1]}; {entry}"
            reading.remarks.append(f"{address} is the address of two entries, so that nobody can sign in as it: {both}")
        elif address:
            enabled = answer.enabled is None or entry.dn in answer.enabled
            found[address] = (_account(reading, entry, address, enabled), entry)
    return found


def _account(reading: Reading, entry: Entry, address: str, enabled: bool) -> Account:
    name = next(reading.texts(entry, *NAME_ATTRIBUTES), "")[:_LONGEST_NAME]
    quota = _quota(reading, entry)
    # No password is here: the server checks them.
    return Account(address=address, typed=address, password_hash=NOBODY, name=name, quota=quota, enabled=enabled)


def _quota(reading: Reading, entry: Entry) -> int | None:
    """Return a quota in bytes; None where there is none, or where it is 0, by which many mean none."""
    for text in reading.texts(entry, reading.settings.ldap_quota_attribute):
        match = _QUOTA.fullmatch(text.strip())
        size = int(match[1]) * 2 ** (10 * " KMGT".index(match[2].upper() or " ")) if match else _LARGEST_QUOTA + 1
        if size <= _LARGEST_QUOTA:
            return size or None
        reading.remarks.append(f'{entry}: the quota "{text[:SHOWN]}" is left out; allowed: bytes, or a size such as 500M or 10G')
    return None


def _aliases(reading: Reading, people: People, found: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    aliases: dict[str, set[str]] = {}
    attributes = (reading.settings.ldap_address_attribute, *reading.settings.ldap_alias_attributes)
    for address, (_, entry) in people.items():
        for alias in sorted(set(reading.addresses(entry, *attributes)) - {address}):
            if alias in people or alias in found:
                # Whoever may write to one entry could have another one's mail otherwise.
                reading.remarks.append(f"{entry}: the alias {alias} is left out: it is an account or a group of its own")
            else:
                aliases.setdefault(alias, set()).add(address)
    return {alias: tuple(sorted(aliases[alias])) for alias in sorted(aliases)}


def _kept_for_postmaster(reading: Reading, taken: Collection[str]) -> Mapping[str, Account]:
    postmaster = reading.settings.postmaster
    if postmaster in taken:
        return {}
    # What is written to a domain's postmaster must arrive (RFC 5321, 4.5.1).
    reading.remarks.append(
        f"nobody there has the address {postmaster} (MAIL_POSTMASTER): mail for postmaster and abuse is kept in a mailbox that "
        "nobody can open until an account, an alias or a group has it"
    )
    return {postmaster: Account(address=postmaster, typed=postmaster, password_hash=NOBODY, enabled=False)}
