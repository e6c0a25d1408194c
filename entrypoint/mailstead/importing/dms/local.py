"""Names without a domain: postfix-aliases.cf (aliases(5)), and such keys of postfix-virtual.cf."""

from ...directory import ROLES
from .. import lines
from ..found import Found
from ..report import Line, Report


def read(file: str, content: bytes, _found: Found, report: Report) -> None:
    """Read the local aliases, which are for mail to the machine itself."""
    for line in lines.joined(file, content, report):
        say_local(line, line.text.partition(":")[0].strip(), report)


def say_local(line: Line, name: str, report: Report) -> None:
    """Say what becomes of a name of the machine itself: in every domain the roles reach the postmaster anyway."""
    if name.lower() in ROLES:
        report.changed(line, name, "its mail goes to the account that MAIL_POSTMASTER names")
    else:
        words = "a name without a domain is of the machine itself, which receives no mail here; say where it is meant: alias add"
        report.left_out(line, line.text, words)
