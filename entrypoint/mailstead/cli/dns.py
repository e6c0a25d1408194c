"""The verb about the DNS: which records it needs, whether they are there, and putting them there."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..directory import HERE, DirectoryError, Place
from ..dns import Facts, Record, gather, notes, records
from ..dns.record import REQUIRED, as_json
from ..dns.records import zone_of
from ..kinds import ip
from ..settings import Settings
from . import GOOD, WANTING, typed
from .directory import Arguments, maker

if TYPE_CHECKING:
    from ..dns.plan import Plan
    from ..dns.publish import Primary


def dns(arguments: Arguments, settings: Settings) -> int:
    """Show the records the DNS needs for this server, each with its reason; compare with what is there, or publish them."""
    _check_usage(arguments)
    facts = gather(settings, arguments.place, resolver=arguments.resolver)
    only = _only(arguments, facts)
    if arguments.publish:
        return _publish(arguments, facts, only)
    shown = records(facts, only)
    if arguments.check:
        shown = _checked(shown, arguments.resolver)
    _print(arguments, facts, shown)
    return WANTING if any(one.is_wrong for one in shown) else GOOD


def _check_usage(arguments: Arguments) -> None:
    """End with what is wrong, as argparse does, where words do not go together."""
    forms = [f"--{name}" for name in ("zone", "octodns", "policy", "json") if getattr(arguments, name)]
    if len(forms) > 1:
        arguments.usage(f"{forms[0]}: not allowed with {forms[1]}")
    if arguments.publish and forms:
        arguments.usage(f"--publish prints a diff, and nothing else: not allowed with {forms[0]}")
    if arguments.check and forms not in ([], ["--json"]):
        arguments.usage(f"--check prints what it found, or with --json a list: not allowed with {forms[0]}")
    if (arguments.yes or arguments.replace) and not arguments.publish:
        arguments.usage("--yes and --replace go with --publish")


def _only(arguments: Arguments, facts: Facts) -> str | None:
    known = [one.name for one in facts.domains]
    only = arguments.domain and arguments.domain.lower().removesuffix(".")
    if only is not None and only not in known:
        raise DirectoryError(f'"{arguments.domain}" is no domain of this server; allowed: one of {", ".join(known)}')
    return only


def _checked(wanted: Sequence[Record], resolver: str | None) -> Sequence[Record]:
    from ..dns import asking
    from ..dns.check import check

    authorities = asking.Authorities(resolver)
    return check(wanted, authorities.ask, authorities.is_signed)


def _print(arguments: Arguments, facts: Facts, shown: Sequence[Record]) -> None:
    from ..dns import forms, sts

    if arguments.json:
        print(json.dumps([as_json(one) for one in shown], indent=1))
    elif arguments.policy:
        print(sts.policy(facts.hostname), end="")
    elif arguments.zone:
        print(forms.zone_file(shown, notes(facts)), end="")
    elif arguments.octodns:
        print(forms.octodns(facts, shown), end="")
    elif arguments.check:
        print("\n".join(_compared(shown)))
    else:
        print(forms.words(facts, shown, notes(facts)), end="")


def _compared(shown: Sequence[Record]) -> Iterator[str]:
    """Yield what was found, a line for each record, and for one that is not right what to do."""
    from ..dns.forms import wrapped

    for one in shown:
        yield f"{one.status:12} {one.level:12} {one.name} {one.type} {one.value or '(your public address)'}"
        if one.status != "right":
            yield wrapped(one.reason + (f" It waits for: {one.waits}." if one.waits else ""))
    wrong = [one for one in shown if one.is_wrong]
    required = [one for one in shown if one.level == REQUIRED]
    yield ""
    yield f"{len(wrong)} of {len(required)} required records are not right." if wrong else "All that is required is there."


def _publish(arguments: Arguments, facts: Facts, only: str | None) -> int:
    from ..dns import ledger
    from ..dns import publish as publishing
    from ..dns.plan import plan, publishable

    try:
        primary = publishing.Primary(facts.settings)
        wanted, elsewhere = _in_its_zones(primary, publishable(records(facts, only)), facts)
        ours = publishing.concerned(primary, ledger.read(), only)
        made = plan(wanted, primary.found(publishing.places(wanted, ours)), ours, replace=arguments.replace)
        print("\n".join([*_diff(made), *elsewhere]))
        if not made.is_empty:
            confirm(arguments)
        for zone in publishing.publish(primary, made):
            print(f"{zone} is changed.")
    except publishing.Refused as refused:
        raise DirectoryError(str(refused)) from None
    return WANTING if made.blocked or elsewhere else GOOD


def _in_its_zones(primary: "Primary", wanted: Sequence[Record], facts: Facts) -> tuple[Sequence[Record], Sequence[str]]:
    """Return the records that are in zones of a server, and a line for each zone of the others; DirectoryError if none are."""
    here = [one for one in wanted if primary.zone_of(one.name)]
    zones = sorted({zone_of(one.name, facts) for one in wanted if one not in here})
    if not here:
        raise DirectoryError(f"the DNS server {primary.address} has no zone for {' or '.join(zones)}")
    return here, [f"! the DNS server {primary.address} has no zone for {one}, whose records are left out" for one in zones]


def _diff(made: "Plan") -> Iterator[str]:
    if made.is_empty and not made.blocked:
        yield "Nothing to publish: all of it is there."
    for one in made.remove:
        yield f"- {one.name} {one.type} {one.value}"
    for one in made.add:
        yield f"+ {one.name} {one.ttl} {one.type} {one.value}"
    for one, rival in made.blocked:
        yield f"! {one.name} {one.type} {one.value}"
        yield (
            f"    is not published: {rival.type} {rival.value} is there, and not from here. Take it away at your DNS host, or "
            "run this with --replace."
        )


def confirm(arguments: Arguments) -> None:
    """Go on only if whoever publishes types yes, or has with --yes; DirectoryError otherwise."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise DirectoryError("to publish this without being asked, add --yes; nothing was changed")
    print("Publish this? Type yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise DirectoryError("nothing was changed")


def register(subparsers: argparse._SubParsersAction, place: Place = HERE) -> None:
    """Add the verb of this module."""
    parser = maker(place)(subparsers, "dns", dns)
    parser.add_argument("domain", nargs="?", metavar="DOMAIN", help="only what is in this domain")
    parser.add_argument("--zone", action="store_true", help="print a zone file, as BIND reads it")
    parser.add_argument("--octodns", action="store_true", help="print YAML, as octoDNS reads it")
    parser.add_argument("--policy", action="store_true", help="print the MTA-STS policy, to be served over HTTPS")
    deed = parser.add_mutually_exclusive_group()
    deed.add_argument("--check", action="store_true", help="compare with what the responsible DNS servers answer")
    deed.add_argument("--publish", action="store_true", help="change the DNS by signed updates (RFC 2136), a diff first")
    parser.add_argument("--yes", action="store_true", help="publish without being asked")
    parser.add_argument("--replace", action="store_true", help="publish also where somebody else's record is in the way")
    address = typed(ip, "an IPv4 or IPv6 address")
    parser.add_argument("--resolver", type=address, metavar="ADDRESS", help="ask this resolver which servers are responsible")
    parser.set_defaults(usage=parser.error)
