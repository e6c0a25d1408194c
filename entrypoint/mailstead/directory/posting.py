"""Groups, as Postfix sees them: who may post, and which headers letters get. Pure.

Only for groups that ask for it: no other mail is asked about. An alias of a group is the group; a group in a group is posted
to by whom the outer one lets.
"""

from collections.abc import Iterator, Mapping

from .. import names
from . import ASK_POSTING, follow
from .routes import Routes, names_only, own_routes
from .snapshot import Group, Snapshot


def files(snapshot: Snapshot, found: Routes) -> Mapping[str, Mapping[str, str]]:
    """Return the tables of headers, of addresses that not everybody may write to, and of who may; `found` by routes.routes."""
    special = {one.address: one for one in snapshot.groups if one.post != "anyone" or one.list_id or one.reply_to}
    meant = dict(_meant(snapshot, found, special)) if special else {}
    pairs = [(address, one) for address, groups in meant.items() for one in groups]
    guarded = {address: [one for one in groups if one.post != "anyone"] for address, groups in meant.items()}
    restricted = {address: groups for address, groups in guarded.items() if groups}
    return {
        "list-ids": {address: f"PREPEND List-Id: <{_list_id(one)}>" for address, one in pairs if one.list_id},
        "reply-tos": {address: f"PREPEND Reply-To: {one.reply_to}" for address, one in pairs if one.reply_to},
        "restricted": dict.fromkeys(restricted, ASK_POSTING),
        "posting": dict(_rules(snapshot, restricted)) if restricted else {},
    }


def _list_id(group: Group) -> str:
    return group.address.replace("@", ".")  # RFC 2919, 2


def _meant(snapshot: Snapshot, found: Routes, special: Mapping[str, Group]) -> Iterator[tuple[str, list[Group]]]:
    links = names_only(found, snapshot)
    yield from ((address, [group]) for address, group in special.items())
    for address in links:
        groups = [special[one] for one in follow.reached(links, address) if one in special]
        if groups:
            yield address, groups


def _rules(snapshot: Snapshot, restricted: Mapping[str, list[Group]]) -> Iterator[tuple[str, str]]:
    """Yield the keys and values that mailstead.policy looks up."""
    yield from ((f"to:{address}", ",".join(one.address for one in groups)) for address, groups in restricted.items())
    yield from ((f"at:{one.name}", one.alias_of or one.name) for one in snapshot.domains)
    people = {one.address for one in snapshot.accounts}
    links = {address: to for address, to in own_routes(snapshot).items() if address not in people}
    for group in {one.address: one for groups in restricted.values() for one in groups}.values():
        yield f"rule:{group.address}", names.domain_of(group.address) if group.post == "domain" else "members"
        if group.post == "members":
            yield from ((f"in:{group.address}:{member}", "yes") for member in follow.reached(links, group.address))
