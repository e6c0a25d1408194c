"""What was found, held against the directory: what can be made is declared, and the report says why something cannot."""

from collections.abc import Iterator
from typing import Any

from ..directory import DirectoryError, passwords, relays
from ..directory.declaration import Declaration, DeclaredAccount
from ..directory.snapshot import Account, Domain, Pattern, Relay, Snapshot
from . import domains, free
from .found import Found, FoundAccount
from .leading import Leading
from .report import Report


def declaration(now: Snapshot, found: Found, report: Report) -> Declaration:
    """Return what is to be made of what was found, in a directory that is `now`; the rest goes to the report. Pure.

    What the directory has of an account and the other server does not say (name, senders, enabled) stays. An account whose
    password cannot be checked here is made with one nobody knows, as a first password that must be changed.
    """
    free.drop_taken(now, found, report)
    here = domains.joined(now, found, report)
    leading = Leading(now, found, report, here)
    domains.set_catch_alls(here, leading, found, report)
    accounts = tuple(_accounts(now, leading, found, report))
    patterns = tuple(_patterns(here, leading, found, report))
    return Declaration(
        domains=tuple(here[name] for name in domains.named_by(found)),
        accounts=accounts,
        aliases={one: leading.links[one] for one in found.aliases if one in leading.links and not leading.is_account(one)},
        patterns=patterns,
        relays=tuple(_relays(here, found, report)),
    )


def _patterns(here: dict[str, Domain], leading: Leading, found: Found, report: Report) -> Iterator[Pattern]:
    for (pattern, domain), led in found.patterns.items():
        if domain not in here or here[domain].alias_of:
            report.left_out(led.line, led.line.text, f"there is no domain {domain} here with addresses of its own")
            continue
        targets = leading.known(f"{pattern}@{domain}", led)
        if targets:
            yield Pattern(pattern=pattern, domain=domain, targets=targets)
            words = f"what matches {pattern}@{domain} and is at no other address leads to {', '.join(targets)}"
            report.taken(led.line, led.line.text, words)


def _relays(here: dict[str, Domain], found: Found, report: Report) -> Iterator[Relay]:
    for domain, one in found.relays.items():
        tls = "verify" if one.login else "opportunistic"
        relay = Relay(domain=domain, host=one.host, port=one.port, tls=tls, login=one.login, password=one.password)
        refused = _refused(relay) if domain in here else f"there is no domain {domain} here"
        if refused:
            report.left_out(one.line, f"@{domain}", refused)
            continue
        yield relay
        words = f"its mail leaves by {one.host}, port {one.port}" + (f", with the login {one.login}" if one.login else "")
        report.taken(one.line, f"@{domain}", words)


def _refused(relay: Relay) -> str | None:
    try:
        relays.check(relay)
    except DirectoryError as error:
        return str(error)
    return None


def _accounts(now: Snapshot, leading: Leading, found: Found, report: Report) -> Iterator[DeclaredAccount]:
    here = {one.address: one for one in now.accounts}
    for address in found.aliases:
        if address in here and address not in found.accounts:
            yield _with_links(address, _of_ours(here[address]), here[address], leading, found)
    for address, account in found.accounts.items():
        ours = here.get(address)
        fields = (_of_ours(ours) if ours else {"typed": account.typed}) | _of_theirs(account, new=ours is None)
        yield _with_links(address, fields, ours, leading, found)
        _say(address, account, report, new=ours is None)


def _with_links(
    address: str, fields: dict[str, Any], ours: Account | None, leading: Leading, found: Found
) -> DeclaredAccount:
    targets = leading.links.get(address, ())
    keeps_copy = ours.keeps_copy if ours and address not in found.aliases else address in leading.keeps_copy
    return DeclaredAccount(**fields, targets=targets, keeps_copy=keeps_copy or not targets)


def _of_ours(ours: Account) -> dict[str, Any]:
    return {name: getattr(ours, name) for name in ("typed", "name", "quota", "enabled", "may_send", "must_change", "senders")}


def _of_theirs(account: FoundAccount, *, new: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if account.quota is not None:
        fields["quota"] = account.quota
    if not account.may_send:
        fields["may_send"] = False
    if account.password_hash:
        fields |= {"password_hash": account.password_hash, "must_change": False}
    elif new:
        fields |= {"password_hash": passwords.hash_generated(passwords.generate()), "must_change": True}
    return fields


def _say(address: str, account: FoundAccount, report: Report, *, new: bool) -> None:
    unknown = f"its password is kept in a form that cannot be checked here ({account.scheme})"
    if account.password_hash:
        report.taken(account.line, address, "an account, with its password")
    elif new:
        words = f"{unknown}; its mail arrives, and its owner signs in after: mailstead account passwd {address}"
        report.changed(account.line, address, words)
    else:
        report.changed(account.line, address, f"{unknown}; the account is here, and keeps the one it has")
