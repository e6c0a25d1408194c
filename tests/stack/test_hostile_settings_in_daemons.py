"""Hostile values in every setting, as the daemons read them: refused, or not one parameter more than with the manual's example.

Each daemon's own program shows what it makes of its files, names and values. A name that comes or goes, and a change of a value
that is not the setting's own, would be a way into the configuration.
"""

import hashlib
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailstead.declare import SettingsError, declared
from mailstead.render import render
from mailstead.services import rooms
from mailstead.services.filter import HOST
from mailstead.settings import Settings
from mailstead.tree import File
from support.hostile import WORST, several
from support.run import Run, printed
from support.stack import IMAGES

SETTINGS = {one.variable: one for one in declared(Settings)}
PARAMETERS = {"POSTFIX_smtpd_banner": "$myhostname ESMTP", "POSTFIX_relayhost": "[mx.example.com]", "POSTFIX_mynetworks": "::1"}
VARIABLES = {name: one.example for name, one in SETTINGS.items()} | PARAMETERS | {"LEGO_X_TOKEN": "hunter2"}
"""Every setting, and a harmless value of it."""

# What a setting needs beside it, to be taken and to have a place in a file.
RELAY = {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_USER": "user", "MAIL_RELAY_PASSWORD": "password"}
LDAP = {
    "MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=example,dc=org",
    "MAIL_LDAP_BIND_DN": "cn=x,dc=example,dc=org",
    "MAIL_LDAP_BIND_PASSWORD": "password",
}
ACME = {"MAIL_TLS": "acme", "MAIL_ACME_EMAIL": "alice@example.org", "MAIL_PORT_HTTP": "80", "MAIL_PORT_HTTPS": "443"}
BESIDE = {
    "MAIL_POSTMASTER": {"MAIL_DOMAINS": "example.org"},
    "MAIL_RELAY_": RELAY,
    "MAIL_LDAP_": LDAP,
    "MAIL_ACME_DNS_": ACME | {"MAIL_ACME_CHALLENGE": "dns-01"},
    "MAIL_ACME_EAB_": ACME | {"MAIL_ACME_EAB_KID": "kid", "MAIL_ACME_EAB_HMAC": "hunter2"},
    "MAIL_ACME_": ACME,
    "MAIL_TLS_": {"MAIL_TLS": "files"},
    "MAIL_TLS": ACME,
    "MAIL_DNS_": {"MAIL_DNS_SERVER": "192.0.2.53", "MAIL_DNS_TSIG_NAME": "mailstead", "MAIL_DNS_TSIG_SECRET": "c2VjcmV0"},
    "LEGO_": ACME | {"MAIL_ACME_DNS_PROVIDER": "rfc2136"},
}


@dataclass(frozen=True)
class Daemon:
    """A reader of files: in which image, which files below /etc, and what prints names and values as it takes them."""

    role: str
    files: str
    show: str


DAEMONS = {
    "postfix": Daemon("mail", "postfix/", "{ postconf -n; postconf -M; } 2>/dev/null"),
    "dovecot": Daemon("mail", "dovecot/", "doveconf -n -P"),
    "unbound": Daemon("mail", "unbound/", "unbound-checkconf >/dev/null; cat /etc/unbound/*"),
    "opendkim": Daemon("mail", "opendkim/", "opendkim -n -x /etc/opendkim/opendkim.conf; cat /etc/opendkim/*"),
    # Nothing reads these and does no more than that: each line is a word and what belongs to it.
    "pam": Daemon("mail", "pam.d/", "cat /etc/pam.d/smtp"),
    "saslauthd": Daemon("mail", "saslauthd.conf", "cat /run/mailstead/etc/saslauthd.conf"),
    "ldap": Daemon("mail", "ldap/", "cat /run/mailstead/etc/ldap/*"),
    "supervisor": Daemon("mail", "supervisor/", "cat /etc/supervisor/conf.d/*"),
    "rspamd": Daemon("filter", "rspamd/", "touch /var/lib/signing/controller.inc; rspamadm configtest -q; rspamadm configdump"),
    "valkey": Daemon("filter", "valkey/", "cat /etc/valkey/*"),
}
RUNTIME = ("/run/mailstead", "/run/rspamd", "/var/lib/signing")
# In each folder the files of one daemon, if it has any; what it makes of them comes beside them.
SHOW = """
for place in /trees/*; do
    : >"$place/shown"
    [ -d "$place/etc" ] || continue
    rm -rf /run/mailstead/etc
    cp -rp "$place/etc" /run/mailstead/etc
    (set -e; %s) >"$place/shown" 2>"$place/errors" || echo refused: >>"$place/shown"
done
"""


def environment(variable: str, value: str) -> dict[str, str]:
    """Return settings in which one has a value, and all it needs."""
    beside = next((some for prefix, some in BESIDE.items() if variable.startswith(prefix)), {})
    return {**beside, variable: value}


def refused(environ: Mapping[str, str]) -> str:
    """Return the report that refuses some settings; "" where they are taken."""
    try:
        Settings.read(environ)
    except SettingsError as error:
        return str(error)
    return ""


def files(environ: Mapping[str, str], role: str) -> dict[str, str]:
    """Return the text of each file below /etc of a container of a role; SettingsError where a value is refused."""
    settings = Settings.read(environ, role)
    tree = render(settings, rooms(settings))
    return {path[len("/etc/") :]: one.text for path, one in tree.items() if isinstance(one, File) and path.startswith("/etc/")}


def is_a_choice(variable: str) -> bool:
    """Whether only some words are taken, none of which is hostile."""
    allowed = SETTINGS[variable].kind.allowed if variable in SETTINGS else ""
    return allowed.startswith("one of ") or allowed == "yes or no"


@dataclass
class Trial:
    """Values that were tried: how many, how many were refused or words to choose from; for each that was taken, the folders with
    the daemons' files.
    """

    place: Path
    tried: int = 0
    refused: int = 0
    words: int = 0
    taken: list[tuple[str, str, dict[str, Path]]] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def give(self, variable: str, value: str) -> None:
        """Try a value of a setting, beside harmless ones."""
        self.tried += 1
        refusal = refused(environment(variable, value))
        if refusal:
            assert variable in refusal, (variable, value)
            self.refused += 1
        elif is_a_choice(variable):
            self.words += 1
        else:
            self.taken.append((variable, value, self.folders(environment(variable, value))))

    def folders(self, environ: Mapping[str, str]) -> dict[str, Path]:
        """Return the folder of each daemon for some settings; the same files lie in the same folder."""
        by_role = {role: files(environ, role) for role in ("mail", "filter")}
        return {name: self._folder(name, by_role[one.role]) for name, one in DAEMONS.items()}

    def without(self, variable: str) -> dict[str, Path]:
        """Return the folders for settings in which one has no value: alone in that, or with all that it needs."""
        beside = environment(variable, "")
        return self.folders({} if refused(beside) else beside)

    def _folder(self, daemon: str, texts: Mapping[str, str]) -> Path:
        own = {name: text for name, text in texts.items() if name.startswith(DAEMONS[daemon].files)}
        folder = self.place / daemon / hashlib.sha256(repr(own).encode()).hexdigest()[:16]
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o777)
            for name, text in own.items():
                _write(folder / "etc" / name, text)
        return folder

    def have_shown(self, run: Run, daemon: str) -> int:
        """Let a daemon's program read all files that are its own; return how many sets of them there were."""
        image = IMAGES["MAILSTEAD_IMAGE" if DAEMONS[daemon].role == "mail" else "MAILSTEAD_FILTER_IMAGE"]
        trees, hosts = self.place / daemon, {HOST: "127.0.0.1"}
        if daemon in self.read:
            return len(list(trees.iterdir()))
        self.read.add(daemon)
        mounts = {"tmpfs": dict.fromkeys(RUNTIME, ""), "volumes": [f"{trees}:/trees"]}
        command = ["-c", SHOW % DAEMONS[daemon].show]
        printed(run, image, command, entrypoint="/bin/sh", network_mode="none", extra_hosts=hosts, **mounts)
        return len(list(trees.iterdir()))


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    # Postfix takes naps until a file is a second old.
    os.utime(place, (time.time() - 60,) * 2)


