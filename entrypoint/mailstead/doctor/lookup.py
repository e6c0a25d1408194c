"""Questions to the DNS, by dnspython (https://dnspython.readthedocs.io), which is imported with the first question."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .checks import Untestable

_PATIENCE = 6.0  # seconds for a question with all its tries


class Unanswered(Untestable):
    """The DNS did not answer, or could not."""


@dataclass(frozen=True)
class Lookup:
    """Asks the DNS server at an address."""

    server: str

    @cached_property
    def resolver(self) -> Any:
        """A dns.resolver.Resolver that asks this server alone."""
        from ..dns.asking import resolver

        return resolver(self.server, _PATIENCE)

    def records(self, name: str, kind: str) -> Sequence[str]:
        """Return the records of a name as text, TXT joined, names in lower case without the last dot; none where none are.

        Unanswered where the server is out of reach or fails.
        """
        import dns.exception
        import dns.resolver

        try:
            answer = self.resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise Unanswered(f"the DNS at {self.server} does not answer about {name} {kind} ({type(error).__name__})") from error
        return [_text(one) for one in answer]

    def reverse(self, address: str) -> Sequence[str]:
        """Return the names an address has in the DNS (PTR)."""
        import dns.reversename

        return self.records(dns.reversename.from_address(address).to_text(), "PTR")

    def flags(self, name: str, kind: str) -> tuple[str, bool]:
        """Return the response code of a question, and whether the answer is said to be validated (AD, RFC 4035, 3.2.3)."""
        import dns.exception
        import dns.flags
        import dns.message
        import dns.query
        import dns.rcode

        question = dns.message.make_query(name, kind, want_dnssec=True)
        question.flags |= dns.flags.AD
        try:
            answer, _ = dns.query.udp_with_fallback(question, self.server, timeout=_PATIENCE)
        except (OSError, dns.exception.DNSException) as error:
            raise Unanswered(f"the DNS at {self.server} does not answer ({type(error).__name__})") from error
        return dns.rcode.to_text(answer.rcode()), bool(answer.flags & dns.flags.AD)


def _text(record: Any) -> str:
    if hasattr(record, "strings"):
        return b"".join(record.strings).decode(errors="replace")
    words = record.to_text().lower().split()
    return " ".join(word.rstrip(".") or "." for word in words)
