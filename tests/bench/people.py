"""What a person's mail program does with a stack: be greeted, sign in and send, sign in and read.

Certificates are not checked: a bench asks when a server answers, not who it is.
"""

import imaplib
import smtplib
import socket
import ssl
from email.message import EmailMessage

from .measure import retry
from .stacks import DOMAIN, HERE, PASSWORD, POSTMASTER, Stack

TIMEOUT = 10  # seconds
NOT_YET = (OSError, smtplib.SMTPException, imaplib.IMAP4.error)
"""What these functions raise while a stack cannot do it yet."""

_UNCHECKED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_UNCHECKED.check_hostname = False
_UNCHECKED.verify_mode = ssl.CERT_NONE


def be_greeted(stack: Stack) -> str:
    """Return the greeting line of port 25; ConnectionError where it is not whole or not 220 (RFC 5321, 4.2)."""
    with socket.create_connection((HERE, stack.ports["SMTP"]), timeout=TIMEOUT) as connection:
        line = connection.makefile("rb").readline()
    if not (line.startswith(b"220 ") and line.endswith(b"\r\n")):
        raise ConnectionError(f"no greeting: {line!r}")
    return line.decode()


def send(stack: Stack, subject: str) -> None:
    """Sign in on port 465 and send the postmaster a letter with this subject, from himself."""
    letter = EmailMessage()
    letter["From"] = letter["To"] = POSTMASTER
    letter["Subject"] = subject
    letter.set_content(f"{subject}\n")
    with _submissions(stack) as server:
        server.send_message(letter)


def sign_in_to_send(stack: Stack) -> None:
    """Sign in on port 465 and leave."""
    _submissions(stack).quit()


def _submissions(stack: Stack) -> smtplib.SMTP:
    server = at_submissions(stack)
    try:
        server.login(POSTMASTER, PASSWORD)
    except BaseException:
        server.close()
        raise
    return server


def at_smtp(stack: Stack) -> smtplib.SMTP:
    """Return a connection to port 25."""
    return smtplib.SMTP(HERE, stack.ports["SMTP"], local_hostname=f"mail.{DOMAIN}", timeout=TIMEOUT)


def at_submissions(stack: Stack) -> smtplib.SMTP:
    """Return a connection to port 465 on which nobody has signed in."""
    return smtplib.SMTP_SSL(
        HERE, stack.ports["SUBMISSIONS"], local_hostname=f"laptop.{DOMAIN}", timeout=TIMEOUT, context=_UNCHECKED
    )


def read(stack: Stack, subject: str) -> str:
    """Sign in on port 993, wait for the postmaster's letter with this subject, and return its text."""
    with _inbox(stack) as server:
        found = retry(lambda: _search(server, subject), TIMEOUT, (LookupError,), what=f"the letter {subject}")
        return server.fetch(found, "(BODY.PEEK[TEXT])")[1][0][1].decode()


def sign_in_to_read(stack: Stack) -> None:
    """Sign in on port 993, look into the inbox and leave."""
    with _inbox(stack):
        pass


def _inbox(stack: Stack) -> imaplib.IMAP4:
    server = at_imaps(stack)
    try:
        server.login(POSTMASTER, PASSWORD)
        server.select("INBOX", readonly=True)
    except BaseException:
        server.shutdown()
        raise
    return server


def at_imaps(stack: Stack) -> imaplib.IMAP4:
    """Return a connection to port 993 on which nobody has signed in."""
    return imaplib.IMAP4_SSL(HERE, stack.ports["IMAPS"], ssl_context=_UNCHECKED, timeout=TIMEOUT)


def _search(server: imaplib.IMAP4, subject: str) -> str:
    server.noop()
    found = server.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
    if not found:
        raise LookupError(subject)
    return found[-1].decode()
