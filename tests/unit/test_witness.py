"""What the keeper learns from Postfix's lines: who has sent, and why somebody was refused."""

from pathlib import Path

import pytest

from mailstead.witness import Witness

HEAD = b"Nov 24 06:25:03 mail postfix/submissions/smtpd[131]: "
SENT = b"3293C1AC0B0: client=unknown[172.27.0.1], sasl_method=PLAIN, sasl_username="
REFUSED = b"warning: unknown[172.27.0.1]: SASL PLAIN authentication failed: (reason unavailable), sasl_username="


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """One that knows why alice@example.org is refused."""
    (tmp_path / "refusals").write_text("alice@example.org the account may not send\nbob@example.org the account is disabled\n")
    return Witness(tmp_path / "seen" / "sent", tmp_path / "refusals")


def test_who_sends_is_remembered_in_lower_case(witness: Witness, tmp_path: Path):
    """Each message brings the date up to date, and there is nothing to say."""
    assert witness.hear(HEAD + SENT + b"Carol.C-1_x@Example.org") is None

    (file,) = (tmp_path / "seen" / "sent").iterdir()
    assert file.name == "carol.c-1_x@example.org"
    file.touch()
    before = file.stat().st_mtime_ns
    witness.hear(HEAD + SENT + b"carol.c-1_x@example.org")
    assert file.stat().st_mtime_ns >= before


def test_whoever_is_refused_for_a_reason_has_it_in_the_log(witness: Witness, tmp_path: Path):
    """Whatever the password was: it would have been refused as well. Nobody else is spoken of."""
    assert witness.hear(HEAD + REFUSED + b"Alice@example.org") == "alice@example.org was refused: the account may not send"
    assert witness.hear(HEAD + REFUSED + b"carol@example.org") is None
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize(
    "line",
    [
        b"connect from unknown[172.27.0.1]",
        SENT + b"../../etc/passwd",
        SENT + b".hidden",
        SENT + b"",
        SENT + b"a b",
        b"3293C1AC0B0: message-id=<client=x, sasl_method=PLAIN, sasl_username=alice@example.org>",
        b"NOQUEUE: reject: RCPT from x[1.2.3.4]: 550; helo=<: A1: client=x, sasl_method=PLAIN, sasl_username=a> sasl_username=b",
    ],
)
def test_other_lines_are_nothing_to_it(witness: Witness, tmp_path: Path, line: bytes):
    """Least of all what a stranger may write into them."""
    assert witness.hear(HEAD + line) is None
    assert not (tmp_path / "seen").exists()
