"""`mailstead cert`: what people and programs are told, and the two steps of another key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailstead import certs
from mailstead.certs import keys, ports
from mailstead.certs import swap as swapping
from mailstead.certs.store import Store
from mailstead.cli import cert, main
from mailstead.settings import Settings

HOST = "mail.example.test"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of a server that has started, whose ports serve what is in it."""
    store = Store(tmp_path / "certificates")
    monkeypatch.setattr(cert, "Store", lambda: store)
    monkeypatch.setattr(ports, "served", lambda settings: dict.fromkeys((25, 993), swapping.in_service(store)))
    monkeypatch.setattr(swapping, "reload", lambda: None)
    monkeypatch.setattr(swapping.subprocess, "run", lambda *_, **__: None)
    monkeypatch.setenv("MAIL_HOSTNAME", HOST)
    certs.ensure(Settings.read({"MAIL_HOSTNAME": HOST}), store, datetime.now(UTC))
    return store


def told(capsys: pytest.CaptureFixture[str]) -> dict:
    """Return what programs are told of the certificate."""
    assert main(["cert", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    return one


def test_programs_are_told_by_these_names(store: Store, capsys: pytest.CaptureFixture[str]):
    """A list, for there may come to be several."""
    one = told(capsys)

    assert list(one) == [
        "name", "names", "issuer", "serial", "not_after", "days_left", "next_renewal", "source", "spki_sha256", "served",
    ]  # fmt: skip
    assert (one["name"], one["issuer"], one["days_left"], one["source"]) == (HOST, f"CN={HOST}", 824, "self-signed")
    assert one["served"] == {"25": one["serial"], "993": one["serial"]}
    assert datetime.fromisoformat(one["next_renewal"]) < datetime.fromisoformat(one["not_after"])


def test_a_port_that_serves_another_is_found_wanting(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """With the serial it serves; one that does not answer is named as well."""
    certs.self_signed.make([HOST], other := Store(tmp_path / "other"), datetime.now(UTC))
    monkeypatch.setattr(ports, "served", lambda settings: {25: swapping.in_service(other), 465: None})

    assert main(["cert"]) == 1
    said = capsys.readouterr().out
    assert f"port 25       serves another one, serial {other.current().serial}\n" in said
    assert "port 465      does not answer\n" in said


def test_the_key_is_changed_in_two_steps(store: Store, capsys: pytest.CaptureFixture[str]):
    """The record of the next one is known before the switch, and true after it; asked again, it is the same."""
    first = told(capsys)["spki_sha256"]
    assert main(["cert", "rotate"]) == 0
    said = capsys.readouterr().out
    assert main(["cert", "rotate"]) == 0
    assert capsys.readouterr().out == said

    following = keys.spki_sha256(keys.prepared(store))
    record = f"_25._tcp.{HOST}. IN TLSA 3 1 1"
    assert said.startswith(f"present key  {record} {first}\nnext key     {record} {following}\n")
    assert (store.place / "next-key.pem").stat().st_mode & 0o777 == 0o600
    assert main(["cert", "rotate", "--now"]) == 0
    capsys.readouterr()
    assert told(capsys)["spki_sha256"] == following != first
    assert keys.prepared(store) is None


def test_no_key_is_switched_to_that_was_not_prepared(store: Store, capsys: pytest.CaptureFixture[str]):
    """Nobody could have published its record."""
    assert main(["cert", "rotate", "--now"]) == 1
    assert "No key is prepared" in capsys.readouterr().err


def test_a_switch_that_was_cut_off_is_done_by_the_next_look(store: Store, capsys: pytest.CaptureFixture[str]):
    """The key lies there, the certificate was not made: as after a crash between the two."""
    main(["cert", "rotate"])
    keys.switch(store)
    assert main(["cert", "renew"]) == 0
    capsys.readouterr()

    assert told(capsys)["spki_sha256"] == keys.spki_sha256(keys.kept(store))


def test_the_owners_files_have_a_key_of_their_own(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Which only the tool that makes them can change."""
    monkeypatch.setenv("MAIL_TLS", "files")

    assert main(["cert", "rotate"]) == 1
    assert "the tool that makes the files must change the key" in capsys.readouterr().err


def test_a_port_that_goes_on_with_the_old_one_is_said_loudly(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """After two reloads; and it is tried again within the hour."""
    certs.self_signed.make([HOST], other := Store(tmp_path / "other"), datetime.now(UTC))
    monkeypatch.setattr(ports, "served", lambda settings: {25: swapping.in_service(store), 993: swapping.in_service(other)})
    monkeypatch.setattr(swapping, "_LONGEST", 0)

    assert main(["cert", "renew", "--force"]) == 1
    assert "WARNING: certificate: after a reload, port 993 still serves another certificate" in capsys.readouterr().out
    assert not store.current().swapped
    assert store.current().next_look <= datetime.now(UTC).timestamp() + 3600


def test_a_renewal_that_was_cut_off_before_the_swap_is_brought_to_the_daemons(
    store: Store, capsys: pytest.CaptureFixture[str], make_settings: Callable[..., Settings]
):
    """The note on the disk asks for it at once."""
    certs.renew(make_settings(hostname=HOST), store, datetime.now(UTC), force=True)
    left = store.current()
    assert (left.swapped, left.next_look) == (False, 0)

    assert main(["cert", "renew"]) == 0
    assert f"every port serves the certificate with the serial {left.serial}" in capsys.readouterr().out
    assert store.current().swapped
    assert store.current().next_look > datetime.now(UTC).timestamp()


def test_a_swap_leaves_alone_what_was_put_in_service_meanwhile(store: Store, make_settings: Callable[..., Settings]):
    """Of two renewals at a time the later stays, with its own note: else a file without one would count as no certificate."""
    settings = make_settings(hostname=HOST)
    first, later = (certs.renew(settings, store, datetime.now(UTC), force=True) for _ in range(2))
    swapping.swap(settings, store, first)

    assert (store.current().serial, store.current().swapped) == (later.serial, False)
    assert swapping.swap(settings, store, later).swapped


def test_a_disk_that_takes_nothing_is_said_to(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """In a sentence."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "put", full)

    assert main(["cert", "renew", "--force"]) == 1
    assert "the certificate cannot be looked after: [Errno 28] No space left on device" in capsys.readouterr().out
