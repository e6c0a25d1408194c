"""The verbs of app passwords: one for each program or device of an account."""

from typing import Any

from ..directory import HERE, Place, passwords
from ..settings import Settings
from . import GOOD
from .directory import Arguments, listing, maker, moment, noun, say, sign_out


def add(arguments: Arguments, settings: Settings) -> int:
    """Make a password for one program, and print it, alone, this once."""
    from ..directory import app_passwords, change

    secret = passwords.generate(groups=5)
    hashed = passwords.hash_generated(secret)
    with change.change(settings, arguments.place, of=arguments.address) as connection:
        address = app_passwords.add(connection, arguments.address, arguments.name, hashed, scope=arguments.scope)
    facts = {"address": address, "name": arguments.name, "scope": arguments.scope, "password": secret}
    if arguments.json:
        return say(arguments, facts)
    print(secret)
    return GOOD


def list_(arguments: Arguments, _settings: Settings) -> int:
    """List an account's app passwords, not what they are: name, scope, when made, when last used."""
    from ..directory import accounts, change, last_use, logins, snapshot, twins

    with change.reading(arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
        now = snapshot.read_alone(connection, address)
    (account,) = now.accounts
    spellings = [*logins.spellings(account, twins.twins(now)), *account.former]
    found = [(one, last_use.of_app_password(arguments.place, address, one, spellings)) for one in account.app_passwords]
    facts = [
        {"name": one.name, "scope": one.scope, "made": one.created_at.isoformat(), "last_used": used and used.isoformat()}
        for one, used in found
    ]
    rows = [(one.name, one.scope, moment(one.created_at), moment(used)) for one, used in found]
    return listing(arguments, facts, [("NAME", "SCOPE", "MADE", "LAST USED"), *rows])


def revoke(arguments: Arguments, settings: Settings) -> int:
    """Let an app password open nothing any more, and sign its account out everywhere."""
    from ..directory import app_passwords, change

    with change.change(settings, arguments.place, of=arguments.address) as connection:
        address = app_passwords.revoke(connection, arguments.address, arguments.name)
    sign_out(address)
    return say(arguments, {"address": address, "name": arguments.name}, f"{arguments.name} opens nothing of {address} any more")


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of app passwords to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "app-password", "passwords for single programs"), maker(place)
    adding = make(group, "add", add, "address")
    adding.add_argument("name", metavar="NAME", help="what its owner calls the program")
    adding.add_argument("--scope", choices=("send", "read", "both"), default="both", help="what it opens (both)")
    make(group, "list", list_, "address")
    make(group, "revoke", revoke, "address").add_argument("name", metavar="NAME")
