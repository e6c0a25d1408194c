"""Sieve: `user@domain.dovecot.sieve`, and the scripts for all, before.dovecot.sieve and after.dovecot.sieve."""

import re

from ... import names
from ..found import Found, Script
from ..report import Line, Report

SUFFIX = ".dovecot.sieve"
_REQUIRE = re.compile(r"require\s+(\[[^\]]*\]|\"[^\"]*\")", re.IGNORECASE)
_ABSENT = ("vnd.dovecot.pipe", "vnd.dovecot.filter", "vnd.dovecot.execute", "editheader", "vnd.dovecot.report", "spamtest")


def read(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read the script of one account."""
    line = Line(file)
    try:
        address, text = names.address(file.removesuffix(SUFFIX)), content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.left_out(line, "the script", "it is not UTF-8 text")
        return
    except ValueError as error:
        report.left_out(line, "the script", f"its name is not that of an account: {error}")
        return
    absent = [name for name in _ABSENT if name in " ".join(_REQUIRE.findall(text))]
    if absent:
        report.left_out(line, f"the script of {address}", f"it requires {', '.join(absent)}, which Sieve may not do here")
    else:
        found.scripts[address] = Script(line, text)


def for_all(file: str, _content: bytes, _found: Found, report: Report) -> None:
    """Say how a script that runs for everybody gets here."""
    if file.startswith("before"):
        words = "scripts for all are files of yours: copy it to config/sieve/before.d/10-before.sieve"
    else:
        words = "a script after people's own has no counterpart; one before them is a file in config/sieve/before.d"
    report.left_out(Line(file), "the script", words)
