"""postfix-virtual.cf: `alias target[,target...]`, `@domain target` for the rest of a domain; virtual(5)."""

from ... import names
from .. import lines
from ..found import Found, Led
from ..report import Line, Report
from .local import say_local


def read(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read where addresses and the rest of domains lead. Targets are held against the directory later."""
    seen: dict[str, Line] = {}
    for line in lines.joined(file, content, report):
        key, rest = lines.fields(line.text)
        targets = tuple(dict.fromkeys(lines.words(rest)))
        if not targets:
            report.left_out(line, line.text, "it says no target")
        elif lines.first(seen, key.lower(), line, report):
            _read_key(key, Led(line, targets), found, report)


def _read_key(key: str, led: Led, found: Found, report: Report) -> None:
    try:
        if key.startswith("@"):
            _rest_of(names.domain(key[1:]), led, found, report)
        elif "@" in key:
            found.aliases[names.address(key)] = led
        else:
            say_local(led.line, key, report)
    except ValueError as error:
        report.left_out(led.line, led.line.text, f"{key} is not {error}")


def _rest_of(domain: str, led: Led, found: Found, report: Report) -> None:
    if len(led.targets) > 1:
        words = "one address gets the rest of a domain here: make a group of these, and let domain catch-all lead to it"
        report.left_out(led.line, led.line.text, words)
    elif led.targets[0].startswith("@"):
        names.domain(led.targets[0][1:])
        found.same[domain] = led
    else:
        found.catch_alls[domain] = led