def hostile(variable: str, count: int) -> list[str]:
    """Return the worst values for a setting, and so many others."""
    good = VARIABLES[variable]
    found = dict.fromkeys([*(good + one for one in WORST), *several(good, count)])
    return [text for text in found if text.strip()]


@pytest.fixture(scope="module")
def trial(docker_run: Run, long: bool) -> Trial:
    """Some values of every setting; with --long more than ten thousand of all together."""
    made = Trial(docker_run.folder("hostile"))
    for variable in VARIABLES:
        for value in hostile(variable, 200 if long else 6):
            made.give(variable, value)
    return made


@pytest.fixture(scope="module")
def usual(trial: Trial) -> dict[str, tuple[dict[str, Path], dict[str, Path]]]:
    """For each setting of which a value was taken: the folders with a harmless value of it, and without one."""
    variables = {variable for variable, _, _ in trial.taken}
    return {name: (trial.folders(environment(name, VARIABLES[name])), trial.without(name)) for name in variables}


# What the product says at its start of values for parameters of Postfix, where Postfix is.
SAY = """
import json, sys
from mailstead.services import postfix
from mailstead.settings import Settings
given = json.load(open("/trees/given"))
print(json.dumps([one for one in given if [*postfix.unreadable_values(Settings.read(dict([one])))]]))
"""


