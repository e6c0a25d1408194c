"""Send a message as a stranger's program does: straight to a mail exchanger, TLS where it is offered.

    python3 send.py EXCHANGER SENDER FILE RECIPIENT...

Sends the file byte for byte. Prints the refusal and exits 1 where a recipient or the message is refused.
"""

import smtplib
import ssl
import sys
from pathlib import Path


def send(exchanger: str, sender: str, message: bytes, recipients: list[str]) -> None:
    # Between servers encryption is opportunistic: a certificate nobody can check is better than none (RFC 7435).
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP(exchanger, 25, local_hostname="sink.elsewhere.test", timeout=30) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=unverified)
        server.sendmail(sender, recipients, message)


if __name__ == "__main__":
    try:
        send(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes(), sys.argv[4:])
    except smtplib.SMTPException as refusal:
        sys.exit(str(refusal))
