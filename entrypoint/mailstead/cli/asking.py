"""What verbs ask at a terminal: a password, typed twice, and whether somebody is sure."""

import getpass
import sys

from ..directory import DirectoryError, passwords
from .directory import Arguments


def password(arguments: Arguments, address: str) -> tuple[str, dict[str, str]]:
    """Return the password for an account, and as a fact to tell its owner if it was made here and nobody knows it yet."""
    if arguments.password_stdin:
        return _checked(_first_line()), {}
    if sys.stdin.isatty() and (typed := _typed_twice(address)):
        return typed, {}
    generated = passwords.generate()
    return generated, {"password": generated}


def _first_line() -> str:
    # By bytes: in text, Python would take a carriage return inside the password for the end of the line.
    line = sys.stdin.buffer.readline().removesuffix(b"\n").removesuffix(b"\r")
    return line.decode(errors="surrogateescape")


def _typed_twice(address: str) -> str:
    try:
        typed = getpass.getpass(f"Password for {address} (nothing: one is made): ")
        if typed and getpass.getpass("Once more: ") != _checked(typed):
            raise DirectoryError("the two passwords differ; nothing was changed")
    except EOFError:
        raise DirectoryError("no password was typed; nothing was changed") from None
    return typed


def _checked(password: str) -> str:
    try:
        passwords.check(password)
    except ValueError as error:
        raise DirectoryError(f"{error}; nothing was changed") from None
    return password


def confirm(arguments: Arguments, address: str) -> None:
    """Go on only if whoever deletes mail for good types the address; DirectoryError otherwise."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise DirectoryError(f"to delete {address} and its mail without being asked, add --yes; nothing was deleted")
    question = f"This deletes {address} and all of its mail, for good.\nType the address to go on: "
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != address:
        raise DirectoryError("that is not its address; nothing was deleted")
