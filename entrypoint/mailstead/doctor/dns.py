"""The records that say who this server is, and what may be sent in the name of its domains."""

from collections.abc import Iterator, Sequence

from .. import directory
from .. import dkim as keys_of_ours
from ..dns import Record
from . import dkim as dkim_record
from . import dmarc as dmarc_record
from . import listed
from . import spf as spf_record
from .checks import Untestable, Verdict, check, each, fail, passed, skipped, warn
from .context import Address, Context

_AT_PROVIDER = "whoever gave you the address (your provider or VPS host) sets its reverse record: {0} PTR {1}."


@check("dns.address", outside=True)
def address(context: Context) -> Iterator[Verdict]:
    """MAIL_HOSTNAME has an address in the DNS that the world can reach, and is no alias (CNAME; RFC 5321, 5.1)."""
    name = context.settings.hostname
    put = f"put into the DNS: {name}. A, with your public address (where your own network shall see another: MAIL_PUBLIC_ADDRESS)"
    if context.lookup.records(name, "CNAME"):
        yield fail(f"{name} is an alias (CNAME), which the name of a mail server must not be", put, of="alias")
    found = [one for kind in ("A", "AAAA") for one in context.lookup.records(name, kind)]
    if not found:
        yield fail(f"{name} has no address: nobody finds this server", put)
        return
    for one in context.addresses:
        if one.is_private or not one.is_global:
            yield warn(f"{one} is an address of a network at home: the world cannot reach it", put, of=str(one))
        else:
            yield passed(f"{name} is at {one}", of=str(one))


@check("dns.reverse", outside=True)
def reverse(context: Context) -> Iterator[Verdict]:
    """The reverse record (PTR) of each address says MAIL_HOSTNAME, which leads back to it. HELO and the certificate say
    the same (dns.helo, certificate.valid)."""
    if context.settings.relay_host:
        yield skipped(f"all mail leaves from {context.settings.relay_host}, whose records these are")
        return
    yield from each(lambda one: _reversed(context, one), context.public)


def _reversed(context: Context, one: Address) -> Verdict:
    names, wanted, of = context.lookup.reverse(str(one)), context.settings.hostname, str(one)
    mend = _AT_PROVIDER.format(one, wanted)
    if not names:
        return fail(f"{one} has no reverse record: large receivers refuse its mail", mend, of=of)
    if wanted not in names:
        return fail(f"{one} is called {', '.join(names)} in the reverse, and not {wanted}", mend, of=of)
    return passed(f"{one} is called {wanted}, which leads back to it", of=of)


@check("dns.helo")
def helo(context: Context) -> Iterator[Verdict]:
    """The name Postfix says in HELO is MAIL_HOSTNAME, as the reverse record and the certificate are."""
    said = context.postfix["smtp_helo_name"]
    if said == context.settings.hostname:
        yield passed(said)
    else:
        mend = "take POSTFIX_smtp_helo_name and POSTFIX_myhostname out of .env, then: scripts/up"
        yield fail(f"Postfix says {said}, and everything else {context.settings.hostname}", mend)


@check("dns.mx", outside=True)
def mx(context: Context) -> Iterator[Verdict]:
    """Mail for each domain is led here by its MX record, before other servers."""
    yield from each(lambda one: led(one, context.settings.hostname, context.lookup.records(one, "MX")), context.domains)


def led(domain: str, hostname: str, records: Sequence[str]) -> Verdict:
    """Return what the MX records of a domain ("10 mail.example.org") mean for mail that shall come to a host."""
    put = f"put into the DNS of {domain}: {domain}. MX 10 {hostname}."
    hosts = [host for _, host in sorted((int(one.split()[0]), one.split()[1]) for one in records)]
    if not hosts:
        return fail("there is no MX record: mail does not find this server", put, of=domain)
    if hosts == ["."]:
        return fail("its MX record says that it takes no mail (RFC 7505)", put, of=domain)
    if hostname not in hosts:
        return fail(f"mail goes to {', '.join(hosts)}, and not to {hostname}", put, of=domain)
    if hosts[0] != hostname:
        return warn(f"mail goes to {hosts[0]} first", put, of=domain)
    return passed(f"mail goes to {hostname}", of=domain)


