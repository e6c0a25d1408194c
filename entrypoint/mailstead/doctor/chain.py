"""`doctor auth ADDRESS`: why somebody cannot sign in. The chain stage by stage, each with its own words.

    account -> password -> files -> saslauthd -> smtp (465) -> imap (993)

What does not depend on a password is looked at without one, and the rest is skipped then.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from .. import directory, names
from ..directory import passwords
from ..places import PROJECTION
from ..services import saslauthd
from . import auth
from .checks import Check, Finding, Verdict, check, fail, passed, skipped, warn
from .context import Context
from .run import run

if TYPE_CHECKING:
    from ..directory.snapshot import Account, AppPassword

_NO_PASSWORD = "no password was given, so it was not tried"
_AWAY = "docker compose restart mail, and look into its words: docker compose logs mail"


def examine(context: Context, address: str, password: str | None) -> Sequence[Finding]:
    """Return what each stage says about an address, and about a password for it where one is given."""
    chain = _Chain(context, address, password)
    stages = (chain.account, chain.password, chain.files, chain.saslauthd, chain.smtp, chain.imap)
    return run([_as_check(stage) for stage in stages], context)


def _as_check(stage: Callable[[], Iterator[Verdict]]) -> Check:
    return check(f"auth.{stage.__name__}")(lambda _context: stage())


class _Chain:
    """The stages for one address; each yields its verdicts."""

    def __init__(self, context: Context, address: str, password: str | None) -> None:
        self.settings = context.settings
        self.address = names.address(address)
        self.secret = password
        self.found, self.elsewhere = _in_directory(context, self.address)
        self.mirrored = bool(directory.at(context.settings).source)

    def account(self) -> Iterator[Verdict]:
        """What the directory says: whether there is such an account, and what it may."""
        one = self.found
        if one is None:
            yield fail(self.elsewhere, f"scripts/mailstead account add {self.address}, or another address: account list")
        elif not one.enabled:
            yield fail("the account is disabled: nobody can sign in", f"scripts/mailstead account enable {one.address}")
        elif one.must_change:
            yield fail("its first password must be changed before it opens anything", _passwd(one))
        elif not one.may_send:
            mend = f"scripts/mailstead account set {one.address} --may-send yes"
            yield warn("the account may read and not send", mend)
        else:
            yield passed(f"{one.address} is there, and may read and send")

    def password(self) -> Iterator[Verdict]:
        """Whether the password is the account's own by its hash, or that of one of its programs."""
        if self.secret is None or self.found is None:
            yield skipped(_NO_PASSWORD if self.found else "there is no account to compare with")
        elif self.mirrored:
            yield skipped("the directory server alone knows")
        elif is_right(self.secret, self.found.password_hash):
            yield passed("it is the account's own")
        else:
            yield self._app(next((one for one in self.found.app_passwords if is_right(self.secret, one.password_hash)), None))

    def _app(self, app: "AppPassword | None") -> Verdict:
        if app is None:
            said = "it is neither the account's own nor an app password"
            return fail(said, f"{_passwd(self.found)} (or app-password add {self.found.address} NAME)")
        if app.scope == "both":
            return passed(f"it is the app password {app.name}")
        mend = f"scripts/mailstead app-password add {self.found.address} NAME --scope both"
        return warn(f"it is the app password {app.name}, which opens only what it takes to {app.scope}", mend)

    def files(self) -> Iterator[Verdict]:
        """Whether the account stands in the file Dovecot reads, with this very hash."""
        if self.found is None:
            yield skipped("there is no account")
            return
        line = next((one for one in _lines("passwd") if one.startswith(f"{self.found.address}:")), None)
        opens = self.found.enabled and not self.found.must_change
        if line is None or (opens and not self.mirrored and line.split(":")[1] != self.found.password_hash):
            said = f"{PROJECTION}/passwd does not say what the directory says of it"
            yield fail(said, f"docker compose exec mail rm {PROJECTION}/counter (it is made anew within seconds)")
        else:
            yield passed("its line is as the directory says")

    def saslauthd(self) -> Iterator[Verdict]:
        """What saslauthd says when Postfix asks it."""
        if self.settings.smtp_auth != "saslauthd":
            yield skipped("MAIL_SMTP_AUTH=dovecot: Dovecot checks who sends")
        elif self.secret is None:
            yield skipped(_NO_PASSWORD)
        else:
            said = saslauthd.ask(self.address, self.secret, "smtp", "")
            right = said.startswith("OK")
            yield passed("lets in") if right else fail(f"says {said}", "see the stages above; else: " + _AWAY)

    def smtp(self) -> Iterator[Verdict]:
        """What 465 says to AUTH."""
        if self.secret is None:
            yield skipped(_NO_PASSWORD)
            return
        code, text = auth.smtp_auth(self.address, self.secret)
        yield passed("465 lets in") if code == 235 else fail(f"465 says {code} {text}", "see the stages above; else: " + _AWAY)

    def imap(self) -> Iterator[Verdict]:
        """What 993 says to signing in."""
        if self.secret is None:
            yield skipped(_NO_PASSWORD)
            return
        said = auth.imap_login(self.address, self.secret)
        yield fail(f"993 says {said}", "see the stages above; else: " + _AWAY) if said else passed("993 lets in")


def _passwd(account: "Account") -> str:
    return f"scripts/mailstead account passwd {account.address}"


def is_right(password: str, hashed: str) -> bool:
    """Whether a password is the one a crypt(3) string was made of; a string that is none is no password's."""
    try:
        return hmac.compare_digest(passwords.crypt(password, hashed), hashed)
    except (OSError, UnicodeEncodeError):
        return False


def _lines(name: str) -> Sequence[str]:
    return (PROJECTION / name).read_text(encoding="utf-8").splitlines()


def _in_directory(context: Context, address: str) -> "tuple[Account | None, str]":
    """Return the account at an address, and, where there is none, what there is instead, in words."""
    from ..directory import aliases, change, lookup, snapshot

    with change.reading(directory.at(context.settings)) as connection:
        meant = lookup.meant(connection, address)
        people = snapshot.read_alone(connection, meant).accounts
        if people:
            return people[0], ""
        if lookup.has_alias(connection, meant):
            targets = ", ".join(aliases.targets_of(connection, meant))
            return None, f"{meant} is an alias of {targets}: one signs in with an account's own address"
        if lookup.has_group(connection, meant):
            return None, f"{meant} is a group: one signs in with an account's own address"
        if not lookup.has_domain(connection, names.domain_of(meant)):
            return None, f"there is no domain {names.domain_of(meant)} here"
    return None, f"there is no account {meant}"
