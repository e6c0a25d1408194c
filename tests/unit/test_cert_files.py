"""Certificates in files: whoever has left them there, the right one is found; and what is wrong is said and harms nobody."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from mailstead import certs
from mailstead.certs import pem
from mailstead.certs.store import Certificate, Store
from mailstead.settings import Settings
from support import papers
from support.papers import LAYOUTS, PublicAuthority

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOST = "mail.example.test"
AUTHORITY = PublicAuthority(NOW)
GOOD = AUTHORITY.issue(HOST)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder MAIL_TLS_FILES names."""
    (tmp_path / "tls").mkdir()
    return tmp_path / "tls"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "certificates")


@pytest.fixture
def settings(place: Path, make_settings: Callable[..., Settings]) -> Settings:
    """A server that takes its certificate from files."""
    return make_settings(hostname=HOST, tls="files", tls_files=str(place))


def served(store: Store) -> list[x509.Certificate]:
    """Return the certificates in service, and see that the first is the key's."""
    text = store.served.read_text()
    pem.check(text, HOST, NOW)
    return x509.load_pem_x509_certificates(text.encode())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_tool_has_left_is_served(settings: Settings, store: Store, place: Path, layout: str):
    """The key, its certificate, and the intermediate after it."""
    LAYOUTS[layout](place, GOOD)
    made = certs.ensure(settings, store, NOW)

    assert (made.source, made.serial, made.trouble) == ("files", GOOD.serial, None)
    assert [one.subject.rfc4514_string() for one in served(store)] == [f"CN={HOST}", "CN=Test Intermediate"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_renewed_one_takes_its_place(settings: Settings, store: Store, place: Path, layout: str):
    """Whatever the tool keeps of the old one."""
    LAYOUTS[layout](place, AUTHORITY.issue(HOST, age=60, left=30))
    certs.ensure(settings, store, NOW)
    LAYOUTS[layout](place, GOOD)
    made = certs.renew(settings, store, NOW)

    assert (made.serial, made.swapped) == (GOOD.serial, False)


def test_files_may_be_named_one_by_one(place: Path, store: Store, make_settings: Callable[..., Settings]):
    """Whatever they are called, wherever they lie."""
    papers.lay(place, {"a/server.txt": GOOD.fullchain, "b/server.secret": GOOD.key})
    settings = make_settings(hostname=HOST, tls="files", tls_files=f"{place}/a/server.txt {place}/b/server.secret")

    assert certs.ensure(settings, store, NOW).serial == GOOD.serial


def test_chain_and_certificate_may_lie_in_any_order(settings: Settings, store: Store, place: Path):
    """An intermediate before the certificate, the root among them, the key behind."""
    papers.lay(place, {"all.pem": AUTHORITY.root + GOOD.chain + GOOD.certificate + GOOD.key})
    certs.ensure(settings, store, NOW)

    assert [one.subject.rfc4514_string() for one in served(store)] == [f"CN={HOST}", "CN=Test Intermediate"]


def test_the_one_for_this_host_is_chosen_among_many(settings: Settings, store: Store, place: Path):
    """By its names and its end; the name of a folder says nothing."""
    lasting = AUTHORITY.issue(HOST, left=80)
    papers.lay_pair(place / HOST, AUTHORITY.issue("www.example.test"))
    papers.lay_pair(place / "old", AUTHORITY.issue(HOST, left=20))
    papers.lay_pair(place / "www.example.test", lasting)

    assert certs.ensure(settings, store, NOW).serial == lasting.serial


def test_more_of_the_names_is_better_than_a_later_end(settings: Settings, store: Store, place: Path):
    """A wildcard has all that mail programs guess."""
    wide = AUTHORITY.issue("*.example.test", "example.test", left=50)
    papers.lay_pair(place / "1", AUTHORITY.issue(HOST))
    papers.lay_pair(place / "2", wide)

    assert certs.ensure(settings, store, NOW).serial == wide.serial


@pytest.mark.parametrize(("pattern", "covered"), [("*.example.test", True), ("*.test", False), ("*.mail.example.test", False)])
def test_a_wildcard_stands_for_one_label(settings: Settings, store: Store, place: Path, pattern: str, covered: bool):
    """The first, and whole."""
    papers.lay_pair(place, AUTHORITY.issue(pattern))

    assert (certs.ensure(settings, store, NOW).source == "files") is covered


KEYS = {"RSA": rsa.generate_private_key(65537, 2048), "P-384": ec.generate_private_key(ec.SECP384R1())}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_the_usual_kinds_are_taken(settings: Settings, store: Store, place: Path, kind: str):
    """RSA is what many tools still make."""
    papers.lay_pair(place, AUTHORITY.issue(HOST, key=KEYS[kind]))

    assert certs.ensure(settings, store, NOW).source == "files"


OTHER = AUTHORITY.issue(HOST)
ELSEWHERE = AUTHORITY.issue("www.example.test")
WEAK = AUTHORITY.issue(HOST, key=rsa.generate_private_key(65537, 1024))
BAD: dict[str, tuple[dict[str, str], str]] = {
    "nothing there": ({}, "there is no certificate in {place}"),
    "no key": ({"a.pem": GOOD.fullchain}, "{place}/a.pem (for mail.example.test) does not belong to any private key found"),
    "another's key": (
        {"a.pem": GOOD.fullchain, "a.key": OTHER.key},
        "{place}/a.pem (for mail.example.test) does not belong to any private key found",
    ),
    "no certificate": ({"a.key": GOOD.key}, "there is no certificate in {place}"),
    "expired": (
        dict(zip(("a.pem", "a.key"), [(e := AUTHORITY.issue(HOST, age=90, left=-1)).fullchain, e.key], strict=True)),
        "{place}/a.pem has expired on 2026-11-23 12:00 UTC",
    ),
    "not yet": (
        dict(zip(("a.pem", "a.key"), [(e := AUTHORITY.issue(HOST, age=-2)).fullchain, e.key], strict=True)),
        "{place}/a.pem is not valid before 2026-11-26 12:00 UTC",
    ),
    "for another host": (
        {"a.pem": ELSEWHERE.fullchain + ELSEWHERE.key},
        "{place}/a.pem is for www.example.test, not for mail.example.test",
    ),
    "encrypted": (
        {"a.pem": GOOD.fullchain, "a.key": AUTHORITY.issue(HOST, password="hunter2").key},
        "{place}/a.key is encrypted with a password: take it off with `openssl pkey -in old.key -out new.key`",
    ),
    "torn key": (
        {"a.pem": GOOD.fullchain, "a.key": GOOD.key.replace("M", "/", 9)},
        "{place}/a.key holds a key that cannot be read: it is damaged, or of an unknown kind",
    ),
    "torn certificate": (
        {"a.pem": GOOD.certificate.replace("MII", "MIJ"), "a.key": GOOD.key},
        "{place}/a.pem holds a certificate that cannot be read: it is damaged",
    ),
    "cut off": ({"a.pem": GOOD.fullchain[:300]}, "{place}/a.pem holds neither a certificate nor a key in PEM"),
    "no PEM": ({"a.pem": "PK\x03\x04"}, "{place}/a.pem holds neither a certificate nor a key in PEM"),
    "torn JSON": ({"acme.json": '{"web": {"Certificates": [{"certifi'}, "{place}/acme.json is no acme.json as Traefik writes it"),
    "too weak": ({"a.pem": WEAK.fullchain + WEAK.key}, "{place}/a.pem is refused by OpenSSL (EE_KEY_TOO_SMALL)"),
}


@pytest.mark.parametrize("trouble", BAD)
def test_without_a_good_one_a_self_signed_one_is_served(settings: Settings, store: Store, place: Path, trouble: str):
    """And a sentence says what is wrong with which file."""
    texts, said = BAD[trouble]
    papers.lay(place, texts)
    made = certs.ensure(settings, store, NOW)

    assert made.source == "self-signed"
    assert made.trouble.startswith(f"MAIL_TLS_FILES has no certificate for {HOST}: ")
    assert said.format(place=place) in made.trouble
    assert served(store)


@pytest.mark.parametrize("trouble", BAD)
def test_the_old_one_stays_while_the_new_ones_are_bad(settings: Settings, store: Store, place: Path, trouble: str):
    """Not a byte of it changes; the next good one is taken, and the trouble is over."""
    papers.lay_pair(place, GOOD)
    before = certs.ensure(settings, store, NOW)
    for file in place.iterdir():
        file.unlink()
    papers.lay(place, BAD[trouble][0])
    after = certs.renew(settings, store, NOW)

    assert replace(after, trouble=None, watched={}, next_look=0) == replace(before, watched={}, next_look=0)
    assert BAD[trouble][1].format(place=place) in after.trouble
    papers.lay_pair(place, OTHER)
    assert (certs.renew(settings, store, NOW).trouble, served(store)[0].serial_number) == (None, int(OTHER.serial, 16))


def test_the_old_one_goes_when_it_ends(settings: Settings, store: Store, place: Path):
    """A certificate that everybody refuses is worse than one that can be accepted."""
    papers.lay_pair(place, GOOD)
    certs.ensure(settings, store, NOW)
    (place / "privkey.pem").unlink()
    later = NOW + timedelta(days=90)

    assert certs.renew(settings, store, later).source == "self-signed"
    assert certs.renew(settings, store, later + timedelta(hours=1)).source == "self-signed"


def test_a_link_that_leads_out_of_the_mount_is_explained(settings: Settings, store: Store, place: Path):
    """What happens to everybody who mounts certbot's live/ alone."""
    papers.lay_certbot(place.parent / "letsencrypt", GOOD)
    place.rmdir()
    (place.parent / "letsencrypt/live/web").rename(place)
    made = certs.ensure(settings, store, NOW)

    assert f"{place}/cert.pem is a link to ../../archive/web/cert1.pem, which is not mounted here" in made.trouble


def test_what_is_no_file_is_not_waited_for(settings: Settings, store: Store, place: Path):
    """A named pipe would never answer, and a device never end."""
    os.mkfifo(place / "a.pem")
    (place / "b.pem").symlink_to("/dev/zero")
    (place / "c.pem").symlink_to("c.pem")
    made = certs.ensure(settings, store, NOW)

    assert f"{place}/a.pem is no file" in made.trouble
    assert f"{place}/b.pem is no file" in made.trouble


def test_a_key_nobody_can_use_is_no_reason_to_fall(settings: Settings, store: Store, place: Path):
    """Mail programs do not know Ed25519; whether OpenSSL serves it or not, the server starts."""
    papers.lay_pair(place, AUTHORITY.issue(HOST, key=ed25519.Ed25519PrivateKey.generate()))

    assert certs.ensure(settings, store, NOW).is_good(HOST, NOW)


def test_files_that_are_not_renewed_in_time_are_said_to_be(settings: Settings, store: Store, place: Path):
    """In the last tenth of a life, however long it is; and served on."""
    papers.lay_pair(place, GOOD)
    first = certs.ensure(settings, store, NOW)
    due = NOW + timedelta(days=81)

    assert datetime.fromtimestamp(first.next_look, UTC) <= due
    late = certs.renew(settings, store, due)
    assert (late.serial, late.trouble) == (GOOD.serial, "it ends on 2027-02-21 12:00 UTC, and its files have no newer one")
    assert NOW.timestamp() < late.next_look <= late.not_after


def test_a_server_that_had_its_own_keeps_its_own_key(settings: Settings, store: Store, place: Path):
    """The owner's key is served and nothing else: a self-signed certificate after it has the key it had before."""
    before = certs.ensure(settings, store, NOW).spki_sha256
    papers.lay_pair(place, GOOD)
    between = certs.renew(settings, store, NOW).spki_sha256
    (place / "privkey.pem").unlink()
    after = certs.renew(settings, store, NOW + timedelta(days=90))

    assert (before == after.spki_sha256, before == between) == (True, False)


def test_files_are_taken_at_once_when_the_setting_is(store: Store, place: Path, make_settings: Callable[..., Settings]):
    """And left at once: the start after a change of MAIL_TLS serves what it says."""
    papers.lay_pair(place, GOOD)
    own, theirs = make_settings(hostname=HOST), make_settings(hostname=HOST, tls="files", tls_files=str(place))

    assert [certs.ensure(one, store, NOW).source for one in (own, theirs, own)] == ["self-signed", "files", "self-signed"]




NAMES = st.sampled_from(["a.pem", "a.key", "acme.json"])


@given(cut=st.integers(0, len(GOOD.fullchain)), noise=st.binary(max_size=40), name=NAMES)
def test_torn_files_harm_nobody(tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes, name: str):
    """Cut anywhere, with anything behind: there is an answer, and what is served is good."""
    place = tmp_path_factory.mktemp("torn")
    (place / "tls").mkdir()
    (place / "tls" / name).write_bytes(GOOD.fullchain[:cut].encode() + noise + GOOD.key.encode())
    assert answered(place).is_good(HOST, NOW)


WORDS = st.sampled_from(["Certificates", "certificate", "key", "web", ""])
VALUES = st.none() | st.integers() | st.text(max_size=8)
JSON = st.recursive(VALUES, lambda one: st.lists(one) | st.dictionaries(WORDS, one), max_leaves=9)


@given(JSON)
def test_whatever_acme_json_says_harms_nobody(tmp_path_factory: pytest.TempPathFactory, value: object):
    """Traefik's next version, or no Traefik's at all."""
    place = tmp_path_factory.mktemp("json")
    papers.lay(place / "tls", {"acme.json": json.dumps({"web": value}), "other.json": json.dumps(value)})
    assert answered(place).is_good(HOST, NOW)


def answered(place: Path) -> Certificate:
    """Return what a server starts with that finds its files below a place."""
    settings = Settings.read({"MAIL_HOSTNAME": HOST, "MAIL_TLS": "files", "MAIL_TLS_FILES": f"{place}/tls"})
    return certs.ensure(settings, Store(place / "certificates"), NOW)
