"""What was found in another server's files, before it is held against our directory."""

from dataclasses import dataclass, field

from .report import Line


@dataclass(kw_only=True)
class FoundAccount:
    """Somebody with a mailbox there. `password_hash` as crypt(5) has it, None where ours cannot check it;
    `scheme` is the form it was kept in, `quota` in bytes."""

    typed: str
    line: Line
    password_hash: str | None = field(default=None, repr=False)
    scheme: str = ""
    quota: int | None = None
    may_send: bool = True


@dataclass(frozen=True, kw_only=True)
class FoundRelay:
    """By which server the mail of a domain leaves, and where that is written."""

    line: Line
    host: str
    port: int
    login: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Led:
    """Where an address, an expression or a whole domain leads, and where that is written."""

    line: Line
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """A Sieve script, and the file it is in."""

    line: Line
    text: str


@dataclass
class Found:
    """All that was found; addresses and domains in their one form, targets as somebody wrote them.

    `catch_alls`: a domain to who gets the rest of its mail. `same`: a domain to the one whose addresses its own are.
    `patterns`: expression and domain to targets, in the order in which they are tried. `relays` by domain. `kept`: name to bytes.
    """

    accounts: dict[str, FoundAccount] = field(default_factory=dict)
    aliases: dict[str, Led] = field(default_factory=dict)
    catch_alls: dict[str, Led] = field(default_factory=dict)
    same: dict[str, Led] = field(default_factory=dict)
    patterns: dict[tuple[str, str], Led] = field(default_factory=dict)
    relays: dict[str, FoundRelay] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict, repr=False)
    main_cf: list[Line] = field(default_factory=list)
