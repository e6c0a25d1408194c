"""The command `mailstead`: one function per verb, the first line of its docstring is its help.

Exit status: 0 good, 1 found wanting, 2 usage, 78 configuration (EX_CONFIG of sysexits.h).
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TypeVar

from ..declare import SettingsError

T = TypeVar("T")
GOOD, WANTING, USAGE, CONFIG = 0, 1, 2, 78

# Which module has which verbs: only that one is imported, since a start and a health check must be quick.
_VERBS = {
    "start": ("up", "check", "render"),
    "look": ("health", "sbom", "docs"),
    "cert": ("cert",),
    "dkim": ("dkim",),
    "doctor": ("doctor",),
    "prepare": ("prepare",),
    "follow": ("follow",),
    "notice": ("quota-notice",),
    "learning": ("learn", "rate-notice"),
    "account": ("account",),
    "alias": ("alias",),
    "apply": ("apply", "export"),
    "app_password": ("app-password",),
    "directory": ("project", "audit"),
    "dns": ("dns",),
    "domain": ("domain",),
    "group": ("group",),
    "importing": ("import",),
    "relay": ("relay",),
}


def main(arguments: Sequence[str]) -> int:
    """Run one verb; return its exit status."""
    parser = argparse.ArgumentParser(prog="mailstead", description="A mail server from one env file.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for module in _modules(arguments):
        module.register(verbs)
    given = parser.parse_args(arguments)
    try:
        return given.run(given)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return CONFIG


def _modules(arguments: Sequence[str]) -> Sequence[ModuleType]:
    known = {verb: module for module, verbs in _VERBS.items() for verb in verbs}
    asked = [arguments[0]] if arguments and arguments[0] in known else [verbs[0] for verbs in _VERBS.values()]
    return [module_of(verb) for verb in asked]


def module_of(verb: str) -> ModuleType:
    """Return the module that has a verb; its `register` adds it, with its siblings, to a parser."""
    (name,) = [module for module, verbs in _VERBS.items() if verb in verbs]
    return importlib.import_module(f"{__name__}.{name}")


def tell(sentence: str) -> None:
    """Say something in the container's log, where each line begins with a name."""
    print(f"mailstead: {sentence}", flush=True)


def typed(read: Callable[[str], T], allowed: str) -> Callable[[str], T]:
    """Return what reads an argument for argparse as `read` does, and says what is allowed where that refuses it (ValueError)."""

    def value(text: str) -> T:
        try:
            return read(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'"{text}" is not accepted; allowed: {allowed}') from None

    return value


def add_role(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told which container this is."""
    parser.add_argument("role", nargs="?", choices=("mail", "filter"), default="mail", help="what this container is")


def add_verb(
    verbs: argparse._SubParsersAction, run: Callable[[argparse.Namespace], int], name: str | None = None
) -> argparse.ArgumentParser:
    """Add a verb that `run` carries out, named as the function is, and return its parser for more arguments."""
    help_line = (run.__doc__ or "").partition("\n")[0]
    parser = verbs.add_parser(name or run.__name__, help=help_line, description=help_line)
    parser.set_defaults(run=run)
    return parser
