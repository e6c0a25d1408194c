"""Whether people can sign in, stage by stage: the directory, the files the daemons read, saslauthd, SMTP AUTH, IMAP LOGIN.

No account is made for it: each stage is asked about nobody, and must say that the password is wrong. A stage that says anything
else is out of order. `doctor auth ADDRESS` (chain.py) goes the same way with somebody's own password.
"""

import base64
import imaplib
import secrets
import smtplib
from collections.abc import Iterator

from .. import directory
from ..directory import DirectoryError
from ..places import PROJECTION
from ..services import saslauthd
from ..tls import unverified
from .checks import Untestable, Verdict, check, fail, passed, skipped
from .context import HERE, Context

_LONGEST = 15  # seconds; Dovecot takes its time to refuse
_ANEW = f"docker compose exec mail rm {PROJECTION}/counter (all of them are made anew within seconds)"
_RESTART = "docker compose restart mail"


@check("auth.files")
def files(context: Context) -> Iterator[Verdict]:
    """The files PAM, Dovecot and Postfix read say what the directory says, line by line."""
    differing = list(_differing(context))
    for name in differing:
        yield fail(f"{PROJECTION}/{name} does not say what the directory says", _ANEW, of=name)
    if not differing:
        yield passed("every account stands in the files the daemons read")


def _differing(context: Context) -> Iterator[str]:
    from ..directory import change, project, snapshot

    place = directory.at(context.settings)
    try:
        with change.reading(place) as connection:
            for name, content in project.contents(snapshot.read(connection), context.settings):
                file = place.projection / name
                if not file.exists() or file.read_text(encoding="utf-8") != project.text(content):
                    yield name
                elif name in project.TABLES and not file.with_name(f"{name}.cdb").exists():
                    yield f"{name}.cdb"
    except DirectoryError as error:
        raise Untestable(str(error)) from error


@check("auth.postmaster")
def postmaster(context: Context) -> Iterator[Verdict]:
    """The postmaster's account is there: complaints and this server's own letters go to it (RFC 5321, 4.5.1)."""
    lines = (PROJECTION / "passwd").read_text(encoding="utf-8").splitlines()
    if any(line.partition(":")[0] == context.settings.postmaster for line in lines):
        yield passed(context.settings.postmaster)
    else:
        said = f"there is no account {context.settings.postmaster}, to which postmaster and abuse lead"
        yield fail(said, f"scripts/mailstead account add {context.settings.postmaster}, or another MAIL_POSTMASTER in .env")


@check("auth.saslauthd")
def by_saslauthd(context: Context) -> Iterator[Verdict]:
    """saslauthd refuses a name that nobody has; its other words, or silence, would be an outage for all who send."""
    if context.settings.smtp_auth != "saslauthd":
        yield skipped("MAIL_SMTP_AUTH=dovecot: Dovecot checks who sends")
        return
    said = saslauthd.ask(_nobody(context), "wrong", "smtp", "")
    if said.startswith("NO"):
        yield passed("refuses a name that nobody has")
    else:
        yield fail(f"says {said!r} about a name that nobody has", _RESTART)


@check("auth.smtp")
def by_smtp(context: Context) -> Iterator[Verdict]:
    """465 offers AUTH, and refuses a name that nobody has with 535; 454 would mean that nobody can be checked."""
    code, text = smtp_auth(_nobody(context), "wrong")
    if code == 535:
        yield passed("465 refuses a name that nobody has")
    else:
        yield fail(f"465 answers {code} {text}: who checks the passwords cannot be reached", _RESTART)


@check("auth.imap")
def by_imap(context: Context) -> Iterator[Verdict]:
    """993 refuses a name that nobody has as a wrong password, and not because it cannot check any."""
    said = imap_login(_nobody(context), "wrong")
    if "AUTHENTICATIONFAILED" in said:
        yield passed("993 refuses a name that nobody has")
    else:
        yield fail(f"993 says {said or 'OK'} to a name that nobody has", _RESTART)


def _nobody(context: Context) -> str:
    return f"nobody-{secrets.token_hex(4)}@{context.settings.domains[0]}"


def smtp_auth(login: str, password: str) -> tuple[int, str]:
    """Return the answer of 465 to AUTH PLAIN (RFC 4954, 4): 235 good, 535 wrong, 454 nobody can tell."""
    token = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
    with smtplib.SMTP_SSL(HERE, 465, "localhost", timeout=_LONGEST, context=unverified()) as server:
        server.ehlo()
        if not server.has_extn("auth"):
            return 503, "no AUTH is offered"
        code, text = server.docmd("AUTH", f"PLAIN {token}")
        return code, " ".join(text.decode(errors="replace").split())


def imap_login(login: str, password: str) -> str:
    """Return what 993 says against signing in; nothing where it lets in."""
    server = imaplib.IMAP4_SSL(HERE, 993, ssl_context=unverified(), timeout=_LONGEST)
    try:
        server.authenticate("PLAIN", lambda _: f"\0{login}\0{password}".encode())
        return ""
    except imaplib.IMAP4.error as error:
        return str(error)
    finally:
        server.shutdown()
