"""A server that docker-mailserver ran until yesterday: its config directory, and the mail of its people, as files."""

import os
from collections.abc import Mapping
from pathlib import Path

from mailstead.directory import passwords

UIDVALIDITY = 1700000000
RECEIVED = 1_600_000_000  # seconds since the epoch: when all of its letters came
_PEOPLE = {
    "alice@example.test": ("{SHA512-CRYPT}", "$6$Yr8dWn3VqL0sTb1k"),
    "bob@example.test": ("{BLF-CRYPT}", "$2y$05$abcdefghijklmnopqrstuu"),
    "carol@example.test": ("{SHA256-CRYPT}", "$5$Q1w2E3r4T5y6U7i8"),
    "dora@old.test": ("", "$y$j9T$abcdefgh"),
    "frank@old.test": ("{SHA512-CRYPT}", "$6$rounds=10000$Zz9"),
}
FILING = 'require "fileinto";\r\nif header :contains "Subject" "[list]" { fileinto "Work/Plans"; }\r\n'


def password(address: str) -> str:
    """Return what somebody has always typed."""
    return f"the old password of {address}"


def config() -> Mapping[str, str]:
    """Return the files of its config directory, by name."""
    lines = [f"{one}|{scheme}{passwords.crypt(password(one), salt)}" for one, (scheme, salt) in _PEOPLE.items()]
    return {
        "postfix-accounts.cf": "\r\n".join(["# people", *lines, "erik@old.test|{PLAIN}in clear"]),
        "postfix-virtual.cf": "info@old.test alice@example.test,dora@old.test\n@old.test carol@example.test\n",
        "postfix-regexp.cf": "/^shop-[0-9]+@old\\.test$/ bob@example.test\n",
        "postfix-send-access.cf": "frank@old.test \t\t REJECT\n",
        "dovecot-quotas.cf": "alice@example.test:1G\nbob@example.test:2M\n",
        "alice@example.test.dovecot.sieve": FILING,
        "opendkim/keys/old.test/mail.private": "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n",
    }


def fill(place: Path) -> None:
    """Make the Maildir that it kept for an account: old letters with flags and keywords, folders, UIDs, subscriptions."""
    inbox = [("1600000000.M1P1.old", "S", 7, "Old and read"), ("1600000001.M2P1.old", "Fa", 12, "Old and flagged")]
    _folder(place, inbox)
    _folder(place / ".Sent", [("1600000002.M3P1.old", "RS", 3, "Old and sent")])
    _folder(place / ".Work.Plans", [("1600000003.M4P1.old", "", 41, "An old plan")])
    (place / "dovecot-keywords").write_text("0 $Label1\n")
    (place / "subscriptions").write_text("V\t2\n\nSent\nWork\tPlans\n")
    (place / "maildirsize").write_text("0S\n1 1\n")


def _folder(place: Path, letters: list[tuple[str, str, int, str]]) -> None:
    for name in ("cur", "new", "tmp"):
        (place / name).mkdir(parents=True)
    for name, flags, _, subject in letters:
        text = f"From: Greta <greta@elsewhere.test>\r\nSubject: {subject}\r\n\r\n" + "An old letter.\r\n" * 6000
        letter = place / "cur" / f"{name}:2,{flags}"
        letter.write_bytes(text.encode())
        os.utime(letter, (RECEIVED, RECEIVED))
    head = f"3 V{UIDVALIDITY} N{max(uid for _, _, uid, _ in letters) + 1} G{'0123456789abcdef' * 2}\n"
    (place / "dovecot-uidlist").write_text(head + "".join(f"{uid} :{name}\n" for name, _, uid, _ in letters))
