"""postfix-accounts.cf: `user@domain|{SCHEME}hash|fields of Dovecot's userdb`; the third column is rare."""

from collections.abc import Iterator

from ... import names
from .. import lines
from ..found import Found, FoundAccount
from ..report import Line, Report
from . import hashes


def read(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read the accounts. One whose password cannot be checked here is made all the same: its mail must arrive."""
    seen: dict[str, Line] = {}
    for line in lines.read(file, content, report):
        typed, _, rest = line.text.partition("|")
        try:
            address = names.address(typed.strip())
        except ValueError as error:
            # Never the text: there is a hash in it.
            report.left_out(line, "the line", f"it does not begin with {error}")
            continue
        if lines.first(seen, address, line, report):
            found.accounts[address] = _account(line, typed.strip(), rest, report)


def _account(line: Line, typed: str, rest: str, report: Report) -> FoundAccount:
    password, _, extra = (part.strip() for part in rest.partition("|"))
    for word in _names_of(extra):
        report.left_out(line, f"{typed}: {word}", "fields of Dovecot's own have no place here")
    return FoundAccount(typed=typed, line=line, password_hash=hashes.crypt_hash(password), scheme=hashes.scheme(password))


def _names_of(extra: str) -> Iterator[str]:
    # Only the names: a field may be a password too (`pass=...`).
    return (word.partition("=")[0] for word in extra.split())

