"""The verbs of domains, whose mail is kept here."""

from typing import Any

from ..directory import HERE, DirectoryError, Place
from ..settings import Settings
from .directory import (
    Arguments,
    count,
    listing,
    maker,
    noun,
    optional_size,
    say,
    showing,
    size_words,
    snapshot_of,
    yes,
    yes_no,
)


def add(arguments: Arguments, settings: Settings) -> int:
    """Accept and keep the mail of a domain, or with --null refuse all of it."""
    from ..directory import change, domains, lookup

    name = lookup.domain(arguments.domain)
    with change.change(settings, arguments.place) as connection:
        added = domains.add(connection, name, receives=not arguments.null)
    return say(arguments, {"domain": name, "added": added}, f"{name} is added" if added else f"{name} is there already")


def list_(arguments: Arguments, _settings: Settings) -> int:
    """List the domains, and what each is an alias of."""
    found = snapshot_of(arguments.place).domains
    facts = [vars(one) | {"domain": one.name} for one in found]
    rows = [(one.name, one.alias_of or "", yes_no(one.receives)) for one in found]
    return listing(arguments, facts, [("DOMAIN", "ALIAS OF", "RECEIVES"), *rows])


def show(arguments: Arguments, settings: Settings) -> int:
    """Show all about a domain: its limits, what it has, its postmaster, where unknown addresses lead."""
    from ..directory import change, domains, limits, snapshot

    with change.reading(arguments.place) as connection:
        name = domains.check_here(connection, arguments.domain)
        (one,) = [domain for domain in snapshot.domains(connection) if domain.name == name]
        accounts, total = limits.of(connection, name, settings.quota)
    facts = vars(one) | {"domain": name, "accounts": accounts, "quota": total}
    most = "any number" if one.most_accounts is None else str(one.most_accounts)
    limit = "any size" if one.total_quota is None else size_words(one.total_quota)
    lines = {
        "domain": name + (f", an alias of {one.alias_of}" if one.alias_of else ""),
        "receives mail": yes_no(one.receives),
        "accounts": f"{accounts} of {most}",
        "quota": f"{size_words(total)} of {limit}",
        "postmaster": one.postmaster or f"{settings.postmaster} (the server's)",
        "catch-all": one.catch_all or "none: mail for unknown addresses is refused",
    }
    return showing(arguments, facts, lines)


def alias(arguments: Arguments, settings: Settings) -> int:
    """Let every address of a domain be the same one of another."""
    from ..directory import change, domains

    with change.change(settings, arguments.place) as connection:
        name = domains.make_alias(connection, arguments.alias, arguments.domain)
    other = arguments.domain.lower()
    said = f"{name} is an alias of {other}: whoever is there at {other} is there at {name}"
    return say(arguments, {"domain": name, "alias_of": other}, said)


def catch_all(arguments: Arguments, settings: Settings) -> int:
    """Let mail for addresses that do not exist go to one that does; with `none`, refuse it again."""
    from ..directory import change, domains

    address = None if arguments.address == "none" else arguments.address
    with change.change(settings, arguments.place) as connection:
        name = domains.set_catch_all(connection, arguments.domain, address)
    said = f"mail for unknown addresses of {name} " + (f"goes to {address}" if address else "is refused")
    return say(arguments, {"domain": name, "catch_all": address}, said)


def limit(arguments: Arguments, settings: Settings) -> int:
    """Limit how many accounts a domain may have, and how much all of them together may keep."""
    from ..directory import change, domains

    wanted = {"most_accounts": arguments.accounts, "total_quota": arguments.quota}
    given = {name: value for name, value in wanted.items() if value != _UNSET}
    if not given:
        raise DirectoryError("say what to limit: --accounts N, --quota SIZE, or both")
    with change.change(settings, arguments.place) as connection:
        name = domains.set_limits(connection, arguments.domain, **given)
    return say(arguments, {"domain": name} | given, f"{name} has the limits you asked for")


def set_(arguments: Arguments, settings: Settings) -> int:
    """Set a domain's own postmaster, and whether it receives mail at all."""
    from ..directory import change, domains

    with change.change(settings, arguments.place) as connection:
        name = domains.check_here(connection, arguments.domain)
        if arguments.null is not None:
            domains.set_receives(connection, name, not arguments.null)
        if arguments.postmaster is not None:
            domains.set_postmaster(connection, name, None if arguments.postmaster == "none" else arguments.postmaster)
    return say(arguments, {"domain": name}, f"{name} is as you asked")


def delete(arguments: Arguments, settings: Settings) -> int:
    """Delete a domain that has no account, alias or group."""
    from ..directory import change, domains

    with change.change(settings, arguments.place) as connection:
        name = domains.delete(connection, arguments.domain, settings_domains=settings.domains)
    return say(arguments, {"domain": name}, f"{name} is deleted")


_UNSET = object()


def _optional_count(text: str) -> int | None:
    return None if text == "none" else count(text)


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of domains to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "domain", "domains whose mail is kept here"), maker(place)
    make(group, "add", add, "domain").add_argument("--null", action="store_true", help="it receives no mail")
    make(group, "list", list_)
    make(group, "show", show, "domain")
    make(group, "alias", alias, "alias", "domain")
    make(group, "catch-all", catch_all, "domain").add_argument("address", metavar="ADDRESS|none")
    limiting = make(group, "limit", limit, "domain")
    limiting.add_argument("--accounts", type=_optional_count, default=_UNSET, metavar="N|none", help="most accounts")
    limiting.add_argument("--quota", type=optional_size("none"), default=_UNSET, metavar="SIZE|none", help="of all its accounts")
    setting = make(group, "set", set_, "domain")
    setting.add_argument("--null", type=yes, metavar="yes|no", help="whether it receives no mail at all")
    setting.add_argument("--postmaster", metavar="ADDRESS|none", help="who gets its postmaster's mail")
    make(group, "delete", delete, "domain")
