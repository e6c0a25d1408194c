"""The records of a domain: where its mail goes, who may send for it, how programs find their settings."""

from collections.abc import Iterator

from .. import names
from . import sts
from .facts import Facts
from .record import RECOMMENDED, REQUIRED, Record, is_below

_WEB = "web pages, which this server does not serve"
_TRUST = "a certificate that everybody trusts (MAIL_TLS)"
_KEY_REASONS = {
    "signing": "DKIM: the public half of the key this server signs mail with; without it signatures count for nothing.",
    "next": "DKIM: the next key; this server signs with it once it is seen here.",
    "retired": "DKIM: the key before; mail that is still on its way is signed with it, so leave it for now.",
}


def records(facts: Facts, domain: str) -> Iterator[Record]:
    """Yield the records of a domain that receives and sends."""
    reason = "Mail for the domain goes to this server."
    yield Record(name=domain, type="MX", value=f"10 {facts.hostname}.", level=REQUIRED, reason=reason)
    yield _spf(facts, domain)
    yield from _dkim(facts, domain)
    yield _dmarc(domain)
    yield _tls_reports(domain)
    yield from _sts(facts, domain)
    yield from _services(facts, domain)
    yield from _guesses(facts, domain)
    yield Record(
        name=domain,
        type="CAA",
        value='0 issuemail ";"',
        level=RECOMMENDED,
        reason="No CA may issue certificates for signing mail (S/MIME) in your people's names; leave it out if they use such.",
    )


def silent(facts: Facts, domain: str) -> Iterator[Record]:
    """Yield the records of a domain that receives no mail and sends none."""
    reason = "Null MX (RFC 7505): the domain receives no mail, and senders are told so at once."
    yield Record(name=domain, type="MX", value="0 .", level=REQUIRED, reason=reason)
    reason = "SPF: nobody may send for this domain."
    yield Record(name=domain, type="TXT", value="v=spf1 -all", level=REQUIRED, reason=reason)
    keeper = facts.settings.postmaster
    reason = "DMARC: what is sent in this domain's name is forged, and receivers shall refuse it and tell your postmaster."
    value = f"v=DMARC1; p=reject; rua=mailto:{keeper}"
    yield Record(name=f"_dmarc.{domain}", type="TXT", value=value, level=REQUIRED, reason=reason)
    elsewhere = names.domain_of(keeper)
    if not is_below(domain, elsewhere) and not is_below(elsewhere, domain):
        yield Record(
            name=f"{domain}._report._dmarc.{elsewhere}",
            type="TXT",
            value="v=DMARC1",
            level=RECOMMENDED,
            reason=f"{elsewhere} agrees to get the DMARC reports about {domain}; without it nobody sends them.",
        )


def _spf(facts: Facts, domain: str) -> Record:
    others = "".join(f" include:{one}" for one in facts.settings.spf_include)
    return Record(
        name=domain,
        type="TXT",
        value=f"v=spf1 mx{others} ~all",
        level=REQUIRED,
        reason="SPF: who may send for the domain. ~all leaves the verdict on others to DMARC, so that forwarded mail survives.",
    )


def _dkim(facts: Facts, domain: str) -> Iterator[Record]:
    for key in facts.keys.get(domain, ()):
        yield Record(
            name=f"{key.selector}._domainkey.{domain}",
            type="TXT",
            value=key.record(),
            # Few receivers know Ed25519 yet, and all of them know RSA (RFC 8463, 3).
            level=REQUIRED if (key.state, key.algorithm) == ("signing", "rsa") else RECOMMENDED,
            reason=_KEY_REASONS[key.state],
        )


def _dmarc(domain: str) -> Record:
    return Record(
        name=f"_dmarc.{domain}",
        type="TXT",
        value=f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}",
        level=REQUIRED,
        reason="DMARC: mail in the domain's name that neither SPF nor DKIM vouches for is junk; reports go to its postmaster.",
    )


def _tls_reports(domain: str) -> Record:
    return Record(
        name=f"_smtp._tls.{domain}",
        type="TXT",
        value=f"v=TLSRPTv1; rua=mailto:postmaster@{domain}",
        level=RECOMMENDED,
        reason="TLS-RPT (RFC 8460): large senders tell the postmaster daily when encryption to this server failed.",
    )


def _sts(facts: Facts, domain: str) -> Iterator[Record]:
    missing = [*([] if facts.is_trusted else [_TRUST]), *([] if facts.has_web else [_WEB])]
    waits = "; ".join(missing) or None
    yield Record(
        name=f"_mta-sts.{domain}",
        type="TXT",
        value=f"v=STSv1; id={sts.identity(facts.hostname)}",
        level=RECOMMENDED,
        reason="MTA-STS (RFC 8461): senders deliver only encrypted, to a verified name. Its id changes when the policy does.",
        waits=waits,
    )
    reason = "The name from which senders read that policy by HTTPS (`mailstead dns --policy` prints it)."
    yield _here(facts, f"mta-sts.{domain}", reason, waits)


def _here(facts: Facts, name: str, reason: str, waits: str | None) -> Record:
    return Record(name=name, type="CNAME", value=f"{facts.hostname}.", level=RECOMMENDED, reason=reason, waits=waits)


def _services(facts: Facts, domain: str) -> Iterator[Record]:
    settings = facts.settings
    offered = (
        ("_imaps", settings.port_imaps, True, "reading by IMAP"),
        ("_submissions", settings.port_submissions, True, "sending"),
        ("_submission", settings.port_submission, settings.submission_starttls, "sending by STARTTLS"),
        ("_pop3s", settings.port_pop3s, settings.pop3, "reading by POP3"),
        ("_sieve", settings.port_sieve, settings.managesieve, "editing filters"),
    )
    for service, port, served, what in offered:
        if served:
            yield Record(
                name=f"{service}._tcp.{domain}",
                type="SRV",
                value=f"0 1 {port} {facts.hostname}.",
                level=RECOMMENDED,
                reason=f"From an address alone, mail programs find the server and the port for {what} (RFC 6186).",
            )


def _guesses(facts: Facts, domain: str) -> Iterator[Record]:
    waits = None if facts.has_web else _WEB
    for label, programs in (("autoconfig", "Thunderbird and others ask"), ("autodiscover", "Outlook asks")):
        yield _here(facts, f"{label}.{domain}", f"{programs} this name for the settings of a new account.", waits)
