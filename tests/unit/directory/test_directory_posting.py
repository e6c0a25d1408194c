"""Groups as Postfix sees them, and the answer it gets about who may post."""

import io
from collections.abc import Callable

import pytest

from mailstead import cdb, policy
from mailstead.directory.snapshot import Domain, Group
from mailstead.settings import Settings
from support.projection import NET, ORG, person, projected, table

ALICE, BOB, CAROL = person("alice@example.org"), person("bob@example.org"), person("carol@example.net")
ALIAS = Domain(name="example.com", alias_of="example.org")
INSIDERS = ("alice@example.org", "Dora@elsewhere.example", "staff@example.org")
BOARD = Group(address="board@example.org", members=INSIDERS, post="members")
STAFF = Group(address="staff@example.org", members=("bob@example.org",))
NEWS = Group(address="news@example.org", members=("alice@example.org",), post="domain")


@pytest.fixture
def files(settings: Settings) -> dict[str, list[str]]:
    """The projection of three people, the groups above, an alias of a group, and a domain alias."""
    aliases = {"bosses@example.org": ("board@example.org", "bob@example.org"), "alice@example.org": ("board@example.org",)}
    groups = {"groups": (BOARD, NEWS, STAFF), "aliases": aliases, "domains": (ALIAS, NET, ORG)}
    return projected(settings, ALICE, BOB, CAROL, **groups)


@pytest.fixture
def answer(files: dict[str, list[str]]) -> Callable[..., str]:
    """Postfix's question and our answer: answer("board@example.org", sender="x@y.z", login="alice@example.org")."""
    content = cdb.compiled("".join(f"{line}\n" for line in files["posting"]))

    def ask(recipient: str, *, sender: str = "", login: str = "") -> str:
        question = {"recipient": recipient, "sender": sender, "sasl_username": login}
        return policy.answer(question, lambda key: cdb.value(content, key))

    return ask


def test_only_groups_that_are_not_for_everybody_are_asked_about(files: dict[str, list[str]]):
    """By each of their names: aliases, and in domain aliases. An account that forwards to a group is not the group."""
    assert {*table(files["restricted"]).values()} == {"ask_posting"}
    assert set(table(files["restricted"])) == {
        f"{local}@{domain}" for local in ("board", "bosses", "news") for domain in ("example.org", "example.com")
    }


def test_nothing_is_asked_where_every_group_is_open(settings: Settings):
    """Their tables are empty."""
    files = projected(settings, ALICE, BOB, groups=(STAFF,))

    assert files["restricted"] == files["posting"] == files["list-ids"] == files["reply-tos"] == []


def test_members_may_post(answer: Callable[..., str]):
    """Those of a group in the group too; ours by their password, under whichever login; people elsewhere by their address."""
    assert answer("board@example.org", sender="alice@example.org", login="alice@example.org") == "DUNNO"
    assert answer("Board+x@Example.com", sender="sales@example.org", login="Alice@example.com") == "DUNNO"
    assert answer("board@example.org", sender="bob@example.org", login="bob@example.org") == "DUNNO"
    assert answer("board@example.org", sender="dora+lists@Elsewhere.example") == "DUNNO"


@pytest.mark.parametrize(
    ("sender", "login"),
    [("carol@example.net", "carol@example.net"), ("x@elsewhere.example", ""), ("", ""), ("alice@example.org", "")],
    ids=["somebody here", "somebody elsewhere", "the null sender", "a member's address without a password"],
)
def test_others_may_not(answer: Callable[..., str], sender: str, login: str):
    """The refusal names the group, by whichever alias it was meant."""
    for recipient in ("board@example.org", "bosses@example.com"):
        said = answer(recipient, sender=sender, login=login)
        assert said == "550 5.7.1 only its members may write to board@example.org"


def test_people_of_the_domain_may_post_once_they_have_signed_in(answer: Callable[..., str]):
    """A sender's address alone proves nothing; another domain on the same server is another domain."""
    assert answer("news@example.org", sender="bob@example.org", login="bob@example.org") == "DUNNO"
    assert answer("news@example.com", sender="bob@example.com", login="bob@example.com") == "DUNNO"
    for sender, login in (("bob@example.org", ""), ("carol@example.net", "carol@example.net")):
        assert answer("news@example.org", sender=sender, login=login).startswith("550 5.7.1 only people of example.org")


def test_what_is_no_group_is_not_refused(answer: Callable[..., str]):
    """Should Postfix ask at all."""
    assert answer("alice@example.org", sender="x@elsewhere.example") == answer("", sender="") == "DUNNO"


def test_headers_are_for_each_name_of_a_group(settings: Settings):
    """List-Id is the address with a dot (RFC 2919, 2)."""
    group = Group(address="team@example.org", members=("alice@example.org",), list_id=True, reply_to="team@example.org")
    aliases = {"crew@example.org": ("team@example.org",)}
    files = projected(settings, ALICE, groups=(group,), domains=(ALIAS, NET, ORG), aliases=aliases)

    names = ["crew@example.com", "crew@example.org", "team@example.com", "team@example.org"]
    assert table(files["list-ids"]) == dict.fromkeys(names, "PREPEND List-Id: <team.example.org>")
    assert table(files["reply-tos"]) == dict.fromkeys(names, "PREPEND Reply-To: team@example.org")
    assert files["restricted"] == []


def test_questions_come_as_lines_and_end_with_an_empty_one():
    """As Postfix sends them (SMTPD_POLICY_README): several on one connection; a value may have equal signs."""
    asked = io.StringIO("request=x\nsender=a=b@c.d\n\nrequest=y\nrecipient=\n\nhalf=a question\n")

    assert list(policy.questions(asked)) == [{"request": "x", "sender": "a=b@c.d"}, {"request": "y", "recipient": ""}]
