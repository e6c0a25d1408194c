"""The keys of a domain: made once, changed without a gap, and known to whoever signs."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from mailstead.dkim import Key, Store, make, rotation, signing

REPOSITORY = Path(__file__).parents[2]
NOW = 1_800_000_000
DAY = 86400
DOMAIN = "example.org"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Where files of another server are put by."""
    return tmp_path / "imported"


@pytest.fixture
def store(tmp_path: Path, old: Path) -> Store:
    """A store in which example.org has its first keys."""
    made = Store(tmp_path / "dkim")
    make.missing(made, [DOMAIN], NOW, old)
    return made


@pytest.fixture
def publish(store: Store) -> Callable[..., rotation.Texts]:
    """Make a DNS that has the records of some selectors, and of no others: publish("m1r")."""

    def shown(*selectors: str) -> rotation.Texts:
        records = {key.name: [key.record()] for key in store.keys(DOMAIN) if key.selector in selectors}
        return lambda name: records.get(name, [])

    return shown


def states(store: Store) -> dict[str, str]:
    """Return the keys of example.org: selector to state."""
    return {key.selector: key.state for key in store.keys(DOMAIN)}


def test_a_new_domain_signs_at_once_with_rsa_and_ed25519(store: Store):
    """Nothing else is there to sign with; the selectors say which pair it is and which kind."""
    assert states(store) == {"m1r": "signing", "m1e": "signing"}
    assert [key.algorithm for key in store.keys(DOMAIN)] == ["rsa", "ed25519"]


def test_a_record_has_the_public_half_of_its_key(store: Store):
    """RSA as SubjectPublicKeyInfo (RFC 6376, 3.6.1), Ed25519 as its bare 32 bytes (RFC 8463, 4.2)."""
    by_rsa, by_ed25519 = store.keys(DOMAIN)
    secret, other = (serialization.load_pem_private_key(store.secret(key).encode(), None) for key in (by_rsa, by_ed25519))

    assert by_rsa.name == "m1r._domainkey.example.org"
    assert by_rsa.record() == f"v=DKIM1; k=rsa; p={by_rsa.public}"
    assert serialization.load_der_public_key(base64.b64decode(by_rsa.public)) == secret.public_key()
    assert isinstance(secret, rsa.RSAPrivateKey)
    assert secret.key_size == 2048
    assert by_ed25519.record() == f"v=DKIM1; k=ed25519; p={by_ed25519.public}"
    assert isinstance(other, Ed25519PrivateKey)
    assert base64.b64decode(by_ed25519.public) == other.public_key().public_bytes_raw()


