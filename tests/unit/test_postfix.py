"""The room of Postfix: who may send to whom in which order, the lists, the owner's own parameters, the queue's directories."""

from collections.abc import Callable

import pytest

from mailstead import memory
from mailstead.render import render
from mailstead.services import postfix
from mailstead.settings import Settings
from mailstead.tree import Directory

MAIN_CF = """\
myhostname = mail.example.org
# About the list.
smtpd_recipient_restrictions =
    permit_mynetworks,
    reject
smtpd_recipient_restrictions_of_mine = 1
relayhost=[a]:25

mydestination =
"""


@pytest.mark.parametrize(("limit", "served"), [(64, "10"), (256, "14"), (1024, "56"), (8192, "250")])
def test_a_small_server_serves_fewer_at_once(
    limit: int, served: str, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
):
    """By the memory it may have (MB)."""
    monkeypatch.setattr(memory, "whole", lambda: limit * 2**20)
    lines = render(make_settings(), [postfix])["/etc/postfix/master.cf"].text.splitlines()
    doors = [line.split() for line in lines if line.startswith(("smtpd ", "submission"))]

    assert [door[6] for door in doors] == [served] * 3


def test_nobody_relays_before_the_rule_that_forbids_it(make_settings: Callable[..., Settings]):
    """Ourselves, who has signed in, whom the owner trusts; then only mail to us."""
    assert postfix.relay_restrictions(make_settings()) == [
        "permit_mynetworks",
        "permit_sasl_authenticated",
        "reject_unauth_destination",
    ]
    assert postfix.relay_restrictions(make_settings(trusted_networks="192.168.7.0/24")) == [
        "permit_mynetworks",
        "permit_sasl_authenticated",
        "check_client_access cidr:/etc/postfix/trusted_networks",
        "reject_unauth_destination",
    ]


def test_what_is_answered_from_files_comes_before_the_dns(make_settings: Callable[..., Settings]):
    """Relaying and unknown people first, then names, and the mailbox last; block lists were asked by postscreen, before all."""
    rules = postfix.recipient_restrictions(make_settings(dnsbl="zen.example.org"))
    order = [
        "permit_mynetworks",
        "reject_unauth_destination",
        "reject_unlisted_recipient",
        "reject_unknown_sender_domain",
        "reject_unknown_recipient_domain",
        *postfix.ASK_FOR_ROOM,
    ]

    assert [rule for rule in rules if rule in order] == order
    assert rules[-1] == postfix.ASK_FOR_ROOM[-1]


def test_no_rule_that_permits_comes_after_the_one_that_forbids_relaying(make_settings: Callable[..., Settings]):
    """Only what is ours or trusted is let through early."""
    rules = postfix.recipient_restrictions(make_settings(trusted_networks="192.168.7.0/24"))
    forbids = rules.index("reject_unauth_destination")

    trusted = "check_client_access cidr:/etc/postfix/trusted_networks"
    assert rules[:forbids] == [*postfix.printable_addresses(), *postfix.list_headers(), "permit_mynetworks", trusted]
    assert not [rule for rule in rules[forbids:] if rule.startswith(("permit", "check_client_access"))]


def test_who_may_post_is_asked_about_everybody_who_is_not_ours(make_settings: Callable[..., Settings]):
    """Strangers and our own people alike, once the group is known to exist."""
    for rules in (postfix.recipient_restrictions(make_settings()), postfix.submission_recipient_restrictions()):
        asked = rules.index("check_recipient_access cdb:/var/lib/mailstead/projection/restricted")
        assert rules.index("reject_unlisted_recipient") < asked


def test_a_mailbox_that_cannot_be_asked_costs_no_mail():
    """Dovecot away: the message is taken and waits."""
    assert "default_action=DUNNO" in postfix.QUOTA_STATUS
    assert postfix.submission_recipient_restrictions()[-1] == postfix.ASK_FOR_ROOM[-1]


