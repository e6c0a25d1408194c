"""What the records are made of, and where it is found."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ..certs import Store
from ..directory import HERE, Place
from ..dkim import Key
from ..dkim.domains import at
from ..settings import Settings

if TYPE_CHECKING:
    from ..directory.snapshot import Domain


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What decides about the records.

    `addresses` are those the world reaches this server by, empty where nobody knows; `digests` are of the certificate's
    public key and, where one is prepared, of the next (SHA-256, hexadecimal). `issuer` is the CA's name in CAA records and
    `account` the URL of our account there, both empty where no certificate was ordered. `keys` are DKIM's, by domain.
    """

    settings: Settings
    domains: "Sequence[Domain]"
    addresses: Sequence[str] = ()
    digests: Sequence[str] = ()
    keys: Mapping[str, Sequence[Key]] = field(default_factory=dict)
    issuer: str = ""
    account: str = ""

    @property
    def hostname(self) -> str:
        """The name other servers connect to."""
        return self.settings.hostname

    @property
    def silent(self) -> frozenset[str]:
        """The domains that receive no mail, and send none."""
        from ..directory import snapshot

        return snapshot.silent(self.domains)

    @property
    def has_web(self) -> bool:
        """Whether web pages are served here."""
        return "web" in self.settings.profiles

    @property
    def is_trusted(self) -> bool:
        """Whether strangers can verify the certificate."""
        return self.settings.tls != "self-signed"


def gather(settings: Settings, place: Place = HERE, store: Store | None = None, resolver: str | None = None) -> Facts:
    """Return the facts of this server; DirectoryError where the directory cannot be read.

    `resolver`: the DNS server to ask for the server's own addresses where MAIL_PUBLIC_ADDRESS does not say them.
    """
    from ..directory import change, snapshot

    with change.reading(place) as connection:
        domains = snapshot.domains(connection)
    store, keys = store or Store(), at(place)
    issuer, account = _authority(settings, store)
    return Facts(
        settings=settings,
        domains=domains,
        addresses=settings.public_address or _looked_up(settings.hostname, resolver),
        digests=_digests(store),
        keys={one.name: keys.keys(one.name) for one in domains},
        issuer=issuer,
        account=account,
    )


def _digests(store: Store) -> Sequence[str]:
    from ..certs import keys

    current, following = store.current(), keys.prepared(store)
    found = [current.spki_sha256] if current else []
    return [*found, *([keys.spki_sha256(following)] if following else [])]


def _authority(settings: Settings, store: Store) -> tuple[str, str]:
    from ..certs.acme.ledger import PLACE, Ledger

    ledger = Ledger.read(store.place / PLACE)
    known = settings.tls == "acme" and ledger.server == settings.acme_server
    return (ledger.issuer, ledger.account) if known else ("", "")


def _looked_up(hostname: str, resolver: str | None) -> Sequence[str]:
    """Return the addresses the DNS has for a name; none of a network at home, which a resolver there may answer with."""
    import dns.exception

    from . import asking

    found: list[str] = []
    for kind in ("A", "AAAA"):
        with suppress(dns.exception.DNSException, OSError):
            found += [str(one) for one in asking.resolver(resolver).resolve(hostname, kind, search=False)]
    return [one for one in found if ip_address(one).is_global]
