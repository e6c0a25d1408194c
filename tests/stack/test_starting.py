"""Starting: what keeps a server from it, and what never does."""

import re

import pytest

from support.stack import Ran, Stack
from support.wait import wait_until


def test_bad_settings_are_all_named_and_nothing_is_started(make_alone):
    """Status 78 (EX_CONFIG), every problem in one report, not a file written."""
    refused = make_alone(MAIL_DOMANIS="x", MAIL_TLS="none", MAIL_RELAY_PASSWORD="hunter2", POSTFIX_mynetwork="10.0.0.0/8")

    assert refused.wait() == Ran(
        78,
        "3 settings need attention; nothing was started.\n\n"
        "  MAIL_DOMANIS is not a setting; did you mean MAIL_DOMAINS?\n\n"
        '  MAIL_TLS="none" is not accepted\n'
        "      allowed: one of self-signed, acme, files\n"
        "      example: MAIL_TLS=acme\n\n"
        "  POSTFIX_mynetwork is not a parameter of Postfix\n"
        "      allowed: one that `postconf` lists\n",
    )
    assert refused.kept("/var/lib/mailstead") == []


def test_a_value_that_postfix_cannot_read_is_named(make_alone):
    """Its daemons would start, and end at each connection; what it knows is good as it is."""
    refused = make_alone("check", POSTFIX_smtpd_banner="$myhostname ${greeting", POSTFIX_relayhost="[smtp.example.com]").wait()

    assert refused.status == 78
    assert "POSTFIX_smtpd_banner=\"$myhostname ${greeting\" is not understood by Postfix: truncated macro" in refused.output
    assert "POSTFIX_relayhost" not in refused.output
    assert make_alone("check", POSTFIX_smtpd_banner="$myhostname costs $$5").wait().status == 0


def test_checking_says_the_same_without_a_start(make_alone):
    """`mailstead check`, for an owner who has just edited his file."""
    assert make_alone("check", MAIL_POP3="perhaps").wait().status == 78
    assert make_alone("check", MAIL_HOSTNAME="mail.example.org").wait().output == "The settings of mail.example.org are good.\n"


def test_no_setting_no_dns_and_no_network_keep_it_from_starting(make_alone):
    """All daemons answer, the owner reads how to connect, and what is missing."""
    alone = make_alone()
    wait_until(lambda: alone.exec("mailstead", "health").status == 0, what="every daemon to answer")

    assert "mailstead: MAIL_HOSTNAME is not set; this is mail.example.test, a server to try out." in alone.log()
    assert "mailstead: The postmaster's account is postmaster@example.test; its password, shown this once: " in alone.log()
    assert alone.stop().status == 0


def test_what_runs_is_compiled(make_alone):
    """A start, the keeper, a health check and an owner's verbs read no module's source: nothing could keep what comes of it."""
    verbs = [("account", "list"), ("alias", "add", "info@example.test", "postmaster@example.test"), ("dkim", "show"), ("doctor",)]
    alone = make_alone(PYTHONVERBOSE="1")
    wait_until(lambda: alone.exec("mailstead", "health").status == 0, what="every daemon to answer")
    said = [alone.exec("mailstead", *verb).output for verb in [("health",), *verbs]] + [alone.log()]

    # The interpreter's words, quotes and all (python(1), -v).
    assert all("# code object from '/usr/lib/python3" in words for words in said)
    assert {path for words in said for path in re.findall(r"# code object from (/usr/\S+\.py)$", words, re.MULTILINE)} == set()


def test_a_volume_that_cannot_be_written_is_named(make_alone):
    """The system's word for it and what to look at; no traceback."""
    ran = make_alone(volumes=()).wait()

    assert ran.status == 1
    assert ran.output == (
        "mailstead: cannot start: [Errno 30] Read-only file system: '/var/lib/mailstead'. "
        "Are the volumes mounted, writable, and not full?\n"
    )


def test_two_starts_write_the_same_bytes(sturdy: Stack):
    """Same settings, same files: what differs after a restart is a change somebody made."""
    listing = ("sh", "-c", "cd /run/mailstead/etc && find . -type f -exec sha256sum {} + | sort")
    before = sturdy.exec(*listing)
    sturdy.restart()

    assert len(before.splitlines()) > 9
    assert sturdy.exec(*listing) == before


def test_what_a_restart_would_change_is_shown_before_it(sturdy: Stack):
    """Nothing after a start; the lines of main.cf and dovecot.conf that a change of the settings alters."""
    assert sturdy.attempt("mailstead", "render", "--diff") == Ran(0, "")

    changed = sturdy.attempt("env", "MAIL_QUOTA=7G", "MAIL_MESSAGE_SIZE_LIMIT=26M", "mailstead", "render", "--diff")
    assert changed.status == 1
    assert "+message_size_limit = 27262976\n" in changed.output
    assert "+quota_storage_size = 7516192768B\n" in changed.output


def test_trusting_dockers_gateway_is_said_aloud(sturdy: Stack):
    """Behind it may stand anybody: an open relay for one line in an env file."""
    said = sturdy.exec("env", "MAIL_TRUSTED_NETWORKS=10.0.0.0/8 0.0.0.0/0", "mailstead", "check")

    assert "mailstead: WARNING: MAIL_TRUSTED_NETWORKS=0.0.0.0/0 holds " in said
    assert "an open relay" in said
    assert "WARNING" not in sturdy.exec("env", "MAIL_TRUSTED_NETWORKS=198.51.100.0/24", "mailstead", "check")


@pytest.mark.parametrize("name", ["mail", "mail.example.test"])
def test_names_of_the_network_and_of_the_dns_resolve(sturdy: Stack, name: str):
    """Compose's own by Docker, the others by Unbound and the resolver that MAIL_RESOLVER names."""
    assert sturdy.exec("getent", "hosts", name).split()


def test_every_line_of_the_log_begins_with_a_name(sturdy: Stack):
    """Whose words they are: a daemon's, supervisor's, or the command's."""
    (log,) = sturdy.logs().values()
    names = {line.partition(": ")[0] for line in log.splitlines()}

    assert names == {"mailstead", "supervisor", "unbound", "saslauthd", "dovecot", "postfix"}