def test_a_block_list_is_believed_only_when_it_means_listed():
    """Not where it says that it refuses us (127.255.255.x), not where a dead one answers everything (127.0.0.1 or an address)."""
    assert postfix.block_list("zen.example.org") == "zen.example.org=127.0.[0..254].[2..254]"
    assert postfix.block_list("zen.example.org=127.0.0.[2..11]") == "zen.example.org=127.0.0.[2..11]"
    assert postfix.block_list("zen.example.org*-2") == "zen.example.org=127.0.[0..254].[2..254]*-2"


def test_nobody_waits_who_is_known_or_at_home(make_settings: Callable[..., Settings]):
    """postscreen's list: the networks the owner trusts, and addresses that no stranger has, Docker's gateway among them."""
    listed = postfix.files(make_settings(trusted_networks="198.51.100.9"))["/etc/postfix/unscreened"].text.splitlines()

    assert listed == [f"{network} permit" for network in ("198.51.100.9/32", *postfix.PRIVATE)]


def test_only_relays_are_offered_a_password(make_settings: Callable[..., Settings]):
    """main.cf has none for all: a server that mail goes to directly could ask for it."""
    settings = make_settings(relay_host="smtp.example.com", relay_user="me", relay_password="hunter2")
    made = render(settings, [postfix])

    assert "sasl_password" not in made["/etc/postfix/main.cf"].text
    assert made["/etc/postfix/master.cf"].text.count("smtp_sasl_password_maps=") == 2


def test_the_owners_parameter_takes_the_place_of_ours():
    """Our whole logical line goes, the lines that continue it too; a longer name that begins alike stays."""
    made = postfix.override(MAIN_CF, {"smtpd_recipient_restrictions": "reject", "relayhost": "[b]:587"})

    assert made == (
        "myhostname = mail.example.org\n"
        "# About the list.\n"
        "smtpd_recipient_restrictions_of_mine = 1\n"
        "\n"
        "mydestination =\n"
        "\n# Set by the owner, as POSTFIX_<parameter>.\n"
        "smtpd_recipient_restrictions = reject\n"
        "relayhost = [b]:587\n"
    )


def test_a_parameter_we_do_not_set_is_added():
    """At the end, where it is seen."""
    made = postfix.override(MAIN_CF, {"maximal_queue_lifetime": "3d"})

    assert made == MAIN_CF + "\n# Set by the owner, as POSTFIX_<parameter>.\nmaximal_queue_lifetime = 3d\n"


def test_an_owners_value_is_taken_as_it_is():
    """Backslashes and dollar signs too."""
    assert postfix.override("a = 1\n", {"a": r"\1 $b \g<0>"}).endswith(r"a = \1 $b \g<0>" + "\n")


def test_no_parameters_leave_the_file_alone():
    """Not even a blank line is added."""
    assert postfix.override(MAIN_CF, {}) == MAIN_CF


POSTFIX_FILES = """\
#
# The list of files.
$config_directory:d:root:-:755:u
$data_directory:d:$mail_owner:-:700:uc
$queue_directory:d:root:-:755:uc
$queue_directory/active:d:$mail_owner:-:700:ucr
$queue_directory/maildrop:d:$mail_owner:$setgid_group:730:uc
$queue_directory/pid:d:root:-:755:uc
$daemon_directory/master:f:root:-:755
$queue_directory/saved:h:$queue_directory/defer:$mail_owner
"""


def test_the_queues_directories_are_those_postfix_lists():
    """With owners, groups and modes; nothing else of its list."""
    assert postfix.queue_directories(POSTFIX_FILES) == {
        "/var/spool/postfix": Directory(mode=0o755),
        "/var/spool/postfix/active": Directory(mode=0o700, owner="postfix"),
        "/var/spool/postfix/maildrop": Directory(mode=0o730, owner="postfix", group="postdrop"),
        "/var/spool/postfix/pid": Directory(mode=0o755),
    }


@pytest.mark.parametrize("port", ["25", "465", "587"])
def test_a_relay_is_asked_for_by_its_own_name(make_settings: Callable[..., Settings], port: str):
    """In brackets: its MX record leads elsewhere."""
    assert postfix.relay(make_settings(relay_host="smtp.example.com", relay_port=port)) == f"[smtp.example.com]:{port}"