def test_only_root_may_read_secrets(store: Store):
    """Neither the folders nor the files are anybody else's."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in store.place.rglob("*")}

    assert modes == {DOMAIN: 0o700, "keys.json": 0o600, "m1r.pem": 0o600, "m1e.pem": 0o600}


def test_a_domain_gets_its_first_keys_once(store: Store, old: Path):
    """Also when it was deleted meanwhile and has come back: what is in the DNS of it still holds."""
    before = store.note(DOMAIN)

    assert make.missing(store, [DOMAIN, "example.net"], NOW + DAY, old) == ["example.net"]
    assert store.note(DOMAIN) == before


def test_keys_of_another_server_go_on_by_their_selector(tmp_path: Path, old: Path):
    """Their records are in the DNS already: nothing is to be published, and nothing goes unsigned meanwhile."""
    secret = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    form, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    pem = secret.private_bytes(serialization.Encoding.PEM, form, none)
    place = old / "dms" / "opendkim" / "keys" / DOMAIN / "mail.private"
    place.parent.mkdir(parents=True)
    place.write_bytes(pem)
    store = Store(tmp_path / "dkim")

    make.missing(store, [DOMAIN], NOW, old)

    assert states(store) == {"mail": "signing"}
    (key,) = store.keys(DOMAIN)
    assert serialization.load_der_public_key(base64.b64decode(key.public)) == secret.public_key()


def test_keys_of_another_server_that_come_later_sign_at_once(store: Store, old: Path):
    """They are in the DNS and ours are not: ours wait for it, as after a rotation."""
    place = old / "opendkim" / "keys" / DOMAIN / "mail.private"
    place.parent.mkdir(parents=True)
    place.write_bytes(_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)))

    assert make.take_over(store, NOW, old) == [DOMAIN]
    assert states(store) == {"m1r": "next", "m1e": "next", "mail": "signing"}
    assert make.take_over(store, NOW, old) == []


def test_keys_that_the_dns_has_shown_stay(store: Store, old: Path, publish: Callable[..., rotation.Texts]):
    """Whatever lies in the folder of another server by now."""
    place = old / "opendkim" / "keys" / DOMAIN / "mail.private"
    place.parent.mkdir(parents=True)
    place.write_bytes(_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)))
    rotation.check(store, DOMAIN, publish("m1r"), NOW)

    assert make.take_over(store, NOW, old) == []
    assert states(store) == {"m1r": "signing", "m1e": "signing"}


def test_of_two_signers_of_another_server_rspamd_was_the_last(tmp_path: Path, old: Path):
    """Its keys are those in the DNS; a file that holds no key is passed over."""
    for number, name in enumerate(("opendkim/keys/example.org/mail.private", "rspamd/dkim/ed25519-new-example.org.private.txt")):
        secret = Ed25519PrivateKey.generate() if number else None
        place = old / name
        place.parent.mkdir(parents=True)
        place.write_bytes(_pem(secret) if secret else b"no key")
    store = Store(tmp_path / "dkim")

    make.missing(store, [DOMAIN], NOW, old)

    assert states(store) == {"new": "signing"}


def _pem(secret: PrivateKeyTypes) -> bytes:
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return secret.private_bytes(serialization.Encoding.PEM, form, none)


def test_a_new_key_signs_only_once_the_dns_shows_it(store: Store, publish: Callable[..., rotation.Texts]):
    """Until then the old one does, however long that takes; each kind of key by itself."""
    waiting = rotation.rotate(store, DOMAIN, NOW)
    assert [key.selector for key in waiting] == ["m2r", "m2e"]

    rotation.check(store, DOMAIN, publish("m1r", "m1e"), NOW + 30 * DAY)
    assert states(store) == {"m1r": "signing", "m1e": "signing", "m2r": "next", "m2e": "next"}

    said = rotation.check(store, DOMAIN, publish("m1r", "m1e", "m2r"), NOW + 31 * DAY)
    assert states(store) == {"m1r": "retired", "m1e": "signing", "m2r": "signing", "m2e": "next"}
    assert "mail of example.org is signed with m2r from now on" in said


def test_another_key_in_the_dns_changes_nothing(store: Store):
    """A record that was cut off, or of another key, would make every signature a bad one."""
    (waiting, _) = rotation.rotate(store, DOMAIN, NOW)

    rotation.check(store, DOMAIN, lambda _: [waiting.record()[:-1]], NOW)

    assert states(store)["m2r"] == "next"


def test_a_dns_that_does_not_answer_changes_nothing(store: Store):
    """It says neither that a record is there nor that it is gone."""
    rotation.rotate(store, DOMAIN, NOW)
    before = store.note(DOMAIN)

    assert rotation.check(store, DOMAIN, lambda _: None, NOW + DAY) == []
    assert store.note(DOMAIN) == before


def test_asking_twice_for_a_next_key_makes_one(store: Store):
    """The records that are being published stay the right ones."""
    assert rotation.rotate(store, DOMAIN, NOW) == rotation.rotate(store, DOMAIN, NOW + DAY)


def test_an_old_record_may_go_after_a_week(store: Store, publish: Callable[..., rotation.Texts]):
    """Not before; then the secret is gone too, and the name is told until the DNS has it no more."""
    rotation.rotate(store, DOMAIN, NOW)
    everything = publish("m1r", "m1e", "m2r", "m2e")
    rotation.check(store, DOMAIN, everything, NOW)

    rotation.check(store, DOMAIN, everything, NOW + rotation.RETIRED - 1)
    assert states(store)["m1r"] == "retired"

    rotation.check(store, DOMAIN, everything, NOW + rotation.RETIRED)
    assert states(store) == {"m2r": "signing", "m2e": "signing"}
    assert not (store.place / DOMAIN / "m1r.pem").exists()
    assert store.note(DOMAIN).gone == ("m1r._domainkey.example.org", "m1e._domainkey.example.org")

    rotation.check(store, DOMAIN, publish("m2r", "m2e"), NOW + 9 * DAY)
    assert store.note(DOMAIN).gone == ()


def test_no_selector_is_used_twice(store: Store, publish: Callable[..., rotation.Texts]):
    """A resolver somewhere may still have the old record."""
    for number in (2, 3):
        rotation.rotate(store, DOMAIN, NOW)
        rotation.check(store, DOMAIN, publish(f"m{number}r", f"m{number}e"), NOW)
        rotation.check(store, DOMAIN, publish(f"m{number}r", f"m{number}e"), NOW + 8 * DAY)

    assert states(store) == {"m3r": "signing", "m3e": "signing"}


def test_a_record_that_was_never_seen_or_is_gone_for_days_is_missed():
    """The DNS, or the way to it, may be away for a while."""
    key = Key(domain=DOMAIN, selector="m1r", algorithm="rsa", state="signing", public="x", since=NOW, seen=NOW)

    assert not rotation.lacks_record(key, NOW + rotation.PATIENCE)
    assert rotation.lacks_record(key, NOW + rotation.PATIENCE + 1)


def test_a_note_that_is_no_note_is_said_to_be_none(store: Store):
    """Rather than making new keys, whose records are not in the DNS."""
    (store.place / DOMAIN / "keys.json").write_text("{")

    with pytest.raises(ValueError, match=r"keys\.json is not what was written there"):
        store.keys(DOMAIN)


def test_a_note_that_a_disk_has_spoiled_costs_the_signatures_of_its_domain_alone(store: Store, old: Path):
    """A start goes on, and mail of the others is signed."""
    make.missing(store, ["spoiled.example"], NOW, old)
    (store.place / "spoiled.example" / "keys.json").write_text("")

    assert signing.files(store, signing.RSPAMD)["/var/lib/signing/selectors.map"].text == "example.org m1r,m1e\n"


def test_rspamd_is_told_each_key_that_signs(store: Store):
    """Its secret, readable for its user alone, and a map, RSA first; keys that wait are none of its business."""
    rotation.rotate(store, DOMAIN, NOW)

    tree = signing.files(store, signing.RSPAMD)

    assert tree["/var/lib/signing/selectors.map"].text == "example.org m1r,m1e\n"
    secrets = {path: entry for path, entry in tree.items() if path.endswith(".key")}
    assert list(secrets) == [f"/var/lib/signing/keys/example.org.{selector}.key" for selector in ("m1r", "m1e")]
    assert {(one.mode, one.owner, one.secret) for one in secrets.values()} == {(0o400, "filter", True)}


def test_opendkim_is_told_the_rsa_key(store: Store):
    """It signs with one kind of key, and everybody checks RSA."""
    tree = signing.files(store, signing.LIGHT)

    assert [path for path in tree if path.endswith(".key")] == ["/run/opendkim/keys/example.org.m1r.key"]
    assert tree["/run/opendkim/keys.table"].text == "example.org example.org:m1r:/run/opendkim/keys/example.org.m1r.key\n"


def test_looking_at_keys_imports_nothing_heavy(store: Store):
    """The health check and the verbs about the DNS do so."""
    program = "import sys; from mailstead import dkim; from mailstead.dkim import signing, domains; print(*sys.modules)"
    entrypoint = REPOSITORY / "entrypoint"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=entrypoint, capture_output=True, text=True, check=True).stdout

    assert not set(loaded.split()) & {"cryptography", "sqlalchemy", "dns", "yaml"}


def test_a_note_is_plain_json(store: Store):
    """Anybody may read it without us."""
    facts = json.loads((store.place / DOMAIN / "keys.json").read_text())

    assert [(one["selector"], one["since"], one["seen"]) for one in facts["keys"]] == [("m1r", NOW, 0), ("m1e", NOW, 0)]
