"""All mail leaves through the provider's server, where port 25 to the world is blocked."""

import pytest

from support.sink import PROVIDER, Sink
from support.wait import wait_until


@pytest.fixture(scope="module", params=[465, 587])
def relaying(request, open_stack, authority):
    """A stack that hands all outgoing mail to the provider, by TLS from the first byte (465) or STARTTLS (587)."""
    with open_stack(
        config={"authority.pem": authority.pem},
        MAIL_RELAY_HOST=PROVIDER,
        MAIL_RELAY_PORT=str(request.param),
        MAIL_RELAY_USER=Sink.login,
        MAIL_RELAY_PASSWORD=Sink.password,
        POSTFIX_smtp_tls_CAfile="/config/authority.pem",
    ) as stack:
        yield stack


def test_mail_leaves_through_the_provider_with_our_credentials(relaying, make_person):
    """The provider sees a letter for anywhere on its submission port, encrypted, under the login of the settings."""
    alice = make_person("Alice", stack=relaying)
    provider = relaying.world.sink

    sent = alice.send(to="dora@elsewhere.test", subject="By the provider", text="Grüße")

    kept = provider.wait_for(subject="By the provider")
    assert (kept.port, kept.tls, kept.login) == (int(relaying.settings["MAIL_RELAY_PORT"]), True, Sink.login)
    assert kept.letter.digest == sent.digest


def test_a_provider_with_a_wrong_certificate_gets_neither_password_nor_mail(relaying, make_person):
    """Under a certificate nobody vouches for, mail waits in the queue; under the right one it leaves."""
    alice = make_person("Alice", stack=relaying)
    provider = relaying.world.sink

    with provider.forged():
        alice.send(to="dora@elsewhere.test", subject="Not to a stranger")
        wait_until(relaying.deferred, what="the letter to be deferred")
        assert "Not to a stranger" not in [kept.letter.subject for kept in provider.kept()]
    relaying.exec("postfix", "flush")

    assert provider.wait_for(subject="Not to a stranger")
