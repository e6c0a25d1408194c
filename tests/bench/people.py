"""What a person's mail program does with a stack: be greeted, sign in and send, sign in and read.

Where only the moment counts at which a server answers, its certificate is not checked; where many clients are measured, each
does what a mail program does and trusts one certificate alone, the server's.
"""

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from .measure import retry
from .stacks import DOMAIN, HERE, PASSWORD, POSTMASTER, Stack

TIMEOUT = 10  # seconds
PATIENCE = 300  # seconds, of mail programs: what takes long is measured, and a large mailbox is opened for the first time
NOT_YET = (OSError, smtplib.SMTPException, imaplib.IMAP4.error)
"""What these functions raise while a stack cannot do it yet."""

_LAPTOP = f"laptop.{DOMAIN}"
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


def at_submissions(stack: Stack, tls: ssl.SSLContext = _UNCHECKED, within: float = TIMEOUT) -> smtplib.SMTP:
    """Return a connection to port 465 on which nobody has signed in, and on which each answer comes `within` seconds."""
    return smtplib.SMTP_SSL(HERE, stack.ports["SUBMISSIONS"], local_hostname=_LAPTOP, timeout=within, context=tls)


def at_submission(stack: Stack, tls: ssl.SSLContext = _UNCHECKED, within: float = TIMEOUT) -> smtplib.SMTP:
    """Return one to port 587, where TLS has begun."""
    server = smtplib.SMTP(HERE, stack.ports["SUBMISSION"], local_hostname=_LAPTOP, timeout=within)
    server.starttls(context=tls)
    return server


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


def at_imaps(stack: Stack, tls: ssl.SSLContext = _UNCHECKED, within: float = TIMEOUT) -> imaplib.IMAP4:
    """Return a connection to port 993 on which nobody has signed in, and on which each answer comes `within` seconds."""
    return imaplib.IMAP4_SSL(HERE, stack.ports["IMAPS"], ssl_context=tls, timeout=within)


def _search(server: imaplib.IMAP4, subject: str) -> str:
    server.noop()
    found = server.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
    if not found:
        raise LookupError(subject)
    return found[-1].decode()


class Trust(ssl.SSLContext):
    """Trust in one server's certificate and in no other: what was seen there at the first visit.

    A connection takes up the TLS session of the one that `remember` was told of.
    """

    session: ssl.SSLSession | None = None

    def wrap_socket(self, *arguments, **options) -> ssl.SSLSocket:
        """Begin TLS, as SSLContext does."""
        return super().wrap_socket(*arguments, session=self.session, **options)

    def remember(self, connection: ssl.SSLSocket) -> bool:
        """Take up the session of a connection from now on; whether this one has taken one up itself."""
        self.session = connection.session
        return bool(connection.session_reused)


def trust(stack: Stack) -> Trust:
    """Return trust in the stack's certificate: it is the only authority, so its name need not be looked at."""
    made = Trust(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.load_verify_locations(cadata=ssl.get_server_certificate((HERE, stack.ports["IMAPS"]), timeout=TIMEOUT))
    return made


@contextmanager
def sending(
    stack: Stack, address: str, tls: ssl.SSLContext, *, starttls: bool = False, within: float = PATIENCE
) -> Iterator[smtplib.SMTP]:
    """Be signed in on port 465, or with `starttls` on 587."""
    server = (at_submission if starttls else at_submissions)(stack, tls, within)
    try:
        server.login(address, PASSWORD)
        yield server
        server.quit()
    finally:
        server.close()


@contextmanager
def reading(stack: Stack, address: str, tls: ssl.SSLContext) -> Iterator[imaplib.IMAP4]:
    """Be signed in on port 993."""
    server = at_imaps(stack, tls, PATIENCE)
    try:
        server.login(address, PASSWORD)
        yield server
        server.send(b"o LOGOUT\r\n")
    finally:
        server.shutdown()


def idle(server: imaplib.IMAP4) -> None:
    """Look into the inbox and have the server say by itself what comes (RFC 2177)."""
    server.select("INBOX")
    server.send(b"i IDLE\r\n")
    while not server.readline().startswith(b"+"):
        pass


def wait_pushed(server: imaplib.IMAP4) -> None:
    """Wait until the server says that the inbox has more letters; TimeoutError where it does not."""
    while not server.readline().endswith(b" EXISTS\r\n"):
        pass


def ask_until_there(server: imaplib.IMAP4) -> None:
    """Ask without a pause, by NOOP, until the inbox that is open has more letters."""
    there = False
    while not there:
        server.send(b"n NOOP\r\n")
        while not (line := server.readline()).startswith(b"n "):
            there |= line.endswith(b" EXISTS\r\n")
