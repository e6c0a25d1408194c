"""Settings in, files out: what `main.cf` and the others really say, case by case, in golden/.

A case is a folder: `env` (an env file), `tree/` (the files it becomes, each at its path in the container), `modes` (who may
read what). `pytest tests/unit --update-golden` writes the last two anew; the review reads the diff.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import jinja2
import pytest
import yaml

from mailstead.declare import declared
from mailstead.render import render
from mailstead.services import rooms
from mailstead.settings import Settings
from mailstead.tree import Directory, File, Tree

REPOSITORY = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(place.name for place in GOLDEN.iterdir())
LOUD = 'canary "7" #8; %(x)s ${y} {{ 1 + 1 }} \\n'


def role(case: str) -> str:
    """Return which container a golden case is of."""
    return "filter" if case.startswith("filter") else "mail"


def rendered(environ: Mapping[str, str], role: str = "mail") -> Tree:
    """Return the tree an environment makes."""
    settings = Settings.read(environ, role)
    return render(settings, rooms(settings))


def environment(case: str) -> dict[str, str]:
    """Return the environment of a golden case."""
    lines = (GOLDEN / case / "env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def expected(case: str) -> dict[str, str]:
    """Return the files of a golden case: path in the container to text."""
    root = GOLDEN / case / "tree"
    return {f"/{place.relative_to(root)}": place.read_text() for place in root.rglob("*") if place.is_file()}


def texts(tree: Tree) -> dict[str, str]:
    """Return what the files of a tree say."""
    return {path: entry.text for path, entry in tree.items() if isinstance(entry, File)}


def modes(tree: Tree) -> str:
    """Return a line for each entry of a tree: mode, owner, path; a folder's ends with a slash."""
    ends = {path: "/" if isinstance(entry, Directory) else "" for path, entry in tree.items()}
    return "".join(f"{entry.mode:04o} {entry.owner}:{entry.group} {path}{ends[path]}\n" for path, entry in sorted(tree.items()))


def write_golden(case: str, tree: Tree) -> None:
    """Make a golden case say what is rendered now."""
    shutil.rmtree(GOLDEN / case / "tree", ignore_errors=True)
    for path, text in texts(tree).items():
        place = GOLDEN / case / "tree" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (GOLDEN / case / "modes").write_text(modes(tree))


