"""Two builds of one commit give the same files: what is in an image is what the commit and Debian's packages say, and no more."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.image_tree import Tree, differing, tree
from support.run import Run, printed
from support.stack import IMAGES, REPOSITORY

IN = {"mail": IMAGES["MAILSTEAD_IMAGE"], "filter": IMAGES["MAILSTEAD_FILTER_IMAGE"]}
KEPT = (".pyc", "etc/shadow")
OURS = "usr/lib/python3/dist-packages/mailstead/"

# Each differed between two builds, or does in other images of Debian's.
OF_THE_BUILD = re.compile(
    r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-"
    r"|etc/(machine-id|aliases\.db|postsrsd\.secret|sasldb2|hostid|ssl/private/.+|ssl/certs/ssl-cert-snakeoil\.pem|ssh/ssh_host.*)"
    r"|var/(log|cache/ldconfig|cache/apt|lib/apt/lists)/.+"
    r"|var/lib/(dpkg/.*-old|dbus/machine-id|systemd/random-seed|systemd/credential\.secret|unbound/.*\.(key|pem))"
    r"|var/cache/debconf/.*-old"
)
_BY_THE_HASH = b"\x01\0\0\0"
"""Flags in the header of a .pyc that is good for as long as its source is not looked at (PEP 552: unchecked-hash)."""


@pytest.fixture(scope="module", params=list(IN))
def service(request: pytest.FixtureRequest) -> str:
    """Each of the two that have an image."""
    return request.param


@pytest.fixture(scope="module")
def built(service: str, docker_run: Run) -> Tree:
    """Its image's files, as it was built."""
    return tree(docker_run, IN[service], *KEPT)


@pytest.fixture
def build(docker_run: Run) -> Iterator[Callable[..., Tree]]:
    """Build an image with nothing kept of earlier builds: build(folder, "name of its Dockerfile"); return its files."""
    name = f"{docker_run.name}:build"

    def build(folder: Path, dockerfile: str) -> Tree:
        command = ["docker", "build", "--no-cache", "--quiet", "--tag", name, "--file", str(folder / dockerfile), str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=1800)
        try:
            return tree(docker_run, name, *KEPT)
        finally:
            docker_run.client.images.remove(name, force=True)

    return build


def of_the_build(files: Tree) -> list[str]:
    """Return the files of kinds that are others at each build."""
    return sorted(path for path, entry in files.entries.items() if entry.kind != "directory" and OF_THE_BUILD.fullmatch(path))


def dated_accounts(shadow: str) -> list[str]:
    """Return the accounts of a shadow(5) that have a day of their last change."""
    return [line for line in shadow.splitlines() if line.split(":")[2]]


def dated_programs(files: Tree) -> list[str]:
    """Return our compiled programs that hold the time of their source, which is that of the checkout."""
    ours = {path: content for path, content in files.contents.items() if path.startswith(OURS) and path.endswith(".pyc")}
    assert ours, "none of our programs is compiled"
    return sorted(path for path, content in ours.items() if content[4:8] != _BY_THE_HASH)


def test_an_image_holds_nothing_of_the_day_it_was_built(built: Tree):
    """No log, no cache of where a file lay, no copy of before, no random key, no date."""
    assert of_the_build(built) == []
    assert dated_accounts(built.contents["etc/shadow"].decode()) == []
    assert dated_programs(built) == []


@pytest.mark.long
def test_what_is_left_out_is_missed_by_nobody(service: str, docker_run: Run):
    """Every program and every library finds the libraries it is linked to."""
    find = r"find /usr -xdev -type f \( -perm -100 -o -name '*.so*' \) -exec ldd {} + 2>&1"
    command = ["sh", "-c", f"{find} | grep --extended-regexp '=> (not found|/)'"]
    linked = printed(docker_run, IN[service], command, entrypoint=[], user="0", network_mode="none").splitlines()

    assert any("libicuuc" in line for line in linked)
    assert [line for line in linked if "not found" in line] == []


@pytest.mark.long
def test_what_is_of_the_day_is_seen(tmp_path: Path, build: Callable[..., Tree]):
    """A log, a cache, a key, an account's date and a compiled program with its source's time; each by its name."""
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IN['mail']}\nRUN ldconfig && ldconfig -v >/var/log/ldconfig && useradd late && touch /etc/machine-id"
        f" && python3 -m compileall -qf /{OURS}certs --invalidation-mode timestamp\n"
    )

    files = build(tmp_path, "Dockerfile")

    assert {"etc/machine-id", "etc/passwd-", "var/cache/ldconfig/aux-cache", "var/log/ldconfig"} <= set(of_the_build(files))
    assert [line.split(":")[0] for line in dated_accounts(files.contents["etc/shadow"].decode())] == ["late"]
    assert f"{OURS}certs/__pycache__/keys.cpython-313.pyc" in dated_programs(files)


@pytest.mark.long
def test_two_builds_of_one_commit_give_the_same_files(
    service: str, built: Tree, tmp_path: Path, build: Callable[..., Tree], figure: Callable[[str, object], None]
):
    """Path, kind, mode, owners, size, content and target of every file: of two builds from Debian's packages on, and of one of
    our own programs from another checkout.
    """
    first, second = (build(REPOSITORY, f"images/{service}/Dockerfile") for _ in range(2))
    elsewhere = build(another_checkout(tmp_path, service), "Dockerfile")

    figure(f"files of {service} that differ in two builds, of {len(first.entries)}", len(differing(first, second)))
    assert differing(first, second) == []
    assert differing(built, elsewhere) == []


def another_checkout(folder: Path, service: str) -> Path:
    """Return a folder from which the part of an image is built that does not come from Debian: checked out a day earlier, by
    somebody who lets nobody else read his files.
    """
    shutil.copytree(REPOSITORY / "entrypoint", folder / "entrypoint", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "entrypoint").rglob("*"):
        os.utime(path, (time.time() - 86400,) * 2)
        path.chmod(path.stat().st_mode & 0o700)
    (folder / "images").mkdir()
    shutil.copy(REPOSITORY / "images/compiled.py", folder / "images")
    _, step, ours = (REPOSITORY / f"images/{service}/Dockerfile").read_text().partition("RUN --mount=type=bind,target=/context ")
    assert step, "the step that brings our own programs is another"
    # As it is before that step: what a module compiles to also depends on which others were compiled by then.
    clean = f"RUN rm -r /{OURS} && find /usr/lib/python3* -name __pycache__ -prune -exec rm -r {{}} +"
    (folder / "Dockerfile").write_text(f"FROM {IN[service]}\nUSER root\n{clean}\n{step}{ours}")
    return folder
