"""Settings and checks in, pages out: env.example and docs/doctor.md whole, and the table between two marks in README.md."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from .declare import Declared, declared
from .settings import Settings

BEGIN, END = "<!-- settings: begin (made by `mailstead docs`) -->", "<!-- settings: end -->"
_WIDTH = 110

_HEAD = """\
# Settings of Mailstead. Copy to .env, change, `scripts/up`.
#
# Each line shows the default: taking away its # changes nothing. Empty means unset. Set the first two.
# Any MAIL_X may be given as MAIL_X_FILE=/path instead: the value is then read from that file (Docker secrets).
# POSTFIX_<parameter>=value sets any parameter of Postfix's main.cf (https://www.postfix.org/postconf.5.html).
# Dovecot takes more files from config/dovecot/*.conf, Sieve scripts for all accounts from config/sieve/before.d/*.sieve, rspamd
# those in config/rspamd/local.d.

# Which containers run beside the mail server: filter (spam, signatures). Without it, take this line away.
COMPOSE_PROFILES=filter
"""


def pages(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each generated page below the project's folder: its path, and the text it should have."""
    yield root / "env.example", env_example()
    readme = root / "README.md"
    yield readme, with_table(readme.read_text(encoding="utf-8"))
    yield root / "docs" / "doctor.md", importlib.import_module(f"{__package__}.doctor.page").page()


def env_example() -> str:
    """Return env.example: every setting with its sentence and its default, commented out."""
    return "\n".join([_HEAD, *(_lines(one) for one in declared(Settings))])


def _lines(one: Declared) -> str:
    text = "".join(f"# {line}\n" for line in [*_wrapped(one.text), f"Allowed: {one.kind.allowed}.", *_example(one)])
    return f"{text}#{one.variable}={one.default or ''}\n"


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _example(one: Declared) -> list[str]:
    return [] if one.example == one.default else [f"Example: {one.variable}={one.example}"]


def with_table(readme: str) -> str:
    """Return a README with the table of settings between its two marks; ValueError where a mark is missing."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md needs the lines {BEGIN} and {END}")
    return f"{head}{begin}\n{table()}{end}{tail}"


def table() -> str:
    """Return the settings as a Markdown table."""
    cells = ((f"`{one.variable}`", _shown(one.default), f"{one.text} Example: `{one.example}`") for one in declared(Settings))
    # A bar of a value is no bar of the table (GitHub Flavored Markdown, 4.10).
    rows = ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)
    return "\n".join(["| setting | default | what it does |", "|---|---|---|", *rows, ""])


def _shown(default: str | None) -> str:
    return "unset" if default is None else f"`{default}`"
