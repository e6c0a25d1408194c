"""The filter's container: what it is given, what it lets through, how it says how it is."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mailstead.cli import learning
from mailstead.kinds import Rate
from mailstead.services import filter as neighbour
from mailstead.services import rspamd
from mailstead.settings import Settings

REPOSITORY = Path(__file__).parents[2]
SERVICE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]["filter"]


@pytest.mark.parametrize("rate", [Rate(100, 3600), Rate(1, 60), Rate(7, 86400), Rate(500, 86400)])
def test_no_time_lets_more_through_than_the_rate(rate: Rate):
    """A bucket that is full at once and leaks meanwhile: both together are the rate, whenever the time begins."""
    size, leak = rspamd.bucket(rate)

    assert size + leak * rate.seconds == pytest.approx(rate.recipients)
    assert size >= rate.recipients / 2


def test_the_container_is_given_every_setting_its_rooms_read():
    """By name, since it gets none of the passwords that may stand in .env; and no other."""
    folder = REPOSITORY / "entrypoint/mailstead/services"
    rooms = [folder / name for name in ("rspamd", "valkey", "unbound", "supervisor")]
    text = "".join(file.read_text() for room in rooms for file in room.rglob("*") if file.suffix in (".py", ".j2"))
    read = {name for name in Settings.__dataclass_fields__ if f"settings.{name}" in text}

    assert {f"MAIL_{name.upper()}" for name in read - {"role"}} == set(SERVICE["environment"])


def test_the_container_may_do_nothing():
    """No right, no root, nothing to write but what it has learned, and what is gone with it."""
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "cap_add" not in SERVICE
    assert SERVICE["user"] == "5001:5001"
    assert SERVICE["read_only"] is True
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in SERVICE
    assert [volume for volume in SERVICE["volumes"] if not volume.endswith(":ro")] == ["filter:/var/lib/filter"]


@pytest.mark.parametrize(("answer", "ok"), [(b"\0\0\0\x0dO" + bytes(12), True), (b"220 mail ESMTP\r\n", False), (b"", False)])
def test_a_milter_is_known_by_its_first_packet(answer: bytes, ok: bool, monkeypatch: pytest.MonkeyPatch):
    """Whatever else listens there is not well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(neighbour, "MILTER", listener.getsockname()[1])

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(17)
                client.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            assert neighbour.negotiates("127.0.0.1") is ok
        finally:
            serving.join()


def test_the_postmaster_is_told_what_to_type(make_settings: Callable[..., Settings]):
    """Which account, and the commands that stop it."""
    message = learning.notice("mallory@example.test", make_settings())

    assert message["To"] == "postmaster@example.test"
    assert "mallory@example.test" in message["Subject"]
    assert "scripts/mailstead account disable mallory@example.test" in message.get_content()
