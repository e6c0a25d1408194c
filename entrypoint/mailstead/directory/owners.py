"""Whose address is whose: the logins that may send as it. Pure.

An account may send as itself, as the aliases that lead to it, and as what it was given; where somebody forwards to, nobody
may send as him, and a group is nobody's.
"""

from collections.abc import Iterable, Iterator, Mapping

from .. import names
from ..settings import Settings
from . import follow
from .routes import Routes, expressions, in_all_domains, names_only
from .snapshot import Snapshot
from .twins import Twins, all_of, twins


def files(snapshot: Snapshot, found: Routes) -> Mapping[str, Mapping[str, str] | list[str]]:
    """Return the table of the addresses, and the expressions; `found` by routes.routes."""
    people = {one.address for one in snapshot.accounts}
    known = twins(snapshot)
    links = names_only(found, snapshot)
    patterns = ((one, _logins(_reached(links, people, one.targets), known)) for one in in_all_domains(snapshot))
    return {
        "sender-patterns": expressions(pair for pair in patterns if pair[1]),
        "senders": _senders(snapshot, links, people, known),
    }


def keeping_senders(snapshot: Snapshot, settings: Settings) -> Mapping[str, str]:
    """Return the transport of mail that keeps its sender where it leaves; all other mail is forwarded, and gets one of ours.

    That of our domains, of addresses elsewhere that people were given, and bounces. Keys as Postfix asks for them: an address,
    `<>` for none, then `@` and the domain (sender_dependent_default_transport_maps, postconf(5)).
    """
    ours = {settings.hostname, *(one.name for one in snapshot.domains)}
    given = {address for one in snapshot.accounts for address in one.senders if names.domain_of(address) not in ours}
    return dict.fromkeys(["<>", *(f"@{name}" for name in ours), *given], "smtp:")


def _senders(snapshot: Snapshot, links: follow.Links, people: set[str], known: Twins) -> Mapping[str, str]:
    shared: dict[str, set[str]] = {address: set(_reached(links, people, [address])) for address in links}
    for one in snapshot.accounts:
        for address in one.senders:
            shared.setdefault(address, set()).add(one.address)
    # Nearly every address is its account's own, and no other's.
    own = {address: one.address for one in snapshot.accounts for address in all_of(one.address, known)}
    for address in own.keys() & shared.keys():
        shared[address].add(own.pop(address))
    # An alias to the world outside belongs to nobody here.
    of_some = {address: _logins(accounts, known) for address, accounts in shared.items() if accounts}
    return of_some | {address: _logins([account], known) for address, account in own.items()}


def _reached(links: follow.Links, people: set[str], starts: Iterable[str]) -> Iterator[str]:
    for start in starts:
        mailbox = follow.mailbox(start)
        yield from people.intersection([mailbox, *follow.reached(links, mailbox)])


def _logins(accounts: Iterable[str], known: Twins) -> str:
    return ",".join(login for account in sorted(set(accounts)) for login in all_of(account, known))
