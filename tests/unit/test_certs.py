"""Certificates: what is made, when it is made anew, what lies on the disk. `now` is an argument: spring comes when asked."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailstead import certs
from mailstead.certs import self_signed
from mailstead.certs.store import Store
from mailstead.settings import Settings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "certificates")


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """A server with two domains."""
    return make_settings(hostname="mail.example.org", domains="example.org example.net")


def key_of(store: Store) -> ec.EllipticCurvePrivateKey:
    """Return the private key in service."""
    return load_pem_private_key(store.served.read_bytes(), password=None)


def certificate_of(store: Store) -> x509.Certificate:
    """Return the certificate in service."""
    return x509.load_pem_x509_certificate(store.served.read_bytes())


def assert_is_leaf(certificate: x509.Certificate, names: list[str]) -> None:
    """See that this is a server's certificate for these names, and nothing more (RFC 5280; CA/Browser Forum, 7.1.2.7)."""
    extensions = certificate.extensions
    alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sorted(alternative.get_values_for_type(x509.DNSName)) == sorted(names)
    assert extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(ca=False, path_length=None)
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign


def assert_is_signed_by_its_own_key(certificate: x509.Certificate) -> None:
    """See that the signature is right, with SHA-256 and a P-256 key."""
    certificate.verify_directly_issued_by(certificate)
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)
    assert certificate.signature_hash_algorithm.name == "sha256"


def test_the_first_certificate_has_every_name_a_mail_program_asks_for(settings: Settings, store: Store):
    """The server's own, and those that programs guess for each domain."""
    certs.ensure(settings, store, NOW)
    guessed = [f"{label}.{domain}" for domain in settings.domains for label in ("mail", "imap", "smtp", "autoconfig")]

    assert_is_leaf(certificate_of(store), guessed)
    assert_is_signed_by_its_own_key(certificate_of(store))


def test_key_and_certificate_are_one_file(settings: Settings, store: Store):
    """Key first, so that the two can never differ."""
    certs.ensure(settings, store, NOW)
    text = store.served.read_text()

    assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert text.count("-----BEGIN") == 2
    assert certificate_of(store).public_key() == key_of(store).public_key()


def test_only_root_can_read_the_key(settings: Settings, store: Store):
    """The folder is closed too; and whatever the umask."""
    before = os.umask(0)
    try:
        certs.ensure(settings, store, NOW)
    finally:
        os.umask(before)
    modes = {place.name: place.stat().st_mode & 0o777 for place in [store.place, *store.place.iterdir()]}

    assert modes == {"certificates": 0o700, "key.pem": 0o600, "served.pem": 0o600, "served.json": 0o600}


def test_it_is_good_at_once_and_no_longer_than_mail_programs_accept(settings: Settings, store: Store):
    """From an hour ago, for clocks that are slow, to 825 days, with which Apple's programs are content."""
    made = certs.ensure(settings, store, NOW)
    certificate = certificate_of(store)

    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == 825 * DAY
    assert made.expires == certificate.not_valid_after_utc


