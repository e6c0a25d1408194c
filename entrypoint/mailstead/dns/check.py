"""Compares the records with what the responsible servers answer. Pure, but for `check`, which asks them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

from .deeper import MOST_LOOKUPS, Answers, Ask, lookups, without_consent
from .fit import harms, purpose, serves
from .record import RECOMMENDED, REQUIRED, Record, Status

_AT_ONCE = 8
_HARM = {
    "TLSA": "Servers that check DANE deliver nothing until this is there.",
    "CAA": "The CA refuses the next certificate until this is there.",
}
_EXTRA = {
    "MX": "Mail goes there too: right only if that is a second server of yours.",
    "A": "Mail and programs go there too: right only if that is an address of this server which the world can reach.",
    "TXT": "Two records of this kind count as none, or as the wrong one: take this away, or make one of both.",
    "TLSA": "The digest of a key that is not in service; take it away, unless it is that of the next.",
    "CAA": "This CA may issue certificates too; take it away if it need not.",
    "CNAME": "An alias stands where the record belongs, and there can be nothing beside it.",
}
_FAMILIES = {"A": "AAAA", "AAAA": "A"}
_UNSIGNED = "The zone is not signed (DNSSEC), so that nobody heeds it yet."
_INSTEAD = "This stands in its place: change it to the value above."
_OTHER = "Not what belongs here; take it away."


def check(
    records: Sequence[Record], ask: Ask, is_signed: Callable[[str], bool | None] = lambda _: None
) -> Sequence[Record]:
    """Return the records, each with its status, and behind them what is there in their place or beside them (`extra`).

    `is_signed` says whether the zone of a name is (asking.Authorities), None where nobody knows.
    """

    def looked_up(wanted: Sequence[Record]) -> Sequence[Record]:
        answers = ask(wanted[0].name, wanted[0].type)
        found = [_followed(one, answers, ask) for one in compared(wanted, answers)]
        vain = wanted[0].type == "TLSA" and any(one.status == "right" for one in found) and is_signed(wanted[0].name) is False
        others = _of_other_family(wanted[0], ask) if (wanted[0].name, _FAMILIES.get(wanted[0].type)) not in sets else []
        return [*(replace(one, reason=f"{_UNSIGNED} {one.reason}") if vain else one for one in found), *others]

    sets = _sets(records)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(chain.from_iterable(pool.map(looked_up, sets.values())))


def _of_other_family(one: Record, ask: Ask) -> Iterator[Record]:
    """Yield the IPv6 addresses of a name that shall have none, or the IPv4 ones: half of the world would go there in vain."""
    other = _FAMILIES.get(one.type)
    if other is None or one.value is None:
        return
    answers = ask(one.name, other)
    heard = {server: [value for value in values or () if not value.startswith("CNAME ")] for server, values in answers.items()}
    yield from _extras([replace(one, type=other, value="")], heard)


def _followed(one: Record, answers: Answers, ask: Ask) -> Record:
    """Return a record that is right as one that is not, where what it leads to makes it useless."""
    if one.status != "right" or one.type != "TXT":
        return one
    values = {value for values in answers.values() for value in values or () if serves("TXT", one.value, value)}
    troubles = [trouble for value in sorted(values) for trouble in _troubles(one.name, value, ask)]
    return replace(one, status="different", reason=" ".join([*troubles, one.reason])) if troubles else one


def _troubles(name: str, value: str, ask: Ask) -> Iterator[str]:
    if value.lower().startswith("v=spf1") and lookups(value, ask) > MOST_LOOKUPS:
        yield f"It takes more than {MOST_LOOKUPS} lookups, and receivers give up then: take out an include, or use addresses."
    if name.startswith("_dmarc."):
        for other in without_consent(name.removeprefix("_dmarc."), value, ask):
            yield f"Reports go to {other}, which has no record that it agrees, so nobody sends them."


def _sets(records: Sequence[Record]) -> Mapping[tuple[str, str], list[Record]]:
    sets: dict[tuple[str, str], list[Record]] = {}
    for one in records:
        sets.setdefault((one.name, one.type), []).append(one)
    return sets


def compared(wanted: Sequence[Record], answers: Answers) -> Iterator[Record]:
    """Yield the records of one name and type with their status, then what else is there of their purpose."""
    heard = {server: values for server, values in answers.items() if values is not None}
    silent = sorted(set(answers) - set(heard))
    if not heard:
        said = _away(silent) if silent else "Nobody in the DNS says which servers are responsible."
        yield from (replace(one, status="unreachable", reason=f"{said} {one.reason}") for one in wanted)
        return
    judged = [_judged(one, wanted, heard, silent) for one in wanted]
    yield from [*judged, *_extras(judged, heard)]


def _judged(one: Record, wanted: Sequence[Record], heard: Mapping[str, Sequence[str]], silent: Sequence[str]) -> Record:
    statuses = {server: _status(one, wanted, values) for server, values in heard.items()}
    worst: Status = next((status for status in ("different", "missing") if status in statuses.values()), "right")
    wrong = sorted(server for server, status in statuses.items() if status != "right")
    said = [f"Not so at {' and '.join(wrong)}; the others have it."] if wrong and len(wrong) < len(heard) else []
    said += [_away(silent)] if silent else []
    values = [other.value for other in wanted]
    harmful = worst == "different" and any(harms(one.type, values, found) for found in heard.values())
    said += [_HARM[one.type]] if harmful else []
    level = REQUIRED if harmful else one.level
    return replace(one, status=worst, level=level, reason=" ".join([*said, one.reason]))


def _away(servers: Sequence[str]) -> str:
    return f"No answer from {' and '.join(servers)}."


def _status(one: Record, wanted: Sequence[Record], values: Sequence[str]) -> Status:
    if any(serves(one.type, one.value, value) for value in values):
        return "right"
    return "different" if _rivals([one], wanted, values) else "missing"


def _rivals(some: Sequence[Record], wanted: Sequence[Record], values: Sequence[str]) -> Sequence[str]:
    """Return the values with the purpose of one of `some` that do the work of none of `wanted`."""
    name, kind, purposes = some[0].name, some[0].type, {purpose(one.name, one.type, one.value or "") for one in some}
    idle = [value for value in values if not any(serves(kind, one.value, value) for one in wanted)]
    return [value for value in idle if value.startswith("CNAME ") or purpose(name, kind, value) in purposes]


def _extras(wanted: Sequence[Record], heard: Mapping[str, Sequence[str]]) -> Iterator[Record]:
    first, place_taken = wanted[0], all(one.status == "different" for one in wanted)
    others = ([*_rivals(wanted, wanted, values), *_doubles(wanted, values)] for values in heard.values())
    for value in dict.fromkeys(chain.from_iterable(others)):
        kind, text = ("CNAME", value.removeprefix("CNAME ")) if value.startswith("CNAME ") else (first.type, value)
        level = first.level if kind == "TXT" else RECOMMENDED
        reason = _INSTEAD if place_taken and kind == first.type else _EXTRA.get(kind.replace("AAAA", "A"), _OTHER)
        yield replace(first, type=kind, value=text, level=level, reason=reason, status="extra", waits=None)


def _doubles(wanted: Sequence[Record], values: Sequence[str]) -> Sequence[str]:
    """Return the texts that serve as one of ours does already: of SPF, DMARC and the like there may be one."""
    if wanted[0].type != "TXT":
        return []
    serving = [[value for value in values if serves("TXT", one.value, value)] for one in wanted]
    return [value for some in serving for value in some[1:]]
