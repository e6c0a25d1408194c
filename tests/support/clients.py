"""Connections of a person's programs to a stack, one function per port, each by verified TLS; and the ways to sign in."""

import base64
import imaplib
import poplib
import smtplib
from collections.abc import Callable

from .stack import Stack

TIMEOUT = 60  # seconds; a good answer takes milliseconds
HERE = "127.0.0.1"
EHLO = "laptop.example.test"


def smtp(stack: Stack) -> smtplib.SMTP:
    """Connect to port 25 as another server does."""
    return smtplib.SMTP(HERE, stack.ports["SMTP"], local_hostname=EHLO, timeout=TIMEOUT)


def submissions(stack: Stack) -> smtplib.SMTP:
    """Connect to port 465, TLS from the first byte (RFC 8314)."""
    return smtplib.SMTP_SSL(HERE, stack.ports["SUBMISSIONS"], local_hostname=EHLO, timeout=TIMEOUT, context=stack.trust)


def submission(stack: Stack) -> smtplib.SMTP:
    """Connect to port 587 and begin TLS there (RFC 6409, RFC 3207)."""
    server = smtplib.SMTP(HERE, stack.ports["SUBMISSION"], local_hostname=EHLO, timeout=TIMEOUT)
    server.starttls(context=stack.trust)
    return server


def imaps(stack: Stack) -> imaplib.IMAP4:
    """Connect to port 993."""
    return imaplib.IMAP4_SSL(HERE, stack.ports["IMAPS"], ssl_context=stack.trust, timeout=TIMEOUT)


def pop3s(stack: Stack) -> poplib.POP3:
    """Connect to port 995."""
    return poplib.POP3_SSL(HERE, stack.ports["POP3S"], context=stack.trust, timeout=TIMEOUT)


def envelope(server: smtplib.SMTP, sender: str, recipient: str, size: int | None = None) -> tuple[int, str]:
    """Say MAIL and RCPT; return the reply (code, text) to the second, or to the first where that is the refusal."""
    server.ehlo_or_helo_if_needed()
    code, text = server.mail(sender, [f"SIZE={size}"] if size else [])
    if code == 250:
        code, text = server.rcpt(recipient)
    server.rset()
    return code, text.decode()


def smtp_plain(server: smtplib.SMTP, address: str, password: str) -> None:
    """Sign in by AUTH PLAIN (RFC 4954); SMTPAuthenticationError where the server says no."""
    server.ehlo_or_helo_if_needed()
    _welcome(*server.docmd("AUTH", "PLAIN " + _base64(f"\0{address}\0{password}")))


def smtp_login(server: smtplib.SMTP, address: str, password: str) -> None:
    """Sign in by AUTH LOGIN, user name and password asked for one after the other."""
    server.ehlo_or_helo_if_needed()
    server.docmd("AUTH", "LOGIN")
    server.docmd(_base64(address))
    _welcome(*server.docmd(_base64(password)))


def imap_plain(server: imaplib.IMAP4, address: str, password: str) -> None:
    """Sign in by AUTHENTICATE PLAIN (RFC 4616), which carries any UTF-8; imaplib's error where the server says no."""
    server.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode())


def pop3_user(server: poplib.POP3, address: str, password: str) -> None:
    """Sign in by USER and PASS (RFC 1939); error_proto where the server says no."""
    server.user(address)
    server.pass_(password)


def _welcome(code: int, reply: bytes) -> None:
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


REFUSALS = (smtplib.SMTPAuthenticationError, imaplib.IMAP4.error, poplib.error_proto)

WAYS: dict[str, Callable[[Stack, str, str], bool]] = {
    "SMTP by PLAIN on 465": lambda *who: _opens(submissions, smtp_plain, *who),
    "SMTP by LOGIN on 465": lambda *who: _opens(submissions, smtp_login, *who),
    "SMTP by PLAIN on 587": lambda *who: _opens(submission, smtp_plain, *who),
    "SMTP by LOGIN on 587": lambda *who: _opens(submission, smtp_login, *who),
    "IMAP": lambda *who: _opens(imaps, imap_plain, *who),
    "POP3": lambda *who: _opens(pop3s, pop3_user, *who),
}
"""Every way to sign in: (stack, address, password) to whether the server lets them in."""


def opening(stack: Stack, address: str, password: str) -> set[str]:
    """Return the names of the ways in WAYS that let this address and password in."""
    return {name for name, way in WAYS.items() if way(stack, address, password)}


def signs_in(stack: Stack, address: str, password: str) -> bool:
    """Whether this address and password are let in to send (465) and to read (993)."""
    return all(WAYS[way](stack, address, password) for way in ("SMTP by PLAIN on 465", "IMAP"))


def _opens(connect: Callable, sign_in: Callable, stack: Stack, address: str, password: str) -> bool:
    server = connect(stack)
    try:
        sign_in(server, address, password)
        return True
    except REFUSALS:
        return False
    finally:
        _leave(server)


def _leave(server: smtplib.SMTP | imaplib.IMAP4 | poplib.POP3) -> None:
    if isinstance(server, imaplib.IMAP4):
        server.logout()
    else:
        server.quit()
