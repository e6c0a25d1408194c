"""What a record leads to, beyond its own words: how many lookups an SPF record takes, whether others agree to get reports."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from .. import names
from .record import is_below
from .txt import tags

Answers = Mapping[str, Sequence[str] | None]
"""What each server of a name said (asking.Authorities.ask)."""
Ask = Callable[[str, str], Answers]

MOST_LOOKUPS = 10
"""Receivers look up no more than this (RFC 7208, 4.6.4)."""
_LOOKED_UP = re.compile(r"[+?~-]?(a|mx|ptr|exists|include)([:/]|$)|redirect=")
_LED_ON = re.compile(r"[+?~-]?include:(\S+)|redirect=(\S+)")
_MAILTO = re.compile(r"mailto:[^@,;!]+@([^,;!\s]+)")


def lookups(spf: str, ask: Ask) -> int:
    """Return how many lookups an SPF record takes with all that it leads on to; counts no further than to one too many."""
    waiting, count = [spf], 0
    while waiting and count <= MOST_LOOKUPS:
        terms = waiting.pop().lower().split()[1:]
        count += sum(bool(_LOOKED_UP.match(term)) for term in terms)
        led = [match[1] or match[2] for term in terms if (match := _LED_ON.match(term))]
        waiting += [text for name in led[: MOST_LOOKUPS + 1] for text in _spf(name, ask)]
    return count


def _spf(name: str, ask: Ask) -> Sequence[str]:
    # A macro (%{i} and the like) leads to a name that only a receiver knows.
    texts = [] if "%" in name else _values(ask(name, "TXT"))
    return [text for text in texts if text.lower().startswith("v=spf1")][:1]


def _values(answers: Answers) -> Sequence[str]:
    return next((values for values in answers.values() if values is not None), [])


def without_consent(domain: str, dmarc: str, ask: Ask) -> Iterator[str]:
    """Yield the other domains a DMARC record of `domain` sends reports to that do not agree (RFC 7489, 7.1)."""
    for other in dict.fromkeys(_MAILTO.findall(tags(dmarc).get("rua", "").lower())):
        if is_below(other, domain) or is_below(domain, other) or not _is_domain(other):
            continue
        consents = _values(ask(f"{domain}._report._dmarc.{other}", "TXT"))
        if not any(text.startswith("v=DMARC1") for text in consents):
            yield other


def _is_domain(text: str) -> bool:
    try:
        return bool(names.domain(text))
    except ValueError:
        return False
