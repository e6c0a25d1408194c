"""The certificate's key: root reads it, and nobody and nothing else has it."""

import json

import pytest

from support.run import printed
from support.stack import IMAGE, Stack

PLACE = "/var/lib/mailstead/certificates"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
DOVECOTS = "/run/dovecot/dovecot.conf.binary"
EVERYWHERE = ["/run", "/etc", "/tmp", "/var", "/usr", "/root", "/dev/shm"]


@pytest.fixture(scope="module")
def canary(fortress: Stack) -> str:
    """A line out of the middle of the key in service; another key is prepared, and a certificate has been exchanged."""
    fortress.mailstead("cert", "rotate")
    fortress.mailstead("cert", "renew", "--force")
    for pinned in ("certificate", "trust"):
        fortress.__dict__.pop(pinned, None)
    line = fortress.exec("sed", "-n", "3p", f"{PLACE}/key.pem").strip()
    assert len(line) > 30
    return line


def test_only_root_reads_the_files_with_keys(fortress: Stack, canary: str):
    """In a folder that is closed as well."""
    modes = fortress.exec("sh", "-c", f"stat -c '%a %U %n' {PLACE} {PLACE}/*").splitlines()

    assert {line.split()[2].rpartition("/")[2] for line in modes} >= {"served.pem", "key.pem", "next-key.pem"}
    assert {tuple(line.split()[:2]) for line in modes} == {("700", "root"), ("600", "root")}


def test_nobody_else_finds_it_anywhere(fortress: Stack, canary: str):
    """Root finds it where it belongs, and in the form in which Dovecot keeps its own configuration in memory (tmpfs)."""
    searched = fortress.attempt(*NOBODY, "grep", "-rslF", "--", canary, *EVERYWHERE)
    root = fortress.attempt("grep", "-rslF", "--", canary, *EVERYWHERE)

    assert searched.output == ""
    assert set(root.output.split()) == {f"{PLACE}/key.pem", f"{PLACE}/served.pem", DOVECOTS}
    assert fortress.exec("stat", "-c", "%a %U", DOVECOTS) == "600 root\n"


def test_neither_log_nor_docker_nor_a_command_line_has_it(fortress: Stack, canary: str):
    """Nor an environment, nor what `cert` prints."""
    container = fortress.run.client.containers.get(f"{fortress.name}-mail-1")
    (log,) = fortress.logs().values()
    told = [fortress.attempt("mailstead", "cert", *option).output for option in ([], ["--pem"], ["--json"], ["rotate"])]
    processes = fortress.exec("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true")

    shown = [log, json.dumps(container.attrs), processes, *told]
    assert [text for text in shown if canary in text or "PRIVATE KEY" in text] == []


def test_the_image_has_no_key_at_all(fortress: Stack):
    """None of ours, and none that a package has made while it was built: it would be the same for all who use the image."""
    search = ["-rsIlE", r"^-----BEGIN [A-Z ]*PRIVATE KEY-----\r?$", "/etc", "/var", "/usr", "/root", "/opt", "/home", "/srv"]
    found = printed(fortress.run, IMAGE, ["-c", 'grep "$@" || true', "grep", *search], entrypoint="sh")

    assert found == ""
