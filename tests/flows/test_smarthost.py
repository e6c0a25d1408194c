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


PASSWORD = Sink.password + "\n"
TRUSTING = {"POSTFIX_smtp_tls_CAfile": "/config/authority.pem"}


@pytest.fixture(scope="module")
def choosing(open_stack, authority):
    """A stack whose mail leaves directly, unless a domain has a relay of its own."""
    with open_stack(config={"authority.pem": authority.pem}, MAIL_MANAGESIEVE="yes", **TRUSTING) as stack:
        assert stack.world.sink
        yield stack


def relay(stack, domain: str, *options: str, host: str = PROVIDER) -> None:
    """Give a domain a relay, with the provider's login."""
    login = ("--login", Sink.login, "--password-stdin")
    stack.mailstead("relay", "add", domain, host, *login, *options, text=PASSWORD)


@pytest.mark.parametrize("port", [465, 587])
def test_a_domains_mail_leaves_by_its_own_relay_and_nobody_else_sees_the_login(choosing, make_person, port: int):
    """Mail of the other domain goes straight to a server that would take a login too, and is given none."""
    alice, bob = make_person("Alice", stack=choosing), make_person("Bob", stack=choosing, domain="other.test")
    relay(choosing, "example.test", "--port", str(port))

    alice.send(to="dora@elsewhere.test", subject=f"By the relay, {port}")
    bob.send(to="dora@elsewhere.test", subject=f"Straight, {port}")

    kept = choosing.world.sink.wait_for(subject=f"By the relay, {port}")
    assert (kept.port, kept.tls, kept.login) == (port, True, Sink.login)
    kept = choosing.world.sink.wait_for(subject=f"Straight, {port}")
    assert (kept.port, kept.login) == (25, None)


def test_a_relay_that_is_deleted_is_used_no_more(choosing, make_person):
    """From the next letter on."""
    alice = make_person("Alice", stack=choosing)
    relay(choosing, "example.test")
    choosing.mailstead("relay", "delete", "example.test")

    alice.send(to="dora@elsewhere.test", subject="Straight again")

    assert choosing.world.sink.wait_for(subject="Straight again").port == 25


def test_a_provider_that_insists_on_one_sender_gets_it(choosing, make_person):
    """In the envelope and in the letter; Alice's name stays."""
    alice = make_person("Alice", stack=choosing)
    relay(choosing, "example.test", "--sender", "me@provider.test")

    alice.send(to="dora@elsewhere.test", subject="Under the provider's name")

    kept = choosing.world.sink.wait_for(subject="Under the provider's name")
    assert kept.sender == "me@provider.test"
    assert kept.letter.message["From"] == "Alice <me@provider.test>"


def test_what_has_no_sender_leaves_by_the_postmasters_relay(choosing, make_person):
    """Bounces, and notices such as this one: nothing in them says which way, and the straight one may be blocked."""
    relay(choosing, "example.test")
    alice, carol = make_person("Alice", stack=choosing), choosing.world.outside.person("carol")
    alice.filter_by('require "vacation"; vacation :subject "I am at the sea" "Back on Monday.";')

    carol.send(to=alice, subject="Are you there?")

    kept = choosing.world.sink.wait_for(subject="I am at the sea")
    assert (kept.sender, kept.recipients, kept.port, kept.login) == ("<>", (carol.address,), 587, Sink.login)


def test_a_relay_is_tried_and_the_step_that_fails_is_told(choosing):
    """The login, the certificate, the port, the name; good where all is."""
    relay(choosing, "example.test", "--port", "465")
    assert f"good: it takes the login {Sink.login}" in choosing.mailstead("relay", "test")

    with choosing.world.sink.forged():
        ran = choosing.attempt("mailstead", "relay", "test", "example.test")
    assert ran.status == 1
    assert "its certificate is not accepted" in ran.output

    choosing.mailstead("relay", "add", "example.test", PROVIDER, "--login", "me", "--password-stdin", text="wrong\n")
    assert "it refuses the login me" in choosing.attempt("mailstead", "relay", "test").output
    relay(choosing, "example.test", "--port", "2525")
    assert "port 2525 is closed there" in choosing.attempt("mailstead", "relay", "test").output
    relay(choosing, "example.test", host="smtp.nowhere.test")
    assert "is not in the DNS" in choosing.attempt("mailstead", "relay", "test").output
