"""The verbs of accounts: people with a mailbox. Those that end or move one are in account_moves.py."""

from typing import TYPE_CHECKING, Any

from ..directory import HERE, Place, passwords, usage
from ..settings import Settings
from . import account_moves, asking
from .directory import (
    Arguments,
    MakeVerb,
    listing,
    maker,
    moment,
    noun,
    optional_size,
    quota_words,
    say,
    showing,
    sign_out,
    size_words,
    snapshot_of,
    yes,
    yes_no,
)

if TYPE_CHECKING:
    from ..directory.snapshot import Account


def add(arguments: Arguments, settings: Settings) -> int:
    """Make an account; its password is asked for, read by --password-stdin, or generated and shown."""
    from ..directory import accounts, change

    change.check_may_change(arguments.place)
    with change.reading(arguments.place) as connection:
        address = accounts.check_new(connection, arguments.address)
    password, shown = asking.password(arguments, address)
    hashed = passwords.hash(password)
    first = {"name": arguments.name, "quota": arguments.quota, "may_send": arguments.may_send}
    with change.change(settings, arguments.place, of=address) as connection:
        accounts.add(connection, arguments.address, hashed, **first, must_change=arguments.must_change)
    return say(arguments, {"address": address} | shown, f"{address} is made")


def list_(arguments: Arguments, settings: Settings) -> int:
    """List the accounts: address, quota, whether enabled, name; or the deleted ones that can come back."""
    if arguments.deleted:
        return account_moves.list_deleted(arguments)
    found = snapshot_of(arguments.place).accounts
    rows = [(one.address, quota_words(one.quota, settings), yes_no(one.enabled), one.name) for one in found]
    return listing(arguments, [_facts(one) for one in found], [("ADDRESS", "QUOTA", "ENABLED", "NAME"), *rows])


def show(arguments: Arguments, settings: Settings) -> int:
    """Show all about an account: what it may, where its mail goes, what it uses, and when it was last used."""
    from ..directory import accounts, aliases, change, last_use, logins, snapshot, twins

    with change.reading(arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
        now = snapshot.read_alone(connection, address)
        targets = aliases.targets_of(connection, address)
    (one,) = now.accounts
    known = twins.twins(now)
    used = last_use.of_account(arguments.place, address, [*logins.spellings(one, known), *one.former])
    stored = usage.stored(address)
    facts = _facts(one) | {
        "also": twins.others(address, known),
        "targets": list(targets),
        "stored": stored,
        "last_read": used.read and used.read.isoformat(),
        "last_sent": used.sent and used.sent.isoformat(),
    }
    lines = _lines(one, facts, settings)
    return showing(arguments, facts, lines | {"last read": moment(used.read), "last sent": moment(used.sent)})


def _facts(one: "Account") -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("address", "name", "quota", "enabled", "may_send", "must_change")},
        "keeps_copy": one.keeps_copy,
        "senders": list(one.senders),
        "app_passwords": [app.name for app in one.app_passwords],
    }


def _lines(one: "Account", facts: dict[str, Any], settings: Settings) -> dict[str, str]:
    stored = "unknown" if facts["stored"] is None else size_words(facts["stored"])
    forwards = ", ".join(facts["targets"]) + ("" if one.keeps_copy else ", without a copy here")
    return {
        "address": ", ".join([one.address, *facts["also"]]),
        "name": one.name,
        "enabled": yes_no(one.enabled) + (", with a first password that must be changed" if one.must_change else ""),
        "may send": yes_no(one.may_send) + (f", also as {', '.join(one.senders)}" if one.senders else ""),
        "forwards to": forwards if facts["targets"] else "nobody",
        "stores": f"{stored} of {quota_words(one.quota, settings)}",
        "app passwords": ", ".join(facts["app_passwords"]) or "none",
    }


