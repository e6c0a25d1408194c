"""The filter of a stack: what it says of letters, what it has learned, and a stranger whom it knows no harm of."""

import json
import re
from email.headerregistry import Address

from . import letters
from .letters import Letter
from .stack import Ran, Stack

FRIEND = Address("Fred", "fred", "friend.test")
REJECTED, JUNK = ("XJS", "YJS")
"""What a line of GTUBE begins with: of a letter that is refused, and of one that goes into Junk."""
LETTING_PASS = {"MAIL_SPAM_REJECT": "990", "MAIL_SPAM_JUNK": "900", "MAIL_SPAM_GREYLIST": "800", "MAIL_RATE_LIMIT": "no"}
"""Settings of a filter that reads all and lets it pass: letters of a load look like spam, and one person sends them all."""
GTUBE = "*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_STATISTICS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:11334/stat').read().decode())"
_TEACH = """
import json, sys
from mailstead import lessons, teaching
given = json.load(sys.stdin)
taught = [lessons.Lesson(kind, "somebody@example.test", str(number), "") for number, (kind, _) in enumerate(given)]
print(teaching.teach(taught, lambda one: given[int(one.id)][1].encode()))
"""


def befriend(stack: Stack) -> None:
    """Let the world's DNS vouch for friend.test, whose mail comes from the sink."""
    stack.world.sink  # noqa: B018 - its name is there from now on
    stack.world.tell(
        "friend.test MX 10 sink.elsewhere.test",
        'friend.test TXT "v=spf1 a:sink.elsewhere.test -all"',
        '_dmarc.friend.test TXT "v=DMARC1; p=reject"',
        'quarantining.test TXT "v=spf1 -all"',
        "quarantining.test MX 10 sink.elsewhere.test",
        '_dmarc.quarantining.test TXT "v=DMARC1; p=quarantine"',
    )


def receive(
    stack: Stack,
    to: Address,
    subject: str,
    text: str = "Shall we meet for lunch at noon?\n",
    *,
    sender: Address = FRIEND,
    envelope: str = "fred@friend.test",
    headers: str = "",
) -> None:
    """Have a letter come from the world, with more headers in front; AssertionError with the words of a refusal."""
    letter = headers.encode() + letters.write(sender, [to], subject, text)
    stack.world.sink.send(envelope, to.addr_spec, letter, exchanger=stack.hostname)


def symbols(letter: Letter) -> dict[str, float]:
    """Return what speaks for and against a letter, by the filter's own header: symbol to score."""
    return {name: float(score) for name, score in re.findall(r"([A-Z0-9_]+)\((-?[\d.]+)\)", letter.message["X-Spamd-Result"])}


def learned(stack: Stack) -> dict[str, int]:
    """Return how many letters of each kind the filter has learned from."""
    said = json.loads(ask(stack, "python3", "-c", _STATISTICS).output)
    return {one["symbol"]: one["revision"] for one in said["statfiles"]}


def teach(stack: Stack, taught: list[tuple[str, str]]) -> int:
    """Have the filter learn from (kind, letter) as the mail container does; return how many letters it took."""
    return int(stack.exec("python3", "-c", _TEACH, text=json.dumps(taught)))


def ask(stack: Stack, *command: str) -> Ran:
    """Run a command in the filter's container."""
    status, output = stack.container("filter").exec_run(list(command))
    return Ran(status, output.decode())
