"""A first start whose certificate files are not there, or no good: mail works all the same, and it is said."""

import pytest

from stack.alone import Alone
from support.papers import PublicAuthority
from support.wait import wait_until

HOST = "mail.example.test"
GOOD = PublicAuthority().issue(HOST)


def started(alone: Alone) -> str:
    """Return the line in which a container says that it starts."""
    wait_until(lambda: "starts; its certificate" in alone.log(), what="the start to be said")
    return next(line for line in alone.log().splitlines() if "starts; its certificate" in line)


def test_the_owners_certificate_is_served_from_the_first_moment(make_alone):
    """No self-signed one in between, which mail programs would ask about."""
    alone = make_alone(MAIL_TLS="files", config={"tls/fullchain.pem": GOOD.fullchain, "tls/privkey.pem": GOOD.key})

    assert "its certificate (files) is good until" in started(alone)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "/config/tls cannot be read: No such file or directory"),
        ({"tls/a.pem": GOOD.fullchain}, "/config/tls/a.pem (for mail.example.test) does not belong to any private key"),
    ],
    ids=["no folder", "no key"],
)
def test_without_good_files_it_starts_and_says_what_is_missing(make_alone, config: dict[str, str], said: str):
    """A self-signed certificate is served; the log, `cert` and `health` have the sentence."""
    alone = make_alone(MAIL_TLS="files", config=config)
    assert "its certificate (self-signed) is good until" in started(alone)
    sentence = f"MAIL_TLS_FILES has no certificate for {HOST}: {said}"

    wait_until(lambda: f"WARNING: certificate: {sentence}" in alone.log(), what="the log to say what is missing")
    assert sentence in alone.exec("mailstead", "cert").output
    wait_until(lambda: "port 993      serves it" in alone.exec("mailstead", "cert").output, what="Dovecot to serve the other")
    assert f"ILL  certificate {sentence}" in alone.exec("mailstead", "health").output


def test_a_path_that_is_none_is_a_problem_of_the_settings(make_alone):
    """Found by `check`, as every other."""
    ran = make_alone("check", MAIL_TLS="files", MAIL_TLS_FILES="config/tls").wait()

    assert ran.status == 78
    assert 'MAIL_TLS_FILES="config/tls" is not accepted\n      allowed: a path in the container that begins with /' in ran.output