@pytest.mark.parametrize("case", CASES)
def test_settings_become_these_files(case: str, request: pytest.FixtureRequest):
    """Every file of every room, to the letter, and who may read it."""
    tree = rendered(environment(case), role(case))
    if request.config.getoption("--update-golden"):
        write_golden(case, tree)

    assert texts(tree) == expected(case)
    assert modes(tree) == (GOLDEN / case / "modes").read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_same_settings_make_the_same_bytes(case: str):
    """In another order, with another locale and hash seed: a start is idempotent."""
    backwards = dict(reversed(environment(case).items()))
    program = "import sys; from unit.test_render import *; print(texts(rendered(eval(sys.argv[1]), sys.argv[2])), end='')"
    places = os.pathsep.join(str(REPOSITORY / name) for name in ("entrypoint", "tests"))
    environ = {"PYTHONPATH": places, "PYTHONHASHSEED": "7", "LC_ALL": "C", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", program, repr(backwards), role(case)]
    elsewhere = subprocess.run(command, env=environ, capture_output=True, check=True)

    assert elsewhere.stdout.decode() == repr(texts(rendered(environment(case), role(case))))


def test_every_setting_stands_in_a_golden_case():
    """What an owner can set has been looked at in its file; compose, the directory, orders, `dns` and `doctor` read the rest."""
    used = {name for case in CASES for name in environment(case)}
    directory = {"MAIL_POSTMASTER", "MAIL_POSTMASTER_PASSWORD"}
    asking = {"MAIL_PUBLIC_ADDRESS", "MAIL_SPF_INCLUDE"}
    asking |= {one.variable for one in declared(Settings) if one.variable.startswith(("MAIL_ACME_", "MAIL_DNS_", "MAIL_DOCTOR_"))}

    assert {one.variable for one in declared(Settings) if not one.compose} - directory - asking <= used


@pytest.mark.parametrize("case", CASES)
def test_every_file_has_a_place_that_can_be_written(case: str):
    """The image's root is read-only: paths in /etc are covered by its links to tmpfs, the others are in /run or volumes."""
    dockerfile = (REPOSITORY / f"images/{role(case)}/Dockerfile").read_text()
    (listed,) = re.findall(r"for path in ((?:[^;]|\\\n)*); do", dockerfile)
    linked = [f"/etc/{path}" for path in listed.replace("\\\n", " ").split()]
    volumes = {"mail": ["/var/mail", "/var/lib/mailstead", "/var/spool/postfix"], "filter": ["/var/lib/filter"]}
    writable = [*linked, "/run", *volumes[role(case)]]
    paths = rendered(environment(case), role(case))

    outside = [path for path in paths if not any(Path(path).is_relative_to(place) for place in writable)]
    assert outside == []


def test_the_relays_password_is_in_one_file_for_root_alone(make_settings: Callable[..., Settings]):
    """Whatever signs it has: no other file, no command line, no template sees it."""
    settings = make_settings(relay_host="smtp.example.com", relay_user="me", relay_password=LOUD)
    tree = render(settings, rooms(settings))
    having = {path: entry for path, entry in tree.items() if "canary" in getattr(entry, "text", "")}

    assert having == {
        "/etc/postfix/relay_password": File(text=f"[smtp.example.com]:587 me:{LOUD}\n", mode=0o600, secret=True)
    }


def test_the_postmasters_password_is_in_no_file(make_settings: Callable[..., Settings]):
    """It becomes a hash in the directory, and nothing else."""
    settings = make_settings(postmaster_password="canary")

    assert "canary" not in "".join(texts(render(settings, rooms(settings))).values())


def test_an_owners_text_is_never_a_template(make_settings: Callable[..., Settings]):
    """Braces in a value reach main.cf as they are."""
    settings = make_settings(postfix={"smtpd_banner": "{{ 6 * 7 }} {% raw %}"})

    assert "smtpd_banner = {{ 6 * 7 }} {% raw %}\n" in texts(render(settings, rooms(settings)))["/etc/postfix/main.cf"]


def test_a_name_that_is_not_there_stops_the_rendering(tmp_path: Path, make_settings: Callable[..., Settings]):
    """A slip in a template is an error, not an empty word in a config."""
    (tmp_path / "templates/etc").mkdir(parents=True)
    (tmp_path / "templates/etc/x.conf.j2").write_text("{{ settings.hostnam }}")
    (tmp_path / "__init__.py").write_text("values = lambda settings: {}")
    room = dataclasses.make_dataclass("Room", ["__file__", "values"])(str(tmp_path / "__init__.py"), lambda settings: {})

    with pytest.raises(jinja2.UndefinedError, match="hostnam"):
        render(make_settings(), [room])


@pytest.mark.parametrize("case", CASES)
def test_every_program_of_supervisor_speaks_into_the_containers_log(case: str):
    """Its errors with its output, both as events for the keeper, which puts the daemon's name in front."""
    files = texts(rendered(environment(case), role(case)))
    programs = {Path(path).stem: text for path, text in files.items() if "/supervisor/conf.d/" in path}
    # supervisor is no program of its own, and the mail container's neighbour runs elsewhere.
    without = {"supervisor", "filter"}

    assert set(programs) == {room.NAME for room in rooms(Settings.read(environment(case), role(case)))} - without
    for text in programs.values():
        assert {"redirect_stderr = true", "stdout_logfile = NONE", "stdout_events_enabled = true"} <= set(text.splitlines())


@pytest.mark.parametrize("role", ["mail", "filter"])
def test_all_daemons_have_time_to_stop(role: str):
    """supervisor stops one after the other, and Docker kills what is left when compose.yaml's grace is over."""
    files = texts(rendered({}, role))
    waits = [int(seconds) for text in files.values() for seconds in re.findall(r"^stopwaitsecs = (\d+)$", text, re.MULTILINE)]
    service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"][role]
    grace = service["stop_grace_period"].removesuffix("s")

    assert len(waits) == len([path for path in files if "/supervisor/conf.d/" in path])
    assert sum(waits) < int(grace)