def test_a_start_the_next_day_changes_nothing(settings: Settings, store: Store):
    """Not a byte, and nothing is written."""
    first = certs.ensure(settings, store, NOW)
    before = store.served.stat()

    assert certs.ensure(settings, store, NOW + DAY) == first
    assert (store.served.stat().st_ino, store.served.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_it_is_renewed_when_a_third_of_its_life_is_left(settings: Settings, store: Store):
    """A day before it is not; a day later it is, with the same key, so that who has pinned the key goes on trusting it."""
    first, key = certs.ensure(settings, store, NOW), key_of(store).private_numbers()
    due = NOW + 550 * DAY

    assert certs.ensure(settings, store, due - DAY) == first
    renewed = certs.ensure(settings, store, due + DAY)
    assert renewed.expires == due + DAY - timedelta(hours=1) + 825 * DAY
    assert key_of(store).private_numbers() == key


def test_a_new_domain_makes_a_new_certificate(settings: Settings, store: Store, make_settings: Callable[..., Settings]):
    """With the same key."""
    certs.ensure(settings, store, NOW)
    key = key_of(store).private_numbers()
    more = make_settings(hostname="mail.example.org", domains="example.org example.net example.com")
    certs.ensure(more, store, NOW)

    assert_is_leaf(certificate_of(store), list(certs.names(more)))
    assert key_of(store).private_numbers() == key


def test_a_certificate_from_the_future_is_made_anew(settings: Settings, store: Store):
    """A clock that was wrong at the first start and is right now must not leave a certificate that nobody accepts yet."""
    certs.ensure(settings, store, NOW + 400 * DAY)
    made = certs.ensure(settings, store, NOW)

    assert made.not_before < NOW.timestamp() < made.not_after


def pem_with(key: object, encryption: object = NoEncryption()) -> bytes:
    """Return a private key in PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nMIGH",
        b"\xff\xfe nothing",
        pem_with(rsa.generate_private_key(65537, 2048)),
        pem_with(ec.generate_private_key(ec.SECP384R1())),
        pem_with(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"hunter2")),
    ],
    ids=["empty", "torn", "noise", "RSA", "P-384", "encrypted"],
)
def test_a_torn_or_foreign_file_is_replaced(settings: Settings, store: Store, content: bytes):
    """No file there can keep the server from starting."""
    certs.ensure(settings, store, NOW)
    store.served.write_bytes(content)
    certs.ensure(settings, store, NOW)

    assert_is_leaf(certificate_of(store), list(certs.names(settings)))
    assert_is_signed_by_its_own_key(certificate_of(store))


@pytest.mark.parametrize("note", ["", "[]", "{}", "null", '{"names": 7}', '{"names": ["a.b"], "digest": "x"}', "older"])
def test_a_note_that_does_not_fit_is_written_anew(settings: Settings, store: Store, note: str):
    """Its key is kept; the certificate is made again rather than believed."""
    certs.ensure(settings, store, NOW)
    key = key_of(store).private_numbers()
    store.note.write_text(json.dumps(json.loads(store.note.read_text()) | {"next_look": "soon"}) if note == "older" else note)

    assert store.current() is None
    assert certs.ensure(settings, store, NOW) == store.current()
    assert key_of(store).private_numbers() == key


def test_a_certificate_whose_file_was_exchanged_is_not_believed(settings: Settings, store: Store, tmp_path: Path):
    """The note says which file it is about."""
    certs.ensure(settings, store, NOW)
    self_signed.make(["other.example.org"], Store(tmp_path / "other"), NOW)
    store.served.write_bytes((tmp_path / "other/served.pem").read_bytes())

    assert store.current() is None


@pytest.mark.parametrize(("days", "due"), [(-1, True), (0, False), (549, False), (551, True), (826, True)])
def test_when_a_self_signed_certificate_is_due(settings: Settings, store: Store, days: int, due: bool):
    """Of 825 days the last 275; and before its first."""
    made = certs.ensure(settings, store, NOW)

    assert self_signed.is_due(settings, store, made, NOW + days * DAY) is due
    assert (made.next_look <= (NOW + days * DAY).timestamp()) is (due and days > 0)


def test_a_disk_that_takes_nothing_keeps_no_good_certificate_from_its_start(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
):
    """Also when it is due; only a server that has none cannot do without the disk."""
    good = certs.ensure(settings, store, NOW)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "put", full)
    assert certs.ensure(settings, store, NOW + 600 * DAY) == good
    with pytest.raises(OSError, match="No space left"):
        certs.ensure(settings, store, NOW + 900 * DAY)


def test_a_long_host_name_still_gets_a_certificate(store: Store):
    """A common name has at most 64 signs (RFC 5280, appendix A.1); the whole name is an alternative one."""
    name = "mail." + "a" * 63 + ".example.org"
    self_signed.make([name], store, NOW)

    assert_is_leaf(certificate_of(store), [name])