@check("dns.spf", outside=True)
def spf(context: Context) -> Iterator[Verdict]:
    """The SPF record of each domain lets this server's addresses send, evaluated as a receiver does, and others not."""
    if context.settings.relay_host:
        yield skipped(f"all mail leaves from {context.settings.relay_host}; dns.records looks whether the record names it")
        return
    addresses = _addresses(context)
    yield from each(lambda one: _evaluated(context, one, addresses), context.domains)


def _evaluated(context: Context, domain: str, addresses: Sequence[Address]) -> Verdict:
    ask = spf_record.asking(context.lookup.resolver, f"postmaster@{domain}", context.settings.hostname)
    return spf_record.judged(domain, context.lookup.records(domain, "TXT"), addresses, ask)


def _addresses(context: Context) -> list[Address]:
    try:
        return list(context.public)
    except Untestable:
        return []


@check("dns.dmarc", outside=True)
def dmarc(context: Context) -> Iterator[Verdict]:
    """Each domain has a DMARC record that can be read, and whose policy stops forged mail."""
    yield from each(lambda one: _policy(context, one), context.domains)


def _policy(context: Context, domain: str) -> Verdict:
    texts = context.lookup.records(f"_dmarc.{domain}", "TXT")
    return dmarc_record.judged(domain, texts, context.settings.postmaster)


@check("dns.dkim", outside=True)
def dkim(context: Context) -> Iterator[Verdict]:
    """The DNS shows the public part of each key this server signs with: otherwise its signatures count as forged."""
    known = {domain: keys_of_ours.keys(domain) for domain in context.domains}
    for domain in (one for one, found in known.items() if not found):
        yield fail("it has no key, so its mail is not signed", "docker compose restart mail", of=domain)
    keys = [key for found in known.values() for key in found]
    yield from each(lambda key: dkim_record.judged(key, context.lookup.records(key.name, "TXT")), keys)


@check("dns.signature", outside=True)
def signature(context: Context) -> Iterator[Verdict]:
    """A message signed with the key of each domain is verified by another program (dkimpy), which asks the DNS for the key."""
    store = keys_of_ours.Store()
    keys = [key for domain in context.domains for key in store.keys(domain)]
    signing = [key for key in keys if key.algorithm == "rsa" and key.state == "signing"]
    yield from each(lambda key: dkim_record.verified(key, store.secret(key), context.lookup), signing)


@check("dns.records", outside=True)
def records(context: Context) -> Iterator[Verdict]:
    """Everything else that `mailstead dns` lists is what the responsible servers answer (`mailstead dns --check`)."""
    from .. import dns
    from ..dns import asking
    from ..dns.check import check as compared

    # Where nobody answers at all, this says so at once; the comparison would ask for each record.
    context.lookup.records(context.settings.hostname, "SOA")
    facts = dns.gather(context.settings, directory.at(context.settings), resolver=context.resolver)
    wanted = [one for one in dns.records(facts) if not listed.is_looked_at(one, context)]
    found = compared(wanted, asking.Authorities(context.resolver).ask)
    unknown = [one for one in found if one.status == "unreachable"]
    if unknown:
        yield skipped(f"nobody who is responsible answers about {len(unknown)} records; the first: {unknown[0].reason}")
    wrong: dict[str, list[Record]] = {}
    for one in found:
        if one.status not in ("right", "unreachable"):
            wrong.setdefault(f"{one.name}/{one.type}", []).append(one)
    yield from map(listed.said_of, wrong.values())
    if not unknown and not wrong:
        yield passed(f"{len(found)} more records are as they should be")
