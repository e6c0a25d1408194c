"""What the security tests share: a stack under attack, one that lets the attacks in, and their people."""

from collections.abc import Iterator

import pytest

from support import people
from support.people import Person
from support.stack import Stack
from support.world import World

DORA = "dora@elsewhere.test"
TO_DORA = f'require ["copy"]; redirect :copy "{DORA}";'
CARELESS = {
    "POSTFIX_smtpd_forbid_bare_newline": "no",
    "POSTFIX_cleanup_replace_stray_cr_lf": "no",
    "POSTFIX_smtpd_forbid_unauth_pipelining": "no",
    "POSTFIX_message_reject_characters": "",
    "POSTFIX_lmtp_line_length_limit": "998",
    "POSTFIX_smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination",
    "POSTFIX_disable_vrfy_command": "no",
    "POSTFIX_smtpd_hard_error_limit": "100",
    "POSTFIX_smtpd_error_sleep_time": "0",
}
"""Settings that open what is shut by default."""


@pytest.fixture(scope="session")
def fortress(open_stack) -> Iterator[Stack]:
    """A stack under attack, with the world's sink to relay to."""
    with open_stack(ipv6=True, MAIL_MANAGESIEVE="yes") as stack:
        assert stack.world.sink.kept() == []
        yield stack


@pytest.fixture(scope="session")
def careless(open_stack) -> Iterator[Stack]:
    """A stack whose owner trusts his own network, Docker's gateway in it, and more: here the attacks must be seen to succeed."""

    def trusting(world: World) -> dict[str, str]:
        world.network.reload()
        subnets = [one["Subnet"] for one in world.network.attrs["IPAM"]["Config"]]
        networks = [f"[{one.replace('/', ']/')}" if ":" in one else one for one in subnets]
        return CARELESS | {"POSTFIX_mynetworks": " ".join(["127.0.0.0/8", *networks])}

    rejecting = {"dovecot/rejecting.conf": "sieve_extensions {\n  reject = yes\n}\n"}
    with open_stack(ipv6=True, beside=trusting, config=rejecting) as stack:
        assert stack.world.sink.kept() == []
        yield stack


@pytest.fixture(scope="session")
def target(fortress: Stack) -> Person:
    """Somebody with an account on the stack under attack."""
    return people.make_person(fortress, "Tara", domain="example.test")


@pytest.fixture(scope="session")
def victim(careless: Stack) -> Person:
    """Somebody with an account on the careless stack."""
    return people.make_person(careless, "Vic", domain="example.test")


@pytest.fixture(scope="session")
def sender(fortress: Stack) -> Person:
    """Somebody who has signed in there, and means harm."""
    return people.make_person(fortress, "Mallory", domain="example.test")


@pytest.fixture(scope="session")
def forwarder(fortress: Stack) -> Person:
    """Somebody whose mail is kept, and sent on to the sink by a Sieve script."""
    made = people.make_person(fortress, "Fay", domain="example.test")
    made.filter_by(TO_DORA)
    return made


@pytest.fixture(scope="session")
def braked(open_stack) -> Stack:
    """A stack that takes as few wrong passwords as an owner's does."""
    with open_stack(MAIL_LOGIN_RATE="10", MAIL_MANAGESIEVE="yes") as stack:
        yield stack


@pytest.fixture(scope="session")
def unbraked(open_stack) -> Stack:
    """A stack that checks as many passwords as anybody likes to try."""
    with open_stack(MAIL_LOGIN_RATE="999", MAIL_MANAGESIEVE="yes") as stack:
        yield stack
