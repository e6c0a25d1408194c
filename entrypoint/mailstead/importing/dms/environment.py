"""docker-mailserver's env file, translated: a block for our .env, and for each variable what it is here."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ... import names
from ...declare import Kind, Problem, SettingsError, declared
from ...settings import PASSTHROUGH, Settings
from .. import lines
from ..found import Found
from ..report import Line, Report
from . import shown
from .variables import DEFAULTS, SECRETS, VARIABLES, Becomes

_ASSIGNED = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.ASCII)
_RELAY = re.compile(r"\[?([^\[\]:]+)\]?(?::([0-9]+))?", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,=+-]*", re.ASCII)
_FROM_FILE = "__FILE"
_PASSWORD = "relay-password"
_KINDS: Mapping[str, Kind] = {one.variable: one.kind for one in declared(Settings)}


@dataclass
class Block:
    """The lines for our .env: a variable of ours to its value. `secret`: the relay's password, which goes to a file."""

    values: dict[str, str] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)

    def lines(self, kept: str) -> Iterator[str]:
        """Yield the block; `kept` is the folder of the files that are kept."""
        for name, value in self.values.items():
            yield f"{name}={value}" if _PLAIN.fullmatch(value) else f"{name}='{value}'"
        if self.secret is not None:
            yield f"MAIL_RELAY_PASSWORD_FILE={kept}/{_PASSWORD}"


@dataclass(frozen=True)
class Given:
    """A variable as the env file has it; `from_file`: what is said is the path of a file that holds the value."""

    name: str
    value: str = field(repr=False)
    line: Line
    from_file: bool = False


def translate(file: str, content: bytes, found: Found, report: Report) -> Block:
    """Translate an env file, and the lines of postfix-main.cf that were found."""
    block = Block()
    given = _given(file, content, report)
    for one in given.values():
        _translate(one, block, found, report)
    for name, value in DEFAULTS.items():
        if name not in given:
            _translate(Given(name, value, Line(file)), block, found, report)
    if "MAIL_RELAY_HOST" in block.values:
        block.values.setdefault("MAIL_RELAY_PORT", "25")
    return block


def _given(file: str, content: bytes, report: Report) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for line in lines.read(file, content, report):
        match = _ASSIGNED.fullmatch(line.text)
        if match is None:
            report.left_out(line, "the line", "this is no NAME=value")
            continue
        name, value = match[1].removesuffix(_FROM_FILE), _unquoted(match[2])
        if name in given:
            report.changed(given[name].line, name, f"line {line.number} sets it again, and holds")
        given[name] = Given(name, value, line, match[1].endswith(_FROM_FILE))
    return given


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] in "'\"" and (end := text.find(text[0], 1)) > 0:
        return text[1:end]
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()


def _translate(given: Given, block: Block, found: Found, report: Report) -> None:
    becomes = VARIABLES.get(given.name)
    if becomes is None:
        report.left_out(given.line, given.name, "this is no variable of docker-mailserver that is known here" + _near(given.name))
    elif given.from_file:
        _translate_file(given, becomes, block, report)
    elif given.name in SECRETS and given.value:
        _translate_secret(given, becomes, block, found, report)
    elif becomes.same and given.value in becomes.same:
        report.taken(given.line, _said(given), f"works by itself: {becomes.same[given.value]}")
    elif "RELAY_HOST" in given.name:
        _translate_relay(given, block, report)
    else:
        _set(given, becomes, block, report)


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, VARIABLES, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _said(given: Given) -> str:
    return given.name if given.name in SECRETS else f"{given.name}={given.value}"


def _translate_file(given: Given, becomes: Becomes, block: Block, report: Report) -> None:
    if becomes.name is None:
        report.left_out(given.line, f"{given.name}{_FROM_FILE}", becomes.instead)
        return
    name = f"{becomes.name}_FILE"
    block.values[name] = given.value
    report.changed(given.line, f"{given.name}{_FROM_FILE}", f"taken as {name}; mount the file there, or name where it is")


def _translate_secret(given: Given, becomes: Becomes, block: Block, found: Found, report: Report) -> None:
    if becomes.name:
        block.secret = given.value
        found.kept[_PASSWORD] = given.value.encode()
        report.taken(given.line, given.name, f"taken as {becomes.name}_FILE, a file that only root reads")
        return
    report.left_out(given.line, given.name, becomes.instead)
    if given.name == "SRS_SECRET":
        found.kept["srs-secret"] = given.value.encode()
        report.kept(given.line, given.name, "the secret of rewritten senders (SRS)")


def _translate_relay(given: Given, block: Block, report: Report) -> None:
    match = _RELAY.fullmatch(given.value)
    if "MAIL_RELAY_HOST" in block.values:
        report.left_out(given.line, _said(given), "another relay is taken; a domain may have its own: mailstead relay add")
    elif match is None:
        report.left_out(given.line, _said(given), f"allowed: {names.HOSTNAME_ALLOWED}")
    elif _put(given, "MAIL_RELAY_HOST", match[1], block, report) and match[2]:
        _put(given, "MAIL_RELAY_PORT", match[2], block, report)


def _set(given: Given, becomes: Becomes, block: Block, report: Report) -> None:
    value = (becomes.values or {}).get(given.value, "" if becomes.instead else given.value)
    if becomes.name and value:
        _put(given, becomes.name, value, block, report)
    else:
        report.left_out(given.line, _said(given), becomes.instead)


def _put(given: Given, name: str, value: str, block: Block, report: Report) -> bool:
    try:
        if name in _KINDS:
            _KINDS[name].parse(value)
    except (ValueError, KeyError):
        report.left_out(given.line, _said(given), f"{name}={value} is not accepted; allowed: {_KINDS[name].allowed}")
        return False
    block.values[name] = value
    outcome = report.taken if given.line.number else report.changed
    outcome(given.line, _said(given) if given.line.number else f"{given.name} is not set", f"taken as {name}={value}")
    return True


def complete(block: Block, found: Found, report: Report) -> None:
    """Add the domains and the lines of postfix-main.cf to a block, and say what our own reading of it finds wrong."""
    for line in found.main_cf:
        found_parameter = shown.parameter(line, report)
        if found_parameter:
            name, value = found_parameter
            block.values[PASSTHROUGH + name] = value
            report.taken(line, line.text, f"taken as {PASSTHROUGH}{name}")
    domains = _domains(block, found)
    if domains:
        block.values = {"MAIL_DOMAINS": " ".join(domains)} | block.values
    for problem in _problems(block):
        report.left_out(Line("the block for .env"), f"{problem.name}{problem.said}", problem.allowed or "put it right there")


def _domains(block: Block, found: Found) -> list[str]:
    domains = {names.domain_of(address) for address in (*found.accounts, *found.aliases)} | found.catch_alls.keys()
    if "MAIL_POSTMASTER" in block.values:
        domains.add(names.domain_of(names.address(block.values["MAIL_POSTMASTER"])))
    return sorted(domains)


def _problems(block: Block) -> list[Problem]:
    secret = {"MAIL_RELAY_PASSWORD": block.secret} if block.secret is not None else {}
    there = {name: value for name, value in block.values.items() if not name.endswith("_FILE")}
    relay = {"MAIL_RELAY_PASSWORD": "from a file"} if "MAIL_RELAY_PASSWORD_FILE" in block.values else {}
    try:
        Settings.read(there | relay | secret)
    except SettingsError as error:
        return error.problems
    return []
