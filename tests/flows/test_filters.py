"""Mail is filed and answered on its arrival, by the reader's own Sieve script and the owner's for everybody."""

from email.headerregistry import Address

from support import letters
from support.wait import wait_until

VACATION = """require "vacation";
vacation :days 7 :subject "Away" "Back on Monday.";
"""
FILING = """require "fileinto";
if header :contains "Subject" "[list]" { fileinto "Lists"; }
"""


def test_a_vacation_is_told_once(stack, alice, carol):
    """Who writes twice while Alice is away gets one answer, and Alice gets both letters."""
    alice.filter_by(VACATION)

    carol.send(to=alice, subject="First")
    assert carol.inbox.wait_for(subject="Away").text == "Back on Monday."
    carol.send(to=alice, subject="Second")
    alice.inbox.wait_for(subject="Second")
    wait_until(lambda: not stack.queue(), what="the queue to be empty")

    assert [letter.subject for letter in carol.inbox.letters()] == ["Away"]
    assert alice.inbox.subjects() == ["First", "Second"]


def test_a_vacation_answer_goes_out_to_people_here_too(alice, bob):
    """An answer to somebody on the same server arrives like any other letter."""
    alice.filter_by(VACATION)

    bob.send(to=alice, subject="Are you there?")

    assert bob.inbox.wait_for(subject="Away").message["From"].addresses[0].addr_spec == alice.address


def test_mail_is_filed_where_its_reader_says(alice, carol):
    """A letter of the list goes to the list's folder, another one to the inbox."""
    with alice.inbox.imap() as server:
        server.create("Lists")
    alice.filter_by(FILING)

    carol.send(to=alice, subject="[list] News")
    carol.send(to=alice, subject="For you alone")

    assert alice.inbox.wait_for(subject="[list] News", folder="Lists")
    assert alice.inbox.wait_for(subject="For you alone")
    assert alice.inbox.subjects() == ["For you alone"]


def test_the_owners_script_files_everybodys_mail(stack, alice, sink):
    """A script in /config/sieve/before.d comes before everybody's own: here it files what carries X-Everybody."""
    plain = letters.write(Address("Dora", "dora", "elsewhere.test"), [alice.mailbox], "Water will be off", "At ten.")

    sink.send("dora@elsewhere.test", alice.address, b"X-Everybody: yes\r\n" + plain, exchanger=stack.hostname)

    assert alice.inbox.wait_for(subject="Water will be off", folder="Notices")
