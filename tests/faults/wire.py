"""The wire between clients and a stack: slow, or cut at a given place (a proxy on 127.0.0.1, in a thread of its own)."""

import asyncio
import contextlib
import copy
import random
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from support.people import Person
from support.stack import Stack

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: the end is a RST
ACCEPTED = b"250 2.0.0 Ok: queued as"
PORTS = ("SMTP", "SUBMISSIONS", "IMAPS")


@dataclass
class Wire:
    """What happens to connections: each piece is `delay` seconds late; and, one after the other, each of `cuts` befalls one.

    A cut is a number of bytes of the client's after which it is cut off; or 0: the server's acknowledgement (in clear, so on port
    25 alone) gets lost with the connection. Every second cut is a RST to both sides, the others are ends (FIN).
    """

    delay: float = 0
    cuts: list[int] = field(default_factory=list)
    done: int = 0

    @contextlib.contextmanager
    def between(self, stack: Stack, people: Sequence[Person]) -> Iterator[tuple[Stack, list[Person]]]:
        """Return the stack and people as they are seen from the other end of this wire."""
        loop, ports = asyncio.new_event_loop(), dict(stack.ports)
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            for name in PORTS:
                ports[name] = asyncio.run_coroutine_threadsafe(self._listen(stack.ports[name], name == "SMTP"), loop).result(10)
            seen = copy.copy(stack)
            seen.ports = ports
            yield seen, [Person(seen, one.mailbox, one.password) for one in people]
        finally:
            asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _listen(self, port: int, in_clear: bool) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", port)
                await _Connection(self, in_clear, (reader, writer), (there, back)).live()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    def next_cut(self, in_clear: bool) -> int | None:
        """Return what befalls the next connection."""
        mine = next((cut for cut in self.cuts if cut or in_clear), None)
        if mine is not None:
            self.cuts.remove(mine)
        return mine


async def _end() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Connection:
    def __init__(self, wire: Wire, in_clear: bool, *ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.wire = wire
        (self.client, self.to_client), (self.server, self.to_server) = ends
        self.cut = wire.next_cut(in_clear)
        self.sent = 0
        self.over = False

    async def live(self) -> None:
        there = self._carry(self.client, self.to_server, self._from_client)
        back = self._carry(self.server, self.to_client, self._from_server)
        tasks = [asyncio.ensure_future(way) for way in (there, back)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self.cut is not None and not self.over:
                self.wire.cuts.append(self.cut)
            for task in tasks:
                task.cancel()
            self.to_client.close()
            self.to_server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                if self.wire.delay:
                    await asyncio.sleep(self.wire.delay)
                piece, over = seen(piece)
                writer.write(piece)
                await writer.drain()
                if over:
                    self._break()
                    return

    def _from_client(self, piece: bytes) -> tuple[bytes, bool]:
        room = self.cut - self.sent if self.cut else len(piece) + 1
        self.sent += len(piece)
        return piece[:room], room <= len(piece)

    def _from_server(self, piece: bytes) -> tuple[bytes, bool]:
        lost = self.cut == 0 and ACCEPTED in piece
        return b"" if lost else piece, lost

    def _break(self) -> None:
        self.over = True
        self.wire.done += 1
        if self.wire.done % 2:
            for writer in (self.to_client, self.to_server):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def anywhere(count: int) -> list[int]:
    """Return so many places for cuts: half where the acknowledgement gets lost, the others somewhere in greeting or DATA."""
    return [0 if number % 2 else random.randrange(1, 120_000) for number in range(count)]
