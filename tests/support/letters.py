"""Letters: how one is written, and one that arrived."""

import email.policy
import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, localtime, make_msgid
from functools import cached_property

_POLICY = email.policy.SMTP.clone(max_line_length=78)


def addresses(to: object) -> list[Address]:
    """Return the addresses of one or several people, each somebody with a `mailbox` or a plain address."""
    several = to if isinstance(to, list | tuple) else [to]
    return [Address(addr_spec=one) if isinstance(one, str) else one.mailbox for one in several]


def write(sender: Address, to: list[Address], subject: str, text: str, attachment: bytes | None = None) -> bytes:
    """Return a letter as it goes over the wire (RFC 5322, CRLF line ends, UTF-8 text as 8bit, RFC 2047 subject)."""
    message = EmailMessage(_POLICY)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = format_datetime(localtime()), make_msgid(domain=sender.domain)
    message.set_content(text, cte="7bit" if text.isascii() else "8bit")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="attachment")
    return message.as_bytes()


@dataclass(frozen=True)
class Letter:
    """A letter as bytes with CRLF line ends, headers first."""

    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The letter as the standard library reads it."""
        return BytesParser(policy=email.policy.default).parsebytes(self.raw)

    @property
    def subject(self) -> str:
        """The subject in plain text."""
        return self.message["Subject"] or ""

    @property
    def text(self) -> str:
        """The words of the letter, line ends as `\\n`, without the one that closes them."""
        words = self.message.get_body(("plain",)).get_content()
        return words.replace("\r\n", "\n").removesuffix("\n")

    @property
    def attachment(self) -> bytes:
        """The content of the first attachment."""
        return next(self.message.iter_attachments()).get_content()

    @property
    def body(self) -> bytes:
        """All that follows the header, as it came."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def digest(self) -> str:
        """SHA-256 of the body, to compare what was sent with what came."""
        return hashlib.sha256(self.body).hexdigest()
