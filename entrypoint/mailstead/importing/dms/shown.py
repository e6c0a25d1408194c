"""Files that no command can translate: their lines are shown, with what to do about them."""

import re
from collections.abc import Callable

from .. import lines
from ..found import Found
from ..report import Line, Report

Reader = Callable[[str, bytes, Found, Report], None]


def with_advice(advice: str) -> Reader:
    """Return a reader that shows each line of a file that says something, and the same advice to it."""

    def read(file: str, content: bytes, _found: Found, report: Report) -> None:
        for line in lines.read(file, content, report):
            report.left_out(line, line.text, advice)

    return read


def whole(advice: str) -> Reader:
    """Return a reader that names the file alone."""

    def read(file: str, _content: bytes, _found: Found, report: Report) -> None:
        report.left_out(Line(file), "the file", advice)

    return read


def masters(file: str, content: bytes, _found: Found, report: Report) -> None:
    """Say that nobody signs in as anybody here."""
    for line in lines.read(file, content, report):
        # Never the text: there is a hash in it.
        report.left_out(line, "a master user", "nobody signs in as somebody else here")


def main_cf(file: str, content: bytes, found: Found, report: Report) -> None:
    """Keep the lines of main.cf for the translation of the environment."""
    found.main_cf += lines.joined(file, content, report)


_PARAMETER = re.compile(r"([a-z][a-z0-9_]*)\s*=\s*(.*)", re.ASCII)
_OURS = {
    "mynetworks": "MAIL_TRUSTED_NETWORKS names who may send without a password",
    "relayhost": "MAIL_RELAY_HOST and MAIL_RELAY_PORT name the relay",
    "message_size_limit": "MAIL_MESSAGE_SIZE_LIMIT is the limit",
    "myhostname": "MAIL_HOSTNAME is the name",
}
_DECIDES = ("mydestination", "virtual_", "smtpd_relay_", "smtpd_recipient_", "smtpd_sender_login_", "mailbox_", "relay_domains")


def parameter(line: Line, report: Report) -> tuple[str, str] | None:
    """Return a parameter of main.cf and its value, where it can be handed to our Postfix; the report says why not."""
    match = _PARAMETER.fullmatch(line.text)
    if match is None:
        report.left_out(line, line.text, "this is no `parameter = value`")
        return None
    name, value = match.groups()
    why = _why_not(name, value)
    if why:
        report.left_out(line, line.text, why)
        return None
    return name, value


def _why_not(name: str, value: str) -> str | None:
    if name in _OURS:
        return _OURS[name]
    if name.startswith(_DECIDES):
        return f"who is known here and who may send comes from the directory; if you still want it: POSTFIX_{name}"
    if "/etc/" in value or "/tmp/" in value:
        return "it names a file that is not here"
    if "'" in value:
        return f"a quote in it is read differently by everything that reads .env; write POSTFIX_{name} yourself"
    return None
