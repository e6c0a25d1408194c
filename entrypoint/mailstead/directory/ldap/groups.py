"""Groups of a directory server: entries with an address and members. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from ... import names
from .. import ROLES, follow
from ..snapshot import Group
from .reading import GROUPS_ATTRIBUTE, SHOWN, UID_ATTRIBUTES, Entry, Reading

Members = Mapping[str, Collection[str]]
"""A group's address to what it has as members: addresses, names of entries, user names."""


def groups(reading: Reading, entries: Sequence[Entry], people: Mapping[str, Entry]) -> Members:
    """Return the groups and what they say of their members; `people` has the accounts' entries by their addresses.

    A member that is an entry or a user name becomes the address it has; one without stays as it is.
    """
    places = {key: address for address, entry in people.items() for key in _keys(reading, entry)}
    found: dict[str, set[str]] = {}
    for entry in entries:
        for address in list(reading.addresses(entry, reading.settings.ldap_address_attribute))[:1]:
            places[_name(entry.dn)] = address
            found.setdefault(address, set()).update(reading.texts(entry, *reading.settings.ldap_member_attributes))
    for address, entry in people.items():
        for group in reading.addresses(entry, GROUPS_ATTRIBUTE):
            found.setdefault(group, set()).add(address)
    for address in set(found) & set(people):
        reading.remarks.append(f"the group {address} is left out: it is an account")
        del found[address]
    return {address: {places.get(_name(one), one) for one in members} for address, members in found.items()}


def _keys(reading: Reading, entry: Entry) -> Iterator[str]:
    yield _name(entry.dn)
    yield from (_name(text) for text in reading.texts(entry, *UID_ATTRIBUTES))


def _name(text: str) -> str:
    # The name of an entry is compared without letter case and blanks around its signs (RFC 4514).
    return re.sub(r" *([,=+]) *", r"\1", text.lower())


def resolved(reading: Reading, found: Members, others: Collection[str]) -> tuple[Group, ...]:
    """Return the groups that have members; `others` are the addresses of accounts and aliases."""
    here = {*others, *found, *(f"{role}@{domain}" for domain in reading.domains for role in ROLES)}
    members = {address: sorted(set(_members(reading, address, found[address], here))) for address in sorted(found)}
    for address in members:
        members[address] = _without_loops(reading, address, members)
    for address in [address for address, several in members.items() if not several]:
        reading.remarks.append(f"the group {address} has no member with an address; mail for it is refused")
    return tuple(Group(address=address, members=tuple(several)) for address, several in members.items() if several)


def _members(reading: Reading, group: str, several: Collection[str], here: Collection[str]) -> Iterator[str]:
    for one in several:
        # An entry or a user name without an address is somebody who has no mail here, as many a group has.
        if "@" in one and "=" not in one:
            try:
                yield _address(reading, one, here)
            except ValueError as error:
                reading.remarks.append(f'{group}: the member "{one[:SHOWN]}" is left out: {error}')


def _address(reading: Reading, text: str, here: Collection[str]) -> str:
    address = names.elsewhere(text)
    if names.domain_of(address) not in reading.domains:
        return address
    if follow.mailbox(address) not in here:
        raise ValueError("nobody here has that address")
    return address.lower()


def _without_loops(reading: Reading, group: str, members: Mapping[str, list[str]]) -> list[str]:
    looping = [one for one in members[group] if group in (follow.mailbox(one), *follow.reached(members, follow.mailbox(one)))]
    if looping:
        reading.remarks.append(f"the group {group} leads back to itself by {', '.join(looping)}, which is left out")
    return [one for one in members[group] if one not in looping]
