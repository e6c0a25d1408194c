"""Groups: who is in, who may post, and what cannot be."""

import pytest
from sqlalchemy import Connection

from mailstead.directory import DirectoryError, Place, accounts, aliases, change, domains, groups, patterns, snapshot
from mailstead.directory.links import Loss
from mailstead.directory.snapshot import Group
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"
TEAM = "team@example.org"


def group(connection: Connection, address: str = TEAM) -> Group:
    """Return a group."""
    (found,) = [one for one in snapshot.read(connection).groups if one.address == address]
    return found


def test_a_group_is_open_to_all_unless_told_otherwise(connection: Connection):
    """Its members are accounts, aliases, groups, roles, and people elsewhere."""
    aliases.add(connection, "sales@example.org", ["bob@example.org"])
    members = ["Alice+team@example.org", "sales@example.org", "Dora@Elsewhere.example", "postmaster@example.net"]

    assert groups.add(connection, "Team@example.org", members) == (
        "alice+team@example.org",
        "sales@example.org",
        "Dora@elsewhere.example",
        "postmaster@example.net",
    )
    assert group(connection) == Group(
        address=TEAM,
        members=("Dora@elsewhere.example", "alice+team@example.org", "postmaster@example.net", "sales@example.org"),
    )


def test_adding_to_a_group_changes_what_is_said_and_nothing_else(connection: Connection):
    """Members come beside those that are there; adding them again is no error."""
    groups.add(connection, TEAM, ["alice@example.org"], post="members", list_id=True, reply_to="Team@example.org")
    assert groups.add(connection, TEAM, ["alice@example.org", "bob@example.org"]) == ("bob@example.org",)
    expected = Group(
        address=TEAM, members=("alice@example.org", "bob@example.org"), post="members", list_id=True, reply_to=TEAM
    )
    assert group(connection) == expected

    assert groups.add(connection, TEAM, [], post="domain", reply_to="") == ()
    assert group(connection).post == "domain"
    assert group(connection).reply_to is None
    assert group(connection).list_id is True


def test_a_member_here_must_be_there(connection: Connection):
    """A misspelt name is told at once, and nothing is made."""
    with pytest.raises(DirectoryError, match=r"mailstead account add alcie@example\.org"):
        groups.add(connection, TEAM, ["alcie@example.org"])


@pytest.mark.parametrize("post", ["", "nobody", "Anyone"])
def test_who_may_post_is_one_of_three(connection: Connection, post: str):
    """The sentence names them."""
    with pytest.raises(DirectoryError, match="allowed: one of anyone, domain, members"):
        groups.add(connection, TEAM, [], post=post)


def test_a_group_has_an_address_of_its_own(connection: Connection):
    """Neither an account's nor an alias's."""
    aliases.add(connection, "sales@example.org", ["bob@example.org"])

    for address, why in (("alice@example.org", "is an account"), ("sales@example.org", "is an alias")):
        with pytest.raises(DirectoryError, match=why):
            groups.add(connection, address, [])
    groups.add(connection, TEAM, [])
    with pytest.raises(DirectoryError, match="is a group; delete it first"):
        accounts.check_new(connection, TEAM)


def test_a_group_is_not_in_itself(connection: Connection):
    """Not by way of another group or an alias; the refusal names the way."""
    groups.add(connection, TEAM, ["alice@example.org"])
    groups.add(connection, "all@example.org", [TEAM])
    aliases.add(connection, "everybody@example.org", ["all@example.org"])

    for member in (TEAM, "all@example.org", "everybody+x@example.org"):
        way = member.partition("+")[0]
        with pytest.raises(DirectoryError, match=rf"mail for team@example\.org would come back to it by way of {way}"):
            groups.add(connection, TEAM, [member])


def test_members_leave_and_groups_go(connection: Connection):
    """What led to a group loses it; a group that is left by all stays."""
    groups.add(connection, TEAM, ["alice@example.org", "Dora@elsewhere.example"])
    aliases.add(connection, "crew@example.org", [TEAM])

    assert groups.delete(connection, TEAM, ["dora@elsewhere.example", "alice@example.org"]) == (
        Loss(TEAM, "Dora@elsewhere.example", gone=False),
        Loss(TEAM, "alice@example.org", gone=False),
    )
    assert group(connection).members == ()
    assert groups.delete(connection, TEAM) == (Loss("crew@example.org", TEAM, gone=True),)
    assert snapshot.read(connection).groups == ()
    with pytest.raises(DirectoryError, match="there is no group"):
        groups.delete(connection, TEAM)


def test_who_is_no_member_cannot_leave(connection: Connection):
    """The refusal names those who are in."""
    groups.add(connection, TEAM, ["alice@example.org"])

    with pytest.raises(DirectoryError, match=r"does not lead to bob@example\.org; it leads to alice@example\.org"):
        groups.delete(connection, TEAM, ["bob@example.org"])


def test_nothing_leads_around_who_may_write(settings: Settings, place: Place):
    """Neither an expression nor a catch-all, in whichever order the two are made; a group for everybody may be led to."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
        groups.add(connection, TEAM, ["alice@example.org"])
        aliases.add(connection, "crew@example.org", [TEAM])
        patterns.add(connection, "t.*m@example.org", ["crew@example.org"])

    def restrict() -> None:
        with change.change(settings, place) as connection:
            groups.add(connection, TEAM, [], post="members")

    with pytest.raises(DirectoryError, match=r"t\.\*m@example\.org would lead around who may write to team@example\.org"):
        restrict()
    with change.change(settings, place) as connection:
        patterns.delete(connection, "t.*m@example.org")
    restrict()
    with pytest.raises(DirectoryError, match="the catch-all of"), change.change(settings, place) as connection:
        domains.set_catch_all(connection, "example.org", TEAM)
