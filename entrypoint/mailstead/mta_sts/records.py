"""What the DNS says of a domain: whether it has a policy, and whether DANE decides for it. Asks the container's own resolver.

Only that one's word is taken for whether an answer is proven (AD, RFC 4035, 3.2.3): it stands on the loopback, and validates by
itself, whatever servers it asks.
"""

from dns import exception, flags, message, query, rcode, rdatatype

RESOLVER = "127.0.0.1"
_PATIENCE = 5  # seconds
_DANE_USAGES = (2, 3)  # what Postfix goes by; the others of RFC 6698 are for the web (RFC 7672, 3.1.3)


class Records:
    """The DNS, asked anew for each question; Unbound remembers."""

    def policy_id(self, domain: str) -> str | None:
        """Return the id of a domain's policy (RFC 8461, 3.1); None if it has none, or the DNS is away."""
        answer = _ask(f"_mta-sts.{domain}", rdatatype.TXT)
        texts = [b"".join(one.strings).decode(errors="replace") for one in _of_type(answer, rdatatype.TXT)] if answer else []
        found = [text for text in texts if text.replace(" ", "").startswith("v=STSv1;")]
        return _id(found[0]) if len(found) == 1 else None

    def has_dane(self, domain: str) -> bool:
        """Whether DANE decides for a domain: its mail servers are proven, and a proven TLSA record names the key of one.

        Also where the DNS fails us there: then Postfix itself waits until it knows (RFC 7672, 2.1.1).
        """
        answer = _ask(domain, rdatatype.MX)
        if answer is None:
            return True
        if not _is_proven(answer):
            return False
        hosts = [one.exchange.to_text(omit_final_dot=True) for one in _of_type(answer, rdatatype.MX)] or [domain]
        return any(_has_key(host) for host in hosts)


def _has_key(host: str) -> bool:
    # Postfix asks for no key of a server whose address is not proven; whoever forges that address must not count either.
    if not any(_is_proven(_ask(host, kind)) for kind in (rdatatype.A, rdatatype.AAAA)):
        return False
    answer = _ask(f"_25._tcp.{host}", rdatatype.TLSA)
    if answer is None:
        return True
    return _is_proven(answer) and any(one.usage in _DANE_USAGES for one in _of_type(answer, rdatatype.TLSA))


def _is_proven(answer: message.Message | None) -> bool:
    return answer is not None and bool(answer.flags & flags.AD)


def _id(text: str) -> str | None:
    fields = dict(field.strip().partition("=")[::2] for field in text.split(";"))
    found = fields.get("id", "").strip()
    return found if found.isalnum() and found.isascii() and len(found) <= 32 else None


def _ask(name: str, kind: rdatatype.RdataType) -> message.Message | None:
    """Return an answer, be it that there is nothing; None where there is none to be had."""
    question = message.make_query(name, kind, want_dnssec=True)
    try:
        answer, _ = query.udp_with_fallback(question, RESOLVER, timeout=_PATIENCE)
    except (exception.DNSException, OSError):
        return None
    return answer if answer.rcode() in (rcode.NOERROR, rcode.NXDOMAIN) else None


def _of_type(answer: message.Message, kind: rdatatype.RdataType) -> list:
    return [record for found in answer.answer if found.rdtype == kind for record in found]
