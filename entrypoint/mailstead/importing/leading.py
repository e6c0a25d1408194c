"""Where addresses lead, once what was found there and what is here are one: no target that is nowhere, and no circle."""

from collections import ChainMap
from collections.abc import Mapping

from .. import names
from ..directory import ROLES, DirectoryError, follow
from ..directory.canonical import homes_of, one_form
from ..directory.snapshot import Domain, Snapshot
from .found import Found, Led
from .report import Report


class Leading:
    """`links`: an address to its targets, of ours and of what was found; `keeps_copy`: accounts that lead to themselves too.

    `domains` are those that are to be here, by name.
    """

    def __init__(self, now: Snapshot, found: Found, report: Report, domains: Mapping[str, Domain]) -> None:
        self._found, self._report, self._homes = found, report, homes_of([*domains.values()])
        self._accounts = {one.address for one in now.accounts} | found.accounts.keys()
        self._members = {one.address: one.members for one in now.groups}
        self.keeps_copy: set[str] = set()
        self.links = {address: targets for address, targets in now.aliases.items() if address not in found.aliases}
        self.links |= {address: self._well_formed(address, led) for address, led in found.aliases.items()}
        self._settle()

    def known(self, name: str, led: Led) -> tuple[str, ...]:
        """Return the targets of something that is no address itself, without those that are nowhere."""
        return tuple(target for target in self._well_formed(name, led) if self._is_somewhere(name, target, led))

    def is_account(self, address: str) -> bool:
        """Whether an account is, or is to be, at an address."""
        return address in self._accounts

    def _well_formed(self, name: str, led: Led) -> tuple[str, ...]:
        targets: dict[str, None] = {}
        for text in led.targets:
            try:
                target = one_form(text, self._homes)
            except DirectoryError as error:
                self._report.left_out(led.line, f"{name} to {text}", str(error))
                continue
            if target == name and self.is_account(name):
                self.keeps_copy.add(name)
            else:
                targets[target] = None
        return tuple(targets)

    def _settle(self) -> None:
        # What is dropped may have been the last target of an alias, and that alias the target of another.
        while not all([self._is_settled(address, led) for address, led in self._found.aliases.items()]):
            pass
        for address, led in self._found.aliases.items():
            self._say(address, led)

    def _is_settled(self, address: str, led: Led) -> bool:
        targets = self.links.get(address)
        if targets is None:
            return True
        kept = tuple(one for one in targets if self._is_somewhere(address, one, led) and not self._is_circle(address, one, led))
        self.links[address] = kept
        if not kept:
            del self.links[address]
        return kept == targets != ()

    def _is_somewhere(self, name: str, target: str, led: Led) -> bool:
        mailbox = follow.mailbox(target)
        here = names.domain_of(mailbox) in self._homes
        found = mailbox in self.links or mailbox in self._members or self.is_account(mailbox)
        if not here or found or names.local_part_of(mailbox) in ROLES:
            return True
        self._report.left_out(led.line, f"{name} to {target}", f"{mailbox} is no account, alias or group")
        return False

    def _is_circle(self, address: str, target: str, led: Led) -> bool:
        mailbox = follow.mailbox(target)
        if mailbox != address and address not in follow.reached(ChainMap(self.links, self._members), mailbox):
            return False
        self._report.left_out(led.line, f"{address} to {target}", f"mail for {address} would come back to it")
        return True

    def _say(self, address: str, led: Led) -> None:
        targets = ", ".join(self.links.get(address, ()))
        if targets and self.is_account(address):
            copy = "and a copy stays" if address in self.keeps_copy else "and no copy stays, as it was"
            self._report.taken(led.line, address, f"its mail is forwarded to {targets}, {copy}")
        elif targets:
            self._report.taken(led.line, address, f"leads to {targets}")
        elif address in self.keeps_copy:
            self._report.taken(led.line, address, "an account always gets its own mail here")
