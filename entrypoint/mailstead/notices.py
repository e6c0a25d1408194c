"""Letters of this server's own to its postmaster."""

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid

from .settings import Settings

_LONGEST = 30  # seconds


def letter(settings: Settings, subject: str, text: str, *, by: str = "Mailstead") -> EmailMessage:
    """Return a letter to the postmaster, of which no program answers a word (RFC 3834, 5)."""
    message = EmailMessage()
    message["From"], message["To"] = f"{by} <{settings.postmaster}>", settings.postmaster
    message["Subject"] = subject
    message["Date"], message["Message-ID"] = format_datetime(localtime()), make_msgid(domain=settings.hostname)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def send(message: EmailMessage, settings: Settings) -> None:
    """Hand a letter to Postfix, from nobody, so that its failure is told to nobody; OSError or SMTPException where it is away."""
    with smtplib.SMTP("127.0.0.1", 25, "localhost", timeout=_LONGEST) as server:
        server.send_message(message, "", [settings.postmaster])
