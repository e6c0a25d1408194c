"""Mail servers of many names on one machine, and the web servers of their MTA-STS policies.

    python3 peers.py KEPT SHOWN [plain]

Port 25 takes mail from anybody and keeps it as sink.py does; with STARTTLS, or with `plain` without. Port 443 serves
SHOWN/policies/DOMAIN.txt as https://mta-sts.DOMAIN/.well-known/mta-sts.txt. The certificate of a name, with its key and chain, is
SHOWN/NAME.pem; whoever asks for no name is shown that of `anybody`.
"""

import asyncio
import ssl
import sys
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP
from sink import Keeper


def context(shown: Path) -> ssl.SSLContext:
    def made(file: Path) -> ssl.SSLContext:
        one = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        one.load_cert_chain(file)
        return one

    contexts = {file.stem: made(file) for file in shown.glob("*.pem")}
    asked_for_none = contexts["anybody"]

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = contexts.get(name or "", asked_for_none)

    asked_for_none.sni_callback = choose
    return asked_for_none


async def serve_policy(shown: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    host = next(line.partition(":")[2].strip() for line in head.splitlines() if line.lower().startswith("host:"))
    file = shown / "policies" / f"{host.removeprefix('mta-sts.')}.txt"
    found = file.exists() and head.startswith("GET /.well-known/mta-sts.txt ")
    content = file.read_bytes() if found else b"not here\n"
    status = "200 OK" if found else "404 Not Found"
    writer.write(f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
    await writer.drain()
    writer.close()


async def serve(kept: Path, shown: Path, *plain: str) -> None:
    loop = asyncio.get_running_loop()
    tls = {} if plain else {"tls_context": context(shown)}
    await loop.create_server(lambda: SMTP(Keeper(kept, 25), hostname="peers.test", **tls), "0.0.0.0", 25)
    if not plain:
        await asyncio.start_server(partial(serve_policy, shown), "0.0.0.0", 443, ssl=context(shown))
    print("peers: listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
