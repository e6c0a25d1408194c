"""The room of saslauthd: the way it is asked (saslauthd's ipc_unix.c: four counted strings, one counted answer)."""

import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mailstead.directory import passwords
from mailstead.services import saslauthd


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Future]]:
    """Let a socket stand for saslauthd's: answering(b"O", b"K") sends these pieces; its result is what it was asked."""
    monkeypatch.setattr(saslauthd, "MUX", str(tmp_path / "mux"))
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as thread:
        listener.bind(saslauthd.MUX)
        listener.listen()
        yield lambda length, *pieces: thread.submit(_answer, listener, length, pieces)


def _answer(listener: socket.socket, length: int, pieces: tuple[bytes, ...]) -> bytes:
    client, _ = listener.accept()
    with client:
        asked = b""
        while len(asked) < length:
            asked += client.recv(4096)
        for piece in pieces:
            client.sendall(piece)
    return asked


def framed(*words: str) -> bytes:
    """Return words as saslauthd counts them: two bytes, most significant first, then UTF-8."""
    return b"".join(struct.pack("!H", len(word.encode())) + word.encode() for word in words)


def test_four_counted_strings_go_out(answering: Callable[..., Future]):
    """User, password, service, realm: bytes are counted, not letters."""
    asked = framed("alice@example.org", "grüße, 100 %", "smtp", "")
    heard = answering(len(asked), framed("OK"))

    assert saslauthd.ask("alice@example.org", "grüße, 100 %", "smtp", "") == "OK"
    assert heard.result() == asked


def test_a_no_comes_back_with_its_reason(answering: Callable[..., Future]):
    """The count is taken off. Health asks about nobody: a no shows that passwords are checked."""
    answering(len(framed(*saslauthd._NOBODY)), framed("NO authentication failed"))

    assert saslauthd.probe() == saslauthd.Finding("saslauthd", True, "answers")


def test_an_answer_in_pieces_is_heard_to_its_end(answering: Callable[..., Future]):
    """saslauthd writes the count by itself, and complains in the log of whoever leaves after it."""
    answering(len(framed("alice@example.org", "x", "smtp", "")), b"\0", b"\2", b"O", b"K")

    assert saslauthd.ask("alice@example.org", "x", "smtp", "") == "OK"


def test_silence_is_not_well(answering: Callable[..., Future]):
    """A worker that dies over the question closes the line."""
    answering(len(framed(*saslauthd._NOBODY)))

    assert not saslauthd.probe().ok


def test_a_yes_to_nobody_is_not_well(answering: Callable[..., Future]):
    """Whatever lets everybody in is worse than what lets nobody in."""
    answering(len(framed(*saslauthd._NOBODY)), framed("OK"))

    assert not saslauthd.probe().ok


def test_nobody_is_let_to_it_while_it_could_only_say_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Postfix then says "try again"; health asks nothing, and says why."""
    passing = ["sasl"]
    monkeypatch.setattr(saslauthd, "DOOR", tmp_path / "saslauthd")
    monkeypatch.setattr(saslauthd.shutil, "chown", lambda place, group: passing.append(group))
    monkeypatch.setattr(Path, "group", lambda _: passing[-1])
    saslauthd.shut()  # Dovecot checks the passwords here: there is no door
    saslauthd.DOOR.mkdir()

    saslauthd.shut()
    assert passing == ["sasl", "saslauthd"]
    assert saslauthd.probe().said == "is asked nothing while the directory server is away"
    saslauthd.reopen()
    assert passing == ["sasl", "saslauthd", "sasl"]


def test_a_name_that_is_nobodys_costs_what_a_password_costs():
    """The salt of its hash is a good one, by the same method and cost as ours."""
    method = passwords.hash("x")[: len("$y$j9T$")]

    assert saslauthd.DECOY.startswith(method)
    assert passwords.crypt("x", saslauthd.DECOY).startswith(saslauthd.DECOY)
