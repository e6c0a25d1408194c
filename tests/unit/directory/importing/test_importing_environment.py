"""The env file: every variable of docker-mailserver is known, and the block for .env is one our settings read."""

import pytest

from mailstead.importing.dms import environment
from mailstead.importing.dms.variables import VARIABLES
from mailstead.importing.found import Found
from mailstead.importing.report import LEFT_OUT, TAKEN, Line, Report
from mailstead.settings import Settings


def translated(text: str, main_cf: tuple[str, ...] = ()) -> tuple[dict[str, str], Report, Found]:
    """Return the block for .env as a dict, the report, and what was found."""
    found, report = Found(main_cf=[Line("postfix-main.cf", 1, line) for line in main_cf]), Report()
    block = environment.translate("mailserver.env", text.encode(), found, report)
    environment.complete(block, found, report)
    return dict(line.split("=", 1) for line in block.lines("/kept")), report, found


def test_all_of_its_variables_are_known():
    """As many as its manual and its sources name."""
    assert len(VARIABLES) == 134


@pytest.mark.parametrize("value", ["", "0", "1", "something"])
def test_no_variable_is_ignored_in_silence(value: str):
    """Whatever it is set to: it is taken, works by itself, or has no counterpart, and why."""
    _, report, _ = translated("".join(f"{name}={value}\n" for name in VARIABLES))

    for number, name in enumerate(VARIABLES, start=1):
        entries = [entry for entry in report.entries if entry.line.number == number]
        assert entries
        assert all(entry.what.startswith(name) and len(entry.words.split()) > 1 for entry in entries)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("OVERRIDE_HOSTNAME=mail.example.org", {"MAIL_HOSTNAME": "mail.example.org"}),
        ("ENABLE_POP3=1", {"MAIL_POP3": "yes"}),
        ("ENABLE_MANAGESIEVE=1", {"MAIL_MANAGESIEVE": "yes"}),
        ("POSTFIX_MAILBOX_SIZE_LIMIT=53687091200", {"MAIL_QUOTA": "53687091200"}),
        ("POSTFIX_MESSAGE_SIZE_LIMIT=20480000", {"MAIL_MESSAGE_SIZE_LIMIT": "20480000"}),
        ("ENABLE_DNSBL=1", {"MAIL_DNSBL": "zen.spamhaus.org"}),
        ("DOVECOT_MAILBOX_FORMAT=sdbox", {"MAIL_MAILBOX_FORMAT": "sdbox"}),
        ("POSTFIX_INET_PROTOCOLS=ipv4", {"POSTFIX_inet_protocols": "ipv4"}),
        ("DEFAULT_RELAY_HOST=[smtp.example.com]:465", {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_PORT": "465"}),
        ("RELAY_HOST=smtp.example.com", {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_PORT": "25"}),
        ("RELAY_HOST=smtp.example.com\nRELAY_PORT=587", {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_PORT": "587"}),
    ],
)
def test_a_variable_with_a_counterpart_is_taken(theirs: str, ours: dict[str, str]):
    """In our words; and our settings read them."""
    block, report, _ = translated(theirs)

    assert report.complete
    assert {name: block[name] for name in ours} == ours
    Settings.read(block)


def test_what_differs_where_nothing_is_set_is_set():
    """POP3 was off, and mailboxes had no limit."""
    block, report, _ = translated("")

    assert block == {"MAIL_POP3": "no", "MAIL_QUOTA": "1024T"}
    assert report.complete


def test_the_postmasters_domain_is_one_of_ours():
    """Or our settings would refuse the address."""
    block, report, _ = translated("OVERRIDE_HOSTNAME=mail.example.org\nPOSTMASTER_ADDRESS=Admin@example.net\n")

    assert (block["MAIL_POSTMASTER"], block["MAIL_DOMAINS"]) == ("Admin@example.net", "example.net")
    assert report.complete


def test_the_relays_password_goes_to_a_file():
    """It is neither printed nor in the report."""
    block, report, found = translated("RELAY_HOST=smtp.example.com\nRELAY_USER=me\nRELAY_PASSWORD='hunter 2'\n")

    assert block["MAIL_RELAY_PASSWORD_FILE"] == "/kept/relay-password"
    assert found.kept == {"relay-password": b"hunter 2"}
    assert "hunter" not in repr(block) + "\n".join(report.lines()) + repr(found)


def test_what_our_settings_refuse_together_is_said():
    """A relay's user without its password."""
    _, report, _ = translated("RELAY_HOST=smtp.example.com\nRELAY_USER=me\n")

    assert "MAIL_RELAY_USER and MAIL_RELAY_PASSWORD go together" in report.of(LEFT_OUT)[0].what


def test_of_a_variable_that_is_set_twice_the_last_holds():
    """As Docker has it."""
    block, report, _ = translated("OVERRIDE_HOSTNAME=a.example.org\nOVERRIDE_HOSTNAME=b.example.org # new\n")

    assert block["MAIL_HOSTNAME"] == "b.example.org"
    assert report.complete


def test_lines_of_main_cf_become_variables():
    """Quoted so that Compose takes a $ for what it is; those that decide who may send are left to the owner."""
    banner = "smtpd_banner = $myhostname ESMTP"
    lines = (banner, "mynetworks = 0.0.0.0/0", "smtpd_relay_restrictions = permit", "x_y = it's", "hello")
    block, report, _ = translated("", lines)

    assert block["POSTFIX_smtpd_banner"] == "'$myhostname ESMTP'"
    assert [entry.what for entry in report.of(LEFT_OUT)] == list(lines[1:])
    assert [entry.what for entry in report.of(TAKEN) if entry.line.file == "postfix-main.cf"] == [lines[0]]
