"""What a directory is declared to be, whoever says so: a YAML file (yaml_reading.py), or another server's files.

Declared things are whole: what is not said of an account, alias, group or domain is its default, and what it has beyond that
goes. What is not declared is left as it is, or pruned (apply.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .snapshot import Domain, Group, Pattern, Relay


@dataclass(frozen=True, kw_only=True)
class DeclaredAccount:
    """An account as declared. `typed` is its address as written; `quota` in bytes, None for the settings' default.

    `password_hash` as crypt(5) has it; None: a password is generated for a new account, and one that is here keeps its own.
    `must_change` makes it a first password, which is given to a new account only. `targets`: where its mail is forwarded,
    beside its mailbox or, without `keeps_copy`, in place of it. App passwords are not declared, and kept.
    """

    typed: str
    password_hash: str | None = field(default=None, repr=False)
    name: str = ""
    quota: int | None = None
    enabled: bool = True
    may_send: bool = True
    must_change: bool = False
    targets: tuple[str, ...] = ()
    keeps_copy: bool = True
    senders: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address in its one form."""
        return self.typed.lower()


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A declared directory. A section that is None is not declared: nothing of it is changed or pruned; () declares none.

    `aliases`: an address to its targets, without the forwarding of accounts. `patterns` in the order in which they are tried.
    Addresses of accounts, aliases and groups are in lower case; targets as somebody wrote them.
    """

    domains: tuple[Domain, ...] | None = None
    accounts: tuple[DeclaredAccount, ...] | None = None
    aliases: Mapping[str, tuple[str, ...]] | None = None
    groups: tuple[Group, ...] | None = None
    patterns: tuple[Pattern, ...] | None = None
    relays: tuple[Relay, ...] | None = None
