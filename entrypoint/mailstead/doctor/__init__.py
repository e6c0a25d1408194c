"""The doctor: looks at everything that must be right for mail to come and go, and says what to type where it is not.

    checks -> run, all at once -> findings -> text, JSON, or a letter about what has changed

Each module named in AREAS holds the checks of one area (checks.py says what a check is). To add one: declare it there,
run `mailstead docs`, which writes docs/doctor.md. Nothing heavy is imported before a check needs it.
"""

import importlib
from collections.abc import Iterable, Sequence

from .checks import Check, Finding, Status
from .context import Context
from .run import run

__all__ = ["AREAS", "Check", "Context", "Finding", "Status", "chosen", "examine", "known"]

AREAS = (
    "settings", "daemons", "ports", "certificate", "auth", "delivery", "relay", "resolver", "dns", "world", "machine",
)
"""In the order in which somebody who looks for a fault would ask: from the inside to the outside."""


def known() -> Sequence[Check]:
    """Return every check there is, by area and then as it is written down."""
    modules = (importlib.import_module(f"{__name__}.{area}") for area in AREAS)
    return [one for module in modules for one in vars(module).values() if isinstance(one, Check)]


def chosen(words: Iterable[str]) -> Sequence[Check]:
    """Return the checks that some words name, areas or ids (dns, dns.mx, dns.mx:example.org); all without a word.

    ValueError with a sentence for a word that names none.
    """
    everything, wanted = known(), {word.partition(":")[0]: word for word in words}
    names = {one.id for one in everything} | set(AREAS)
    for name in wanted:
        if name not in names:
            raise ValueError(f'"{wanted[name]}" is no check; allowed: an area ({", ".join(AREAS)}) or an id such as dns.mx')
    return [one for one in everything if not wanted or {one.id, one.area} & set(wanted)]


def examine(context: Context, only: Sequence[str] = ()) -> Sequence[Finding]:
    """Return what the chosen checks find; ValueError as `chosen`."""
    things = {word for word in only if ":" in word}
    whole = {word for word in only if ":" not in word}
    found = run(chosen(only), context)
    return [one for one in found if not things or one.id in things or _is_in(one, whole)]


def _is_in(finding: Finding, names: set[str]) -> bool:
    name = finding.id.partition(":")[0]
    return bool({name, name.partition(".")[0]} & names)
