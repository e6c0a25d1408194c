"""The certificate: its name, its end, who trusts it, and whether every port serves it."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from .. import health
from ..certs import Store
from .checks import Untestable, Verdict, check, fail, passed, warn
from .context import HERE, Context

_LOOK = "scripts/mailstead cert renew, and read what it says (docs/certificates.md)"
_DAY = 86400
_LONGEST = 10  # seconds


@check("certificate.valid")
def valid(context: Context) -> Iterator[Verdict]:
    """The certificate in service is for MAIL_HOSTNAME, from where MAIL_TLS says, and more than a tenth of its life is left."""
    current = Store().current()
    if current is None:
        yield fail("there is none, or its note does not belong to it", _LOOK)
        return
    now = datetime.now(UTC)
    trouble = health.certificate_trouble(context.settings, current, now)
    left = int((current.not_after - now.timestamp()) // _DAY)
    if trouble:
        yield fail(trouble, _LOOK)
    else:
        yield passed(f"for {context.settings.hostname}, from {current.source}, {left} days left")


@check("certificate.trusted")
def trusted(context: Context) -> Iterator[Verdict]:
    """Mail programs trust the certificate without being told to: it is verified by the public CAs, on the port for IMAP."""
    try:
        with socket.create_connection((HERE, 993), timeout=_LONGEST) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname=context.settings.hostname).close()
    except ssl.SSLCertVerificationError as error:
        mend = "MAIL_TLS=acme and MAIL_ACME_EMAIL=you@example.org in .env, then: scripts/up (docs/certificates.md)"
        yield warn(f"every mail program asks whether to trust it, or refuses: {error.verify_message}", mend)
    else:
        yield passed("the public CAs vouch for it")


@check("certificate.served")
def served(context: Context) -> Iterator[Verdict]:
    """Each port serves the certificate that is in service, and not an older one."""
    from ..certs import pem, ports

    current = Store().current()
    if current is None:
        raise Untestable("there is no certificate to compare with")
    for port, found in ports.served(context.settings).items():
        if found is None:
            yield fail("does not answer with a certificate", "docker compose restart mail", of=str(port))
        elif pem.serial(found) == current.serial:
            yield passed("serves it", of=str(port))
        else:
            yield fail(f"serves another one, serial {pem.serial(found)}", "docker compose restart mail", of=str(port))