def passwd(arguments: Arguments, settings: Settings) -> int:
    """Give an account a new password, and sign its owner out everywhere."""
    from ..directory import accounts, change

    change.check_may_change(arguments.place)
    with change.reading(arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
    password, shown = asking.password(arguments, address)
    hashed = passwords.hash(password)
    with change.change(settings, arguments.place, of=address) as connection:
        accounts.set_password(connection, address, hashed, must_change=arguments.must_change)
    sign_out(address)
    return say(arguments, {"address": address} | shown, f"{address} has a new password")


def quota(arguments: Arguments, settings: Settings) -> int:
    """Limit an account to a size such as 10G, or to the default (MAIL_QUOTA)."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place, of=arguments.address) as connection:
        address = accounts.set_quota(connection, arguments.address, arguments.quota)
    said = f"{address} may keep {quota_words(arguments.quota, settings)}"
    return say(arguments, {"address": address, "quota": arguments.quota}, said)


def set_(arguments: Arguments, settings: Settings) -> int:
    """Set what is not typed often: the owner's name, whether he may send, and what else he may send as."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
        if arguments.name is not None:
            accounts.set_name(connection, address, arguments.name)
        if arguments.may_send is not None:
            accounts.set_may_send(connection, address, arguments.may_send)
        if arguments.senders is not None:
            accounts.set_senders(connection, address, [sender for sender in arguments.senders if sender != "none"])
    return say(arguments, {"address": address}, f"{address} is as you asked")


def forward(arguments: Arguments, settings: Settings) -> int:
    """Forward an account's mail to other addresses, and keep a copy here; without addresses, end that."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place) as connection:
        targets = accounts.forward(connection, arguments.address, arguments.targets, keeps_copy=not arguments.no_copy)
        address = accounts.check_here(connection, arguments.address)
    copy = "" if arguments.no_copy else ", and a copy stays here"
    said = f"mail for {address} goes to {', '.join(targets)}{copy}" if targets else f"mail for {address} stays here"
    return say(arguments, {"address": address, "targets": list(targets), "keeps_copy": not arguments.no_copy}, said)


def disable(arguments: Arguments, settings: Settings) -> int:
    """Let nobody sign in to an account, which goes on receiving mail."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place, of=arguments.address) as connection:
        address = accounts.disable(connection, arguments.address, postmaster=settings.postmaster)
    sign_out(address)
    said = f"{address} is disabled: its mail still arrives, and nobody can sign in"
    return say(arguments, {"address": address, "enabled": False}, said)


def enable(arguments: Arguments, settings: Settings) -> int:
    """Let the owner of a disabled account sign in again, with the password it had."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place, of=arguments.address) as connection:
        address = accounts.enable(connection, arguments.address)
    return say(arguments, {"address": address, "enabled": True}, f"{address} is enabled")


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of accounts to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "account", "people with a mailbox"), maker(place)
    _register_add(group, make)
    make(group, "list", list_).add_argument("--deleted", action="store_true", help="those that account restore can bring back")
    make(group, "show", show, "address")
    _register_changes(group, make)
    make(group, "disable", disable, "address")
    make(group, "enable", enable, "address")
    account_moves.register(group, make)


def _register_add(group: Any, make: MakeVerb) -> None:
    adding = make(group, "add", add, "address")
    adding.add_argument("--name", default="", help="the owner's name")
    adding.add_argument("--quota", type=optional_size("default"), help="a size such as 10G, or default")
    adding.add_argument("--may-send", type=yes, default=True, metavar="yes|no", help="whether he may send mail (yes)")
    for parser in (adding, make(group, "passwd", passwd, "address")):
        parser.add_argument("--password-stdin", action="store_true", help="read the password: standard input's first line")
        parser.add_argument("--must-change", action="store_true", help="it opens nothing until it is changed")


def _register_changes(group: Any, make: MakeVerb) -> None:
    sizing = make(group, "quota", quota, "address")
    sizing.add_argument("quota", metavar="SIZE", type=optional_size("default"), help="a size such as 10G, or default")
    setting = make(group, "set", set_, "address")
    setting.add_argument("--name", help="the owner's name")
    setting.add_argument("--may-send", type=yes, metavar="yes|no", help="whether he may send mail")
    setting.add_argument("--sender", dest="senders", action="append", metavar="ADDRESS|none", help="what else he may send as")
    forwarding = make(group, "forward", forward, "address")
    forwarding.add_argument("targets", metavar="TARGET", nargs="*")
    forwarding.add_argument("--no-copy", action="store_true", help="keep no copy here")
