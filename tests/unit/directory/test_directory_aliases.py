"""Aliases: where they may lead, and where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailstead.directory import DirectoryError, accounts, aliases, domains, follow, groups, snapshot
from mailstead.directory.links import Loss


def leads(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return every alias and its targets."""
    return dict(snapshot.read(connection).aliases)


def test_an_alias_may_lead_to_people_here_and_elsewhere(connection: Connection):
    """Only another server knows whether it tells Carol from carol; ours does not tell Alice from alice."""
    added = aliases.add(connection, "Sales@example.org", ["Alice+shop@Example.org", "Carol.O'Neil+x@Elsewhere.example"])

    assert added == ("alice+shop@example.org", "Carol.O'Neil+x@elsewhere.example")
    assert leads(connection) == {"sales@example.org": ("Carol.O'Neil+x@elsewhere.example", "alice+shop@example.org")}


def test_targets_come_beside_those_that_are_there(connection: Connection):
    """Adding what is there changes nothing, and returns nothing new."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])

    assert aliases.add(connection, "sales@example.org", ["alice@example.org", "bob@example.org"]) == ("bob@example.org",)
    assert aliases.add(connection, "sales@example.org", ["bob@example.org", "BOB@example.org"]) == ()
    assert leads(connection) == {"sales@example.org": ("alice@example.org", "bob@example.org")}


def test_a_target_here_must_be_there(connection: Connection):
    """Mail would be taken, and bounce; a misspelt name is told at once. Role addresses are always there."""
    with pytest.raises(DirectoryError, match=r"mailstead account add alcie@example\.org"):
        aliases.add(connection, "sales@example.org", ["alcie@example.org"])

    assert aliases.add(connection, "help@example.org", ["postmaster@example.net"]) == ("postmaster@example.net",)


@pytest.mark.parametrize(
    "target",
    [
        *("", "alice", "a b@c.example", '"a b"@c.example', "a,b@c.example", "|cat@c.example", "/etc/passwd", "a@b@c.example"),
        *("a%b@c.example", "a!b@c.example", "-a@c.example", "a@c.example\nx y", "a..b@c.example", "a.@c.example", "a@c"),
    ],
)
def test_what_is_no_address_is_no_target(connection: Connection, target: str):
    """Least of all a program or a file."""
    with pytest.raises(DirectoryError, match=r"is not accepted; allowed: an address such as .* here or elsewhere"):
        aliases.add(connection, "sales@example.org", [target])


def test_an_alias_may_lead_through_another_but_not_back(connection: Connection):
    """The refusal names the way."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])
    aliases.add(connection, "shop@example.org", ["sales@example.org"])

    with pytest.raises(DirectoryError, match=r"mail for sales@example\.org would come back to it by way of shop\+x@example\.org"):
        aliases.add(connection, "sales@example.org", ["bob@example.org", "shop+x@example.org"])
    assert leads(connection)["sales@example.org"] == ("alice@example.org",)


def test_an_alias_does_not_lead_to_itself(connection: Connection):
    """Nor to itself with a detail."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])

    with pytest.raises(DirectoryError, match="come back"):
        aliases.add(connection, "sales@example.org", ["sales+more@example.org"])


def test_one_target_can_be_deleted_or_all(connection: Connection):
    """With its last target the alias is gone."""
    aliases.add(connection, "sales@example.org", ["alice@example.org", "bob@example.org", "X@elsewhere.example"])

    assert aliases.delete(connection, "Sales@example.org", ["x@Elsewhere.example"]) == (
        Loss("sales@example.org", "X@elsewhere.example", gone=False),
    )
    assert aliases.delete(connection, "sales@example.org") == (
        Loss("sales@example.org", "alice@example.org", gone=False),
        Loss("sales@example.org", "bob@example.org", gone=True),
    )
    assert leads(connection) == {}


def test_what_led_to_a_deleted_alias_is_told(connection: Connection):
    """It would lead nowhere, and its mail would bounce."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])
    aliases.add(connection, "shop@example.org", ["sales@example.org"])

    assert aliases.delete(connection, "sales@example.org")[1:] == (Loss("shop@example.org", "sales@example.org", gone=True),)
    assert leads(connection) == {}


def test_an_alias_or_target_that_is_not_there_is_told(connection: Connection):
    """With what there is."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])

    with pytest.raises(DirectoryError, match="mailstead alias list"):
        aliases.delete(connection, "shop@example.org")
    with pytest.raises(DirectoryError, match=r"it leads to alice@example\.org"):
        aliases.delete(connection, "sales@example.org", ["bob@example.org"])


def test_an_alias_may_be_in_any_domain_here(connection: Connection):
    """Also one that has no account."""
    domains.add(connection, "example.com")

    assert aliases.add(connection, "info@example.com", ["alice@example.org"])


PEOPLE = st.sampled_from([f"{name}@example.org" for name in "abcdef"])


@given(st.dictionaries(PEOPLE, st.lists(PEOPLE, max_size=3)), PEOPLE)
def test_following_links_ends_and_meets_each_address_once(links: dict[str, list[str]], start: str):
    """Even where somebody has written a loop into the database by hand."""
    met = list(follow.reached(links, start))

    assert len(met) == len(set(met))
    assert set(links.get(start, ())) <= set(met)
    assert all(set(links.get(address, ())) <= set(met) for address in met)


def test_an_alias_at_an_account_is_its_forwarding(connection: Connection):
    """Beside the mailbox. Its own address among the targets says that it keeps a copy, and is no loop."""
    accounts.forward(connection, "alice@example.org", ["x@elsewhere.example"], keeps_copy=False)

    assert aliases.add(connection, "alice@example.org", ["Alice@example.org", "bob@example.org"]) == ("bob@example.org",)
    assert leads(connection) == {"alice@example.org": ("bob@example.org", "x@elsewhere.example")}
    (alice, _) = snapshot.read(connection).accounts
    assert alice.keeps_copy is True


def test_a_group_is_no_alias(connection: Connection):
    """The refusal says how to add a member, which is most likely what was meant."""
    groups.add(connection, "team@example.org", ["alice@example.org"])

    with pytest.raises(DirectoryError, match=r"is a group; .*mailstead group add team@example\.org --member"):
        aliases.add(connection, "team@example.org", ["bob@example.org"])


def test_an_address_in_a_domains_alias_is_that_of_the_domain(connection: Connection):
    """As a target; no alias is made there."""
    domains.make_alias(connection, "example.com", "example.org")

    assert aliases.add(connection, "sales@example.org", ["Alice+x@example.com"]) == ("alice+x@example.org",)
    with pytest.raises(DirectoryError, match=r"example\.com is an alias of example\.org"):
        aliases.add(connection, "sales@example.com", ["alice@example.org"])


def test_a_target_is_no_longer_than_an_address(connection: Connection):
    """RFC 5321, 4.5.3.1.3: every server must take it."""
    with pytest.raises(DirectoryError, match="is not accepted"):
        aliases.add(connection, "sales@example.org", [f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example"])
