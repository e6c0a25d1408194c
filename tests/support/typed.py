"""Typing a command, as a script does or as a person at a terminal."""

import argparse
import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from mailstead import cli
from mailstead.directory import Place

PROGRAM = """
import argparse, pathlib, sys
from mailstead import cli
from mailstead.directory import Place

url, state, *words = sys.argv[1:]
state = pathlib.Path(state)
parser = argparse.ArgumentParser(prog="mailstead")
place = Place(
    url=url,
    projection=state / "projection",
    mail=state.parent / "mail",
    owned=False, read=False,
)
cli.module_of(words[0]).register(parser.add_subparsers(required=True), place)
arguments = parser.parse_args(words)
sys.exit(arguments.run(arguments))
"""


@dataclass(frozen=True)
class Said:
    """How a verb ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict | list:
        """The one JSON value it printed."""
        return json.loads(self.out)


def run(place: Place, words: Sequence[str]) -> int:
    """Run a command in this process, on the directory at a place; return its exit status."""
    parser = argparse.ArgumentParser(prog="mailstead")
    cli.module_of(words[0]).register(parser.add_subparsers(required=True), place)
    arguments = parser.parse_args(words)
    return arguments.run(arguments)


def at_terminal(place: Place, words: Sequence[str], answers: Sequence[tuple[str, str]]) -> Said:
    """Run a command at a terminal, and type an answer to each question once it stands there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, place.url, str(place.projection.parent), *words]
    environ = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True)
    os.close(theirs)
    shown = "".join(_until(ours, question) + _type(ours, answer) for question, answer in answers) + _until(ours, None)
    os.close(ours)
    return Said(process.wait(30), shown, "")


def _until(terminal: int, question: str | None) -> str:
    # What is shown until a question stands there, or the program is gone.
    shown = b""
    while question is None or question.encode() not in shown:
        try:
            shown += os.read(terminal, 1000)
        except OSError:
            break
    return shown.decode().replace("\r\n", "\n")


def _type(terminal: int, answer: str) -> str:
    os.write(terminal, f"{answer}\n".encode())
    return ""
