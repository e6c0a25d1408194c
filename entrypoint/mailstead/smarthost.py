"""A look at a relay from where Postfix would go: connect, encrypt, sign in, and send nothing."""

import smtplib
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .directory.snapshot import Relay

_PATIENCE = 15  # seconds for each answer


class _TroubleError(Exception):
    """What is wrong, in a sentence."""


def trouble(relay: "Relay", ca_file: str) -> str | None:
    """Return what keeps mail from leaving by a relay, in a sentence; None if nothing does. `ca_file`: whom Postfix trusts."""
    try:
        with _connected(relay, _context(relay, ca_file)) as server:
            _encrypt(server, relay, ca_file)
            _sign_in(server, relay)
    except _TroubleError as said:
        return str(said)
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not accepted: {error.verify_message}; no password was sent"
    except ssl.SSLError as error:
        return f"TLS does not begin ({error.reason or error}); 465 is for TLS from the first byte, 587 and 25 for STARTTLS"
    except (OSError, smtplib.SMTPException) as error:
        return _unreachable(relay, error)
    return None


def _context(relay: "Relay", ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if relay.tls != "verify":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _connected(relay: "Relay", context: ssl.SSLContext) -> smtplib.SMTP:
    if relay.port == 465:
        return smtplib.SMTP_SSL(relay.host, relay.port, timeout=_PATIENCE, context=context)
    return smtplib.SMTP(relay.host, relay.port, timeout=_PATIENCE)


def _encrypt(server: smtplib.SMTP, relay: "Relay", ca_file: str) -> None:
    server.ehlo()
    if relay.port == 465:
        return
    if server.has_extn("starttls"):
        server.starttls(context=_context(relay, ca_file))
        server.ehlo()
    elif relay.tls != "opportunistic":
        raise _TroubleError("it offers no encryption (STARTTLS) on this port; try --port 465")


def _sign_in(server: smtplib.SMTP, relay: "Relay") -> None:
    if not relay.login:
        return
    if not server.has_extn("auth"):
        raise _TroubleError("it asks for no login on this port (no AUTH); try 587 or 465, or leave the login out")
    try:
        server.login(relay.login, relay.password or "")
    except smtplib.SMTPAuthenticationError as error:
        said = _words(error.smtp_error)
        raise _TroubleError(
            f'it refuses the login {relay.login}: "{error.smtp_code} {said}"; many providers want an app password here'
        ) from None


def _words(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _unreachable(relay: "Relay", error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        away = error.errno == socket.EAI_AGAIN
        return f"the DNS does not answer what {relay.host} is" if away else f"the name {relay.host} is not in the DNS"
    if isinstance(error, TimeoutError):
        return f"nothing answers on port {relay.port} within {_PATIENCE} s; it may be blocked; try 587 or 465"
    if isinstance(error, ConnectionRefusedError):
        return f"port {relay.port} is closed there"
    return f"it does not answer as a mail server does: {_words(str(error))}"
