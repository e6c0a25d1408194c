"""The story of a renewal: is it due, may we order, then order, and remember how it went."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ...settings import Settings
from .. import asked, keys, names, pem
from ..store import Certificate, Store
from . import ari, client, ensure, lego, moment, reach
from .failed import Failed
from .ledger import PLACE, Ledger

SOURCE = "acme"


class Renewal:
    """One look after the certificate in service, at a time `now`."""

    def __init__(self, settings: Settings, store: Store, now: datetime, *, force: bool) -> None:
        self.settings, self.store, self.now, self.force = settings, store, now, force
        self.at = int(now.timestamp())
        self.current = ensure(settings, store, now)
        self.place: Path = store.place / PLACE
        self.ledger = Ledger.read(self.place).concerning(asked(settings))
        self.suggestion: moment.Suggestion | None = None

    def run(self) -> Certificate:
        """Renew the certificate where that is due and may be; return the one at hand then, noted with when to look again."""
        if not self._is_due():
            return self._note(moment.next_look(self._life(), self.suggestion, self.at), self._planned(), None)
        free = self.ledger.free_at(self.at, force=self.force)
        if free > self.at:
            return self._note(free, free, "; ".join(filter(None, [self.ledger.trouble, _enough(free)])))
        try:
            return self._serve(self._order())
        except Failed as failed:
            return self._give_up(failed)

    def _is_due(self) -> bool:
        if self.force or not self._is_ours() or self._has_more_names():
            return True
        self.suggestion = ari.suggestion(self.settings, self.store)
        if self.at < self._planned():
            return False
        if not self.ledger.failures:
            # Those left out get another chance with each renewal.
            self.ledger = replace(self.ledger, left_out=())
        return True

    def _is_ours(self) -> bool:
        by_this_ca = self.current.source == SOURCE and self.ledger.server == self.settings.acme_server
        return by_this_ca and self.current.spki_sha256 == keys.spki_sha256(keys.kept(self.store))

    def _has_more_names(self) -> bool:
        with suppress(Failed):
            return not set(self._names()) <= set(self.current.names)
        return False

    def _names(self) -> Sequence[str]:
        """Return the names to order for: those that lead here, and that the CA has not refused; Failed where none can be."""
        wanted = [name for name in names(self.settings) if name not in self.ledger.left_out]
        return reach.here(wanted, needed=self.settings.acme_challenge != "dns-01")

    def _life(self) -> moment.Life:
        return moment.Life(self.current.not_before, self.current.not_after, self.ledger.issued, self.current.serial)

    def _planned(self) -> int:
        return moment.renewal(self._life(), self.suggestion)

    def _order(self) -> str:
        """Return a new certificate in service's form: the PEM of our key and the chain."""
        subjects, key = self._names(), keys.kept(self.store)
        authority = client.connect(self.settings, keys.account(self.store))
        # Counted before it is made: whatever happens then, it has been.
        self.ledger = self.ledger.ordered(self.at, authority.account, authority.issuer).keep(self.place)
        _tell(self.settings, subjects)
        order = lego.order if self.settings.acme_challenge == "dns-01" else client.order
        chain = order(self.settings, authority, _request(key, subjects))
        try:
            text = pem.bundle(key, x509.load_pem_x509_certificates(chain.encode()))
            # Its life begins about now, by the CA's clock.
            pem.check(text, self.settings.hostname, max(self.now, pem.read(text)[0].not_valid_before_utc))
        except pem.BAD as error:
            raise Failed(f"what the CA has sent {error}") from None
        return text

    def _serve(self, text: str) -> Certificate:
        made = pem.note(text, SOURCE, asked=asked(self.settings))
        life = moment.Life(made.not_before, made.not_after, self.at, made.serial)
        looks = {"next_look": moment.next_look(life, None, self.at), "renewal": moment.renewal(life, None)}
        kept = self.store.keep(text, replace(made, **looks))
        self.ledger.succeeded(self.settings.acme_server, self.at).keep(self.place)
        return kept

    def _give_up(self, failed: Failed) -> Certificate:
        """Remember it, and try again later; at once where it was for names we can do without."""
        self.ledger = self.ledger.failed(str(failed), self.at, failed.retry_after)
        if failed.names and self.settings.hostname not in failed.names:
            self.ledger = self.ledger.without(failed.names, self.at)
        self.ledger.keep(self.place)
        free = self.ledger.free_at(self.at)
        return self._note(free, free, self.ledger.trouble)

    def _note(self, next_look: int, renewal: int, trouble: str | None) -> Certificate:
        return self.store.annotate(replace(self.current, next_look=next_look, renewal=renewal, trouble=trouble))


def _request(key: ec.EllipticCurvePrivateKey, subjects: Sequence[str]) -> bytes:
    """Return a CSR (PEM) for names."""
    alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in subjects])
    builder = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(alternative, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _enough(free: int) -> str:
    return f"no order is made before {datetime.fromtimestamp(free, UTC):%H:%M} UTC, lest the CA's rate limit is hit"


def _tell(settings: Settings, subjects: Sequence[str]) -> None:
    missing = [name for name in names(settings) if name not in subjects]
    besides = f", not for {' '.join(missing)}, which do not lead here" if missing else ""
    print(f"mailstead: ordering a certificate for {' '.join(subjects)}{besides}.", flush=True)
