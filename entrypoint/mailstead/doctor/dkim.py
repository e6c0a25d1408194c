"""DKIM (RFC 6376): what the DNS says of a key, and whether what is signed with it can be verified."""

from collections.abc import Sequence

from ..dkim import Key
from ..dns.txt import tags
from .checks import Verdict, fail, passed, skipped, warn
from .lookup import Lookup

_TRIAL = b"From: doctor@%s\r\nTo: doctor@%s\r\nSubject: a trial\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nSigned.\r\n"


def judged(key: Key, texts: Sequence[str]) -> Verdict:
    """Return what the TXT records of a key's name mean."""
    put = f"put into the DNS: {key.name}. TXT {key.record()} (scripts/mailstead dns {key.domain} shows it in one piece)"
    found = [one for one in texts if "p" in tags(one)]
    if not found:
        said = f"the DNS does not show the {key.algorithm} key {key.selector}"
        return missing(key, said, put)
    if len(found) > 1:
        return fail(f"there are {len(found)} records at {key.name}, and nobody knows which one counts", put, of=key.name)
    if tags(found[0])["p"] != key.public:
        return fail("the DNS shows another key than mail is signed with: every signature counts as forged", put, of=key.name)
    return passed(f"the DNS shows the {key.algorithm} key ({key.state})", of=key.name)


def missing(key: Key, said: str, put: str) -> Verdict:
    """Return what it means that the DNS does not show a key: little for one that does not sign, or that few check (Ed25519)."""
    if key.state != "signing" or key.algorithm == "ed25519":
        return warn(f"{said} ({key.state})", put, of=key.name)
    return fail(f"{said}, with which mail is signed", put, of=key.name)


def verified(key: Key, secret: str, lookup: Lookup) -> Verdict:
    """Sign a message with a key (RSA, PEM), and have dkimpy (https://pypi.org/project/dkimpy/) verify it."""
    import dkim

    letter = _TRIAL % (key.domain.encode(), key.domain.encode())
    header = dkim.sign(letter, key.selector.encode(), key.domain.encode(), secret.encode())

    def text(name: bytes, timeout: int = 5) -> bytes:
        return "".join(lookup.records(name.decode().rstrip("."), "TXT")[:1]).encode()

    if not lookup.records(key.name, "TXT"):
        return skipped("the DNS does not show the key", of=key.name)
    if dkim.verify(header + letter, dnsfunc=text):
        return passed("what is signed with it is verified", of=key.name)
    mend = f"compare the record with: scripts/mailstead dns {key.domain}"
    return fail("what is signed with it is not verified", mend, of=key.name)
