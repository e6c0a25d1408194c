"""Hostile names and passwords, as the daemons' own programs read them: refused, or found again as what they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead import tables
from mailstead.directory import DirectoryError, accounts, aliases, audit, domains, passwords, project, relays, schema, snapshot
from mailstead.directory.snapshot import Relay
from mailstead.settings import Settings
from support.hostile import several
from support.run import Run, printed
from support.stack import IMAGES

SETTINGS = Settings.read({"MAIL_HOSTNAME": "mail.example.org", "MAIL_DOMAINS": "example.org"})
HASH, ALICE = "$y$j9T$abc$def", "alice@example.org"
TABLES = ("addresses", "senders", "domains", "relay-logins")
# What Postfix finds in its tables, and which passwords Dovecot finds to be right.
ASK = """
import json, subprocess
def said(*command):
    return subprocess.run(command, capture_output=True).stdout.decode()
open("/tmp/main.cf", "w").write("meta_directory = /usr/share/postfix/meta\\n")
tables = {name: said("postmap", "-c", "/tmp", "-s", f"cdb:/given/{name}") for name in json.load(open("/given/tables"))}
given = json.load(open("/given/passwords"))
open("/tmp/dovecot.conf", "w").write("dovecot_config_version = 2.4.1\\ndovecot_storage_version = 2.4.1\\n")
pw = ["doveadm", "-c", "/tmp/dovecot.conf", "pw"]
right = [password for password, hashed in given if "verified" in said(*pw, "-t", "{CRYPT}" + hashed, "-p", password)]
print(json.dumps([tables, right]))
"""


class Trial:
    """Names and passwords that were tried in a directory of their own; `place` is where its projection is."""

    def __init__(self, place: Path, count: int) -> None:
        self.place, self.tried, self.refused = place, 0, 0
        self.logins: dict[str, str] = {}
        engine = schema.open(f"sqlite:///{place}/directory.sqlite")
        schema.upgrade(engine)
        with engine.execution_options(actor=audit.Actor("tester", "test")).begin() as self._opened:
            domains.add(self._opened, "example.org")
            accounts.add(self._opened, ALICE, HASH)
            self._names(count)
            self._relays(count)
            self.held = snapshot.read(self._opened)
        engine.dispose()
        self.passwords = [one for one in several("four plain words", count) if self._taken(passwords.check, one)]

    def _names(self, count: int) -> None:
        for one in several("bob@example.org", count):
            self._taken(accounts.add, self._opened, one, HASH)
        for one in several("sales@example.org", count):
            self._taken(aliases.add, self._opened, one, [ALICE])
        for one in several("someone@elsewhere.example", count):
            self._taken(aliases.add, self._opened, "team@example.org", [one])
        for one in several("example.net", count):
            self._taken(domains.add, self._opened, one)

    def _relays(self, count: int) -> None:
        for number, one in enumerate(several("hunter2", count)):
            domain, login = f"r{number}.example.org", one[::-1]
            domains.add(self._opened, domain)
            relay = Relay(domain=domain, host="smtp.example.com", port=587, tls="verify", login=login, password=one)
            if self._taken(relays.set, self._opened, relay) and one:
                self.logins[f"@{domain}"] = f"{login}:{one}"

    def _taken(self, act: Callable[..., object], *given: object) -> bool:
        self.tried += 1
        try:
            act(*given)
        except (DirectoryError, ValueError):
            self.refused += 1
            return False
        return True


@pytest.fixture(scope="module")
def trial(docker_run: Run, long: bool) -> Trial:
    """Some of each kind; with --long hundreds."""
    return Trial(docker_run.folder("names"), 300 if long else 20)


@pytest.fixture(scope="module")
def projected(trial: Trial) -> dict[str, list[str]]:
    """The lines of the tables that were made for Postfix."""
    files = {Path(path).name: file.text for path, file in project.project(trial.held, SETTINGS).items()}
    return {name: files[name].splitlines() for name in TABLES}


@pytest.fixture(scope="module")
def read(docker_run: Run, trial: Trial, projected: dict[str, list[str]]) -> tuple[dict[str, str], list[str]]:
    """What Postfix reads in each table, and the passwords that Dovecot lets in with their hashes."""
    for name, lines in projected.items():
        tables.write(trial.place / f"{name}.cdb", "".join(f"{line}\n" for line in lines))
    given = [(one, passwords.hash_generated(one)) for one in trial.passwords if "\0" not in one]
    (trial.place / "passwords").write_text(json.dumps(given))
    (trial.place / "tables").write_text(json.dumps(TABLES))
    volumes, image = [f"{trial.place}:/given:ro"], IMAGES["MAILSTEAD_IMAGE"]
    said = printed(docker_run, image, ["-c", ASK], entrypoint="/usr/bin/python3", network_mode="none", volumes=volumes)
    return tuple(json.loads(said))


@pytest.mark.parametrize("name", TABLES)
def test_postfix_reads_a_line_for_each_name_and_no_other(trial: Trial, projected, read, name: str, figure):
    """The keys and values that were written, in any order."""
    shown = [line.replace("\t", " ", 1) for line in read[0][name].splitlines()]
    figure("names and passwords", {"tried": trial.tried, "refused": trial.refused, f"lines of {name}": len(shown)})

    assert shown
    assert sorted(shown) == sorted(projected[name])


def test_a_relay_is_shown_its_login_and_password_to_the_letter(trial: Trial, read):
    """Whatever stands in them."""
    shown = dict(line.split("\t", 1) for line in read[0]["relay-logins"].split("\n") if line)

    assert shown == trial.logins


def test_dovecot_finds_each_password_that_is_taken_to_be_right(trial: Trial, read):
    """Whatever stands in it."""
    assert len(trial.passwords) > 5
    assert read[1] == trial.passwords
