"""Declared domains made."""

from collections.abc import Mapping, Sequence

from . import domains
from .differences import Difference
from .snapshot import Domain
from .work import Work


def make(work: Work, declared: Sequence[Domain], found: Mapping[str, Difference]) -> None:
    """Make the domains that differ, those that are aliases last; not yet where their mail leads."""
    for one in sorted(declared, key=lambda one: one.alias_of is not None):
        if one.name in found:
            with work.at("domain", one.name):
                _make(work, one, found[one.name])


def _make(work: Work, one: Domain, difference: Difference) -> None:
    if one.alias_of:
        domains.make_alias(work.connection, one.name, one.alias_of)
        return
    if difference.sign == "~" and "alias_of" in difference.fields:
        domains.delete(work.connection, one.name, settings_domains=())  # an alias has nothing of its own to lose
    domains.add(work.connection, one.name)
    if "receives" in difference.fields:
        domains.set_receives(work.connection, one.name, one.receives)
    limits = {name: getattr(one, name) for name in ("most_accounts", "total_quota") if name in difference.fields}
    if limits:
        domains.set_limits(work.connection, one.name, **limits)


def lead(work: Work, declared: Sequence[Domain], found: Mapping[str, Difference]) -> None:
    """Set catch-alls and postmasters, once what they lead to is there."""
    acts = {"catch_all": domains.set_catch_all, "postmaster": domains.set_postmaster}
    for one in declared:
        fields = found[one.name].fields if one.name in found and not one.alias_of else set()
        for name in acts.keys() & fields:
            with work.at("domain", one.name):
                acts[name](work.connection, one.name, getattr(one, name))
