"""How the work of a projection grows with the people in it: counted in calls of functions, which no busy machine disturbs."""

import sys
from collections.abc import Callable, Mapping
from types import FrameType

import pytest
from sqlalchemy import Connection

from mailstead.directory import accounts, aliases, groups, project, snapshot
from mailstead.settings import Settings
from support.projection import HASH


def calls(work: Callable[[], object]) -> int:
    """Return how many functions are called to do some work, Python's own among them."""
    count = 0

    def seen(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def people(connection: Connection, numbers: range) -> None:
    """Add people, each with an alias."""
    for number in numbers:
        accounts.add(connection, f"person{number}@example.org", HASH)
        aliases.add(connection, f"alias{number}@example.org", [f"person{number}@example.org"])


def crowds(connection: Connection, numbers: range) -> None:
    """Add groups of ten that only members may write to."""
    for number in numbers:
        members = [f"person{1000 + number + one}@example.org" for one in range(10)]
        groups.add(connection, f"group{number}@example.org", members, post="members", list_id=True)


def reading_and_projecting(connection: Connection, settings: Settings) -> Mapping[str, object]:
    """Do what a change does for everybody."""
    return project.project(snapshot.read(connection), settings)


@pytest.mark.parametrize("more", [people, crowds])
def test_the_next_hundred_are_no_more_work_than_the_first(
    settings: Settings, connection: Connection, more: Callable[[Connection, range], None]
):
    """Neither people nor groups make one another dearer: the work grows as they do, and no faster."""
    people(connection, range(1000, 1210))
    reading_and_projecting(connection, settings)  # SQLAlchemy makes its statements once

    works = []
    for numbers in (range(0), range(100), range(100, 200)):
        more(connection, numbers)
        works.append(calls(lambda: reading_and_projecting(connection, settings)))

    first, second = works[1] - works[0], works[2] - works[1]
    assert second < 1.1 * first