@pytest.fixture(scope="module")
def unreadable(docker_run: Run, trial: Trial) -> set[tuple[str, str]]:
    """The parameters of Postfix whose values are refused at the start, since Postfix cannot read them."""
    given = [(variable, value) for variable, value, _ in trial.taken if variable in PARAMETERS]
    place = docker_run.folder("parameters")
    (place / "given").write_text(json.dumps(given))
    image, volumes = IMAGES["MAILSTEAD_IMAGE"], [f"{place}:/trees"]
    said = printed(docker_run, image, ["-c", SAY], entrypoint="/usr/bin/python3", network_mode="none", volumes=volumes)
    return set(map(tuple, json.loads(said)))


def lines(folder: Path) -> dict[str, list[str]]:
    """Return what a daemon has shown: each name to the lines that it begins, in their order."""
    found = defaultdict(list)
    for line in (folder / "shown").read_text(errors="replace").splitlines():
        # Neither comments nor what is left of a block, nor a word of a list.
        if line.strip() and line.strip()[0] not in "#;}]" and not re.fullmatch(r'\s*"[^"]*",?', line):
            found[re.split(r"[ =:;{]", line.strip(), maxsplit=1)[0]].append(line)
    return found


def numbers(shown: Mapping[str, list[str]], variable: str) -> dict[str, int]:
    """Return how often each name is there; only that it is, for a setting that may have several values."""
    several = variable in SETTINGS and SETTINGS[variable].kind.several
    return {name: 1 if several else len(found) for name, found in shown.items()}


def test_a_value_is_refused_by_its_name_or_taken(trial: Trial, long: bool, figure):
    """Every setting has had its share."""
    figure("values", {"tried": trial.tried, "refused": trial.refused, "taken": len(trial.taken), "words": trial.words})

    assert trial.tried >= (10_000 if long else 3 * len(VARIABLES))
    assert {variable for variable, _, _ in trial.taken} >= {"MAIL_RELAY_PASSWORD", "MAIL_LDAP_BIND_DN", *PARAMETERS}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_daemon_reads_the_same_parameters(docker_run: Run, trial: Trial, usual, unreadable, daemon: str, figure):
    """Whatever stands in a value: the same names, and no other value than those that the setting has a part in."""
    begun = time.monotonic()
    sets = trial.have_shown(docker_run, daemon)
    figure("files", {"sets": sets, "seconds": round(time.monotonic() - begun)})

    assert any(lines(given[daemon]) for given, _ in usual.values())
    for variable, value, folders in trial.taken:
        if (variable, value) in unreadable:
            continue
        shown, given, without = (lines(one[daemon]) for one in (folders, *usual[variable]))
        assert "refused" not in shown, (variable, value, (folders[daemon] / "errors").read_text())
        assert numbers(shown, variable) in (numbers(given, variable), numbers(without, variable)), (variable, value)
        own = {name for name in {*given, *without} if given.get(name) != without.get(name)}
        assert {name for name in shown if shown[name] != given.get(name)} <= own, (variable, value)


def as_given(
    run: Run, trial: Trial, daemon: str, setting: str, refused: Set[tuple[str, str]] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield each value of a setting that was taken, and not refused later, with all that the daemon has shown for it."""
    trial.have_shown(run, daemon)
    for variable, value, folders in trial.taken:
        if variable == setting and (variable, value) not in refused:
            yield value, (folders[daemon] / "shown").read_bytes().decode()


def test_postfix_has_each_value_as_it_was_given(docker_run: Run, trial: Trial, unreadable):
    """But for blanks around it, which main.cf does not keep."""
    for value, shown in as_given(docker_run, trial, "postfix", "POSTFIX_smtpd_banner", unreadable):
        assert f"smtpd_banner = {value.strip(' ')}\n" in shown, (value, shown)


def test_dovecot_has_each_value_as_it_was_given(docker_run: Run, trial: Trial):
    """With nothing put in for what looks like a variable. doveconf quotes what has blanks at an end or a #, and nothing else."""
    for value, shown in as_given(docker_run, trial, "dovecot", "MAIL_LDAP_BIND_DN"):
        unquoted = shown.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\")
        assert value in shown or value in unquoted, (value, shown)
