"""A sink for mail: keeps every message it is sent byte for byte, refuses when it is told to, and plays a smarthost.

    python3 sink.py KEPT TLS LOGIN PASSWORD

Port 25 takes mail from anybody. 465 (TLS from the first byte) and 587 (STARTTLS) take it after AUTH with LOGIN and PASSWORD,
under the certificate in TLS/certificate.pem (key and chain; read again on SIGHUP). A message becomes KEPT/<n>.eml and,
once that is whole, KEPT/<n>.json: sender, recipients, port, whether TLS was on, and the login. While KEPT/refusal exists,
every RCPT is answered with the line it holds.
"""

import asyncio
import json
import signal
import ssl
import sys
from functools import partial
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

LARGEST = 100 * 2**20
NUMBERS = count(1)


class Keeper:
    """The aiosmtpd handler of one port."""

    def __init__(self, kept: Path, port: int) -> None:
        self.kept = kept
        self.port = port

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.kept / "refusal"
        if refusal.exists():
            return refusal.read_text()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        facts = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "port": self.port,
            "tls": session.ssl is not None or self.port == 465,
            "login": session.auth_data and session.auth_data.login.decode(),
        }
        keep(self.kept / f"{next(NUMBERS):06}", envelope.original_content, facts)
        return "250 2.0.0 kept"


def keep(place: Path, content: bytes, facts: dict) -> None:
    place.with_suffix(".eml").write_bytes(content)
    unfinished = place.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(facts))
    unfinished.rename(place.with_suffix(".json"))


def certify(context: ssl.SSLContext, tls: Path) -> None:
    context.load_cert_chain(tls / "certificate.pem")
    print("sink: certificate read", flush=True)


def authenticator(login: str, password: str):
    expected = LoginPassword(login.encode(), password.encode())

    def check(server, session, envelope, mechanism, given):
        return AuthResult(success=given == expected, handled=False, auth_data=given)

    return check


async def serve(kept: Path, tls: Path, login: str, password: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certify(context, tls)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, certify, context, tls)

    def answer(port: int, **options):
        return SMTP(Keeper(kept, port), hostname="sink.elsewhere.test", data_size_limit=LARGEST, **options)

    asked = {"auth_required": True, "authenticator": authenticator(login, password)}
    # 25 would take a login, and over a bare line: nobody must give it one.
    tempting = {"authenticator": asked["authenticator"], "auth_require_tls": False}
    await loop.create_server(partial(answer, 25, **tempting), "0.0.0.0", 25)
    # aiosmtpd cannot see that 465 is encrypted before it begins, hence auth_require_tls=False there.
    await loop.create_server(partial(answer, 465, auth_require_tls=False, **asked), "0.0.0.0", 465, ssl=context)
    await loop.create_server(partial(answer, 587, tls_context=context, require_starttls=True, **asked), "0.0.0.0", 587)
    print("sink: listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
