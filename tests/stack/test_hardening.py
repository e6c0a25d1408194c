"""What a break-in would find: no rights, nothing to write, no passwords."""

import base64
import io
import json
import shutil
import smtplib
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.alone import Alone
from stack.conftest import ELSEWHERE, GUESS, canary
from stack.processes import daemon
from support import clients
from support import world as worlds
from support.people import Person
from support.run import printed
from support.stack import REPOSITORY, Stack
from support.wait import wait_until

HASH = r"\$y\$[^$]+\$[^$]+\$"
"""The hash of a password (crypt(5)); its method and salt alone are in etc/pam.d/smtp, for names that are nobody's."""


@pytest.mark.parametrize("service", ["mail", "filter"])
def test_nothing_but_its_volumes_and_tmpfs_can_be_written(guarded: Stack, ann: Person, service: str):
    """The container's own layer stays as the image made it, but for the places where volumes are mounted."""
    container = guarded.container(service)
    mounts = [mount["Destination"] for mount in container.attrs["Mounts"]]
    changed = [change["Path"] for change in container.diff() or []]

    assert [path for path in changed if not any(f"{mount}/".startswith(f"{path}/") for mount in mounts)] == []
    assert b"Read-only file system" in container.exec_run(["touch", "/usr/mark"], user="root").output


def spellings(secret: str) -> list[str]:
    """Return a secret as it is, and as it goes over the wire (base64 in any of its three alignments, without the ends)."""
    coded = [base64.b64encode(b"\0" * shift + secret.encode()).decode() for shift in range(3)]
    return [secret, *(one[4:-4] for one in coded)]


def test_no_secret_is_in_the_log(guarded: Stack, told: list[str]):
    """No secret setting, no account's or app password, no key, and no password that was wrong; in no spelling."""
    log = "".join(guarded.logs().values())

    assert "auth failure" in log
    assert [secret for secret in told for word in spellings(secret) if word in log] == []
    assert "PRIVATE KEY" not in log


def test_no_secret_is_in_what_docker_knows(guarded: Stack, told: list[str]):
    """`docker inspect` shows the environment: the secrets came from files. And no program that dies leaves its memory behind."""
    known = [guarded.container(service).attrs for service in ("mail", "filter")]
    shown = json.dumps(known)

    assert "MAIL_RELAY_PASSWORD_FILE" in shown
    assert [secret for secret in told if secret in shown] == []
    assert [one["HostConfig"]["Ulimits"] for one in known] == [[{"Name": "core", "Hard": 0, "Soft": 0}]] * 2


def in_processes(stack: Stack, service: str) -> str:
    """Return the command lines and environments of all processes of a container, as nobody but root of the machine sees them."""
    place = {"pid_mode": f"container:{stack.container(service).id}", "cap_add": ["SYS_PTRACE"], "network_mode": "none"}
    command = ["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true"]
    return printed(stack.run, worlds.IMAGE, command, **place)


@pytest.mark.parametrize(("service", "program"), [("mail", "/usr/sbin/saslauthd"), ("filter", "rspamd")])
def test_no_secret_is_in_a_command_line_or_an_environment(guarded: Stack, told: list[str], service: str, program: str):
    """Of any process, the first one's too."""
    shown = in_processes(guarded, service)

    assert program in shown
    assert "MAIL_HOSTNAME=" in shown
    assert [secret for secret in told if secret in shown] == []


