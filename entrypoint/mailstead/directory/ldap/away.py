"""The note that a directory server does not answer, which the follower leaves for health. Standard library."""

from .. import Place

_NAME = "ldap-away"


def note(place: Place, said: str) -> None:
    """Leave what the server said, or why it said nothing."""
    (place.projection.parent / _NAME).write_text(said, encoding="utf-8")


def clear(place: Place) -> None:
    """Take the note away: the server answers."""
    (place.projection.parent / _NAME).unlink(missing_ok=True)


def said(place: Place) -> str:
    """Return the note, or nothing where the server answered when it was last asked."""
    try:
        return (place.projection.parent / _NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
