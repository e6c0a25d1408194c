"""The other ways to keep mail on disk serve the same mail."""

import pytest


@pytest.fixture(scope="module", params=["sdbox", "mbox"])
def formatted(request, open_stack):
    """A stack that keeps mail in another format than Maildir."""
    with open_stack(MAIL_MAILBOX_FORMAT=request.param) as stack:
        yield stack


def test_mail_is_delivered_listed_and_expunged(formatted, make_person):
    """Letters arrive, are listed in order, are copied to a folder, and are gone once expunged."""
    alice, bob = make_person("Alice", stack=formatted), make_person("Bob", stack=formatted)
    for subject in ("One", "Two", "Three"):
        alice.send(to=bob, subject=subject, text="From the first column\n.")
        assert bob.inbox.wait_for(subject=subject).text == "From the first column\n."

    with bob.inbox.imap() as server:
        server.copy("1", "Archive")
        server.store("2", "+FLAGS", r"(\Deleted)")
        server.expunge()

    assert bob.inbox.subjects() == ["One", "Three"]
    assert bob.inbox.subjects("Archive") == ["One"]


def test_mail_of_a_day_comes_out_byte_for_byte(formatted, make_person):
    """The format does not touch what is in a letter."""
    alice, bob = make_person("Alice", stack=formatted), make_person("Bob", stack=formatted)

    sent = alice.send(to=bob, subject="Größe", text="Grüße\nFrom here\n>From there\n  \n")

    assert bob.inbox.wait_for(subject="Größe").digest == sent.digest
