"""What a domain's accounts may be and have together. Checked by change.change at the end of every change, whatever made it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from . import DirectoryError, schema

_domains, _accounts = schema.domains.c, schema.accounts.c


@dataclass(frozen=True)
class Use:
    """What a limited domain has: accounts and the sum of their quotas in bytes; and what it may have, None for any."""

    accounts: int
    quota: int
    most_accounts: int | None
    total_quota: int | None


def use(connection: Connection, default_quota: int) -> Mapping[str, Use]:
    """Return the use of each domain that has a limit; an account without a quota of its own counts as `default_quota`."""
    # A domain without accounts has one row too, in which there is no account.
    quotas = case((_accounts.id.is_(None), 0), else_=func.coalesce(_accounts.quota, default_quota))
    counted = select(
        _domains.name, func.count(_accounts.id), func.coalesce(func.sum(quotas), 0), _domains.most_accounts, _domains.total_quota
    ).select_from(schema.domains.outerjoin(schema.accounts, _accounts.domain == _domains.name))
    limited = counted.where(_domains.most_accounts.is_not(None) | _domains.total_quota.is_not(None))
    grouped = limited.group_by(_domains.name, _domains.most_accounts, _domains.total_quota)
    return {name: Use(accounts, int(quota), *may) for name, accounts, quota, *may in connection.execute(grouped)}


def of(connection: Connection, domain: str, default_quota: int) -> tuple[int, int]:
    """Return how many accounts a domain has, and the sum of their quotas in bytes."""
    total = func.coalesce(func.sum(func.coalesce(_accounts.quota, default_quota)), 0)
    accounts, quota = connection.execute(select(func.count(_accounts.id), total).where(_accounts.domain == domain)).one()
    return accounts, int(quota)


def check(before: Mapping[str, Use], after: Mapping[str, Use]) -> None:
    """Refuse a change after which a domain exceeds a limit; one that was exceeded before may stay, but not grow."""
    for name, now in after.items():
        if now != before.get(name):
            _check(name, before.get(name), now)


def _check(name: str, before: Use | None, now: Use) -> None:
    grown = before is None or now.accounts > before.accounts or now.most_accounts != before.most_accounts
    if now.most_accounts is not None and now.accounts > now.most_accounts and grown:
        raise DirectoryError(f"{name} may have at most {now.most_accounts} accounts; this would make {now.accounts}")
    grown = before is None or now.quota > before.quota or now.total_quota != before.total_quota
    if now.total_quota is not None and now.quota > now.total_quota and grown:
        raise DirectoryError(
            f"the accounts of {name} may have {now.total_quota} bytes together; this would make {now.quota}: "
            "give one a smaller quota, or raise the limit: mailstead domain limit"
        )
