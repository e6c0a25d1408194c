"""Mailboxes that are full at once: Maildir files written straight into the volume, as a copied mailbox brings them.

What it costs to deliver so much is not what is measured here.
"""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from random import Random

from .stacks import BARE_IMAGE, DOMAIN, BenchError, Stack

NEEDLE = "xylographer"
_VMAIL = 5000  # uid and gid, in both stacks
_WORDS = ("about", "boat", "cedar", "dinner", "early", "forest", "garden", "harbour", "island", "journey", "kettle", "lantern")
_TIMEOUT = 300  # seconds
_BEGUN = 1_700_000_000  # seconds of the epoch: when the first letter came


def fill(stack: Stack, address: str, count: int) -> None:
    """Put letters of about a kilobyte into somebody's inbox, which is empty; the last one alone holds NEEDLE."""
    name = address.removesuffix(f"@{DOMAIN}")
    volume = ["--interactive", "--volume", f"{stack.name}_mail:/var/mail"]
    command = stack.beside(*volume, BARE_IMAGE, "tar", "--extract", "--directory", f"/var/mail/{DOMAIN}")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as unpacking:
        with tarfile.open(fileobj=unpacking.stdin, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
            for member, text in members(name, count):
                archive.addfile(member, io.BytesIO(text))
        _, said = unpacking.communicate(timeout=_TIMEOUT)
    if unpacking.returncode:
        raise BenchError(f"{stack.label}: {count} letters for {name} could not be put into place: {said.decode()}")


def members(name: str, count: int) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield what an archive of such a mailbox has: folders, and letters with their text."""
    for folder in ("", "/Maildir", "/Maildir/cur", "/Maildir/new", "/Maildir/tmp"):
        yield _member(f"{name}{folder}", tarfile.DIRTYPE, 0o700), b""
    words = Random(count)
    for number in range(count):
        text = letter(name, number, words, NEEDLE if number == count - 1 else "")
        size = f"S={len(text)},W={len(text) + text.count(bytes([10]))}"
        member = _member(f"{name}/Maildir/cur/{_BEGUN + number}.M0P{number}.bench,{size}:2,S", tarfile.REGTYPE, 0o600)
        member.size = len(text)
        yield member, text


def _member(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type, member.mode, member.uid, member.gid, member.mtime = kind, mode, _VMAIL, _VMAIL, _BEGUN
    return member


def letter(name: str, number: int, words: Random, last: str = "") -> bytes:
    """Return a letter of plain words that somebody writes to himself, with line ends as they are on disk."""
    lines = "\n".join(" ".join(words.choices(_WORDS, k=10)) for _ in range(12))
    head = f"From: {name}@{DOMAIN}\nTo: {name}@{DOMAIN}\nSubject: letter {number}\nMessage-ID: <{number}.{name}@{DOMAIN}>\n"
    return f"{head}Date: Tue, 14 Nov 2023 22:13:20 +0000\n\n{lines}\n{last}\n".encode()