def test_a_secret_in_an_environment_is_seen(guarded: Stack):
    """The negative control: some program is given one."""
    pid = guarded.exec("env", "WORD=canary in the open", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!").strip()

    assert "canary in the open" in in_processes(guarded, "mail")
    guarded.exec("kill", pid)


def test_no_password_is_in_a_daemons_environment(stack: Stack):
    """Not even when it was given in the environment: the daemons do not inherit it."""
    given = stack.settings["MAIL_POSTMASTER_PASSWORD"]
    shown = stack.exec("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null || true")
    # Root without CAP_SYS_PTRACE reads that of no other user.
    its_own = ["setpriv", "--reuid=saslauthd", "--regid=saslauthd", "--clear-groups", "cat"]
    shown += stack.exec(*its_own, f"/proc/{daemon(stack, 'saslauthd').pid}/environ")

    assert "/usr/sbin/saslauthd" in shown
    assert "MAIL_HOSTNAME=" in shown
    assert given not in shown


def test_no_secret_is_in_a_file_that_others_may_read(guarded: Stack, told: list[str]):
    """Nor a hash of one or a key: whoever is not root finds nothing below /run, /etc, /tmp and the volumes."""
    patterns = [f"--regexp={one}" for one in (*told, "canary", "PRIVATE KEY")]
    places = ["/run", "/etc", "/tmp", "/var/tmp", "/var/lib/mailstead", "/var/lib/signing", "/var/spool/postfix", "/var/mail"]
    secrets, hashes = ["grep", "-rslF", *patterns, *places], ["grep", "-rslE", HASH, *places]
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    found_by_root = {place for search in (secrets, hashes) for place in guarded.attempt(*search).output.split()}

    assert [guarded.attempt(*nobody, *search).output for search in (secrets, hashes)] == ["", ""]
    assert {"/run/mailstead/etc/postfix/relay_password", "/var/lib/mailstead/certificates/key.pem"} <= found_by_root
    assert "/var/lib/mailstead/projection/passwd" in found_by_root


AWAY = {
    "MAIL_DIRECTORY_URL": {"MAIL_DIRECTORY_URL_FILE": "/config/secret"},
    "MAIL_LDAP_BIND_PASSWORD": {
        "MAIL_DIRECTORY_URL": "ldap://127.0.0.1:1/dc=example,dc=test",
        "MAIL_LDAP_BIND_DN": "cn=mailstead,dc=example,dc=test",
        "MAIL_LDAP_BIND_PASSWORD_FILE": "/config/secret",
    },
}
"""Settings for people who are kept by another server, which is away, by the secret that is among them."""


@pytest.mark.parametrize("variable", sorted(ELSEWHERE))
def test_the_secret_for_another_server_is_told_to_nobody(make_alone: Callable[..., Alone], variable: str):
    """Nor when that server is away, and the errors are those of others' libraries."""
    word = canary(variable)
    text = f"postgresql://mailstead:{word}@127.0.0.1:1/mailstead" if variable == "MAIL_DIRECTORY_URL" else word
    alone = make_alone("up", config={"secret": text}, **AWAY[variable])

    wait_until(lambda: "127.0.0.1" in alone.log(), what="it to miss the server")

    assert word not in alone.log()


def in_the_context(place: Path) -> set[str]:
    """Return the first parts of the names of all that `docker build` takes from a folder."""
    everything = "FROM scratch\nCOPY . /\n"
    command = ["docker", "buildx", "build", "--quiet", "--file", "-", "--output", "type=tar,dest=-", str(place)]
    ran = subprocess.run(command, input=everything.encode(), capture_output=True, check=True, timeout=120)
    with tarfile.open(fileobj=io.BytesIO(ran.stdout)) as archive:
        return {name.split("/")[0] for name in archive.getnames()}


@pytest.mark.parametrize("ignoring", [True, False], ids=["as it is", "without .dockerignore"])
def test_nothing_of_the_owners_comes_into_an_image(tmp_path: Path, ignoring: bool):
    """A build beside his .env, config, backups and keys takes our package alone; without .dockerignore it would take them all."""
    owners = {".env", "second.env", "compose.override.yaml", "config", "backup", "key.pem"}
    for name in ("entrypoint", *owners):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("canary")
    if ignoring:
        shutil.copy(REPOSITORY / ".dockerignore", tmp_path)

    assert in_the_context(tmp_path) == ({"entrypoint"} if ignoring else {"entrypoint", *owners})


@pytest.mark.parametrize("tls", [False, True], ids=["in clear", "after STARTTLS"])
def test_port_25_never_offers_to_sign_in(guarded: Stack, tls: bool):
    """Whoever guesses passwords does it where it is slow and seen."""
    with clients.smtp(guarded) as server:
        if tls:
            server.starttls(context=guarded.trust)
        server.ehlo()
        offered = server.has_extn("auth")
        answer = server.docmd("AUTH", "PLAIN AGEAYg==")

    assert not offered
    assert answer == (503, b"5.5.1 Error: authentication not enabled")


def test_an_old_mail_program_sees_both_forms_of_auth(guarded: Stack):
    """Inside TLS: `AUTH PLAIN LOGIN`, and `AUTH=PLAIN LOGIN` for those that look for the equals sign."""
    with clients.submission(guarded) as server:
        server.ehlo()
        offered = server.ehlo_resp.decode().splitlines()

    assert "AUTH PLAIN LOGIN" in offered
    assert "AUTH=PLAIN LOGIN" in offered


def test_a_wrong_password_is_a_535(guarded: Stack, ann: Person):
    """And only a wrong one."""
    with clients.submissions(guarded) as server, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        clients.smtp_plain(server, ann.address, GUESS)

    assert refused.value.smtp_code == 535
