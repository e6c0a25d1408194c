"""The file with the version of the data."""

from pathlib import Path

from ..tree import swap
from . import FIRST, Refused, Volumes, held, kin

NAME = "version"
_QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")


def read(volumes: Volumes) -> int | None:
    """Return the version of the data in the volumes, None where there is no data; Refused if the file says nothing of sense."""
    place = volumes.state / NAME
    try:
        return _number(place.read_bytes(), place)
    except FileNotFoundError:
        return FIRST if _has_data(volumes) else None


def write(volumes: Volumes, number: int) -> None:
    """Note the version of the data, on the disk."""
    swap(volumes.state / NAME, f"{number}\n".encode())


def _number(content: bytes, place: Path) -> int:
    text = content.decode("ascii", "replace").strip()
    if not text.isdecimal() or int(text) < FIRST:
        raise Refused(
            f"{place} is damaged: it should hold the version of the data, a number, and says {text[:40]!r}. Write the number "
            "there that docs/upgrading.md names, or restore a backup; nothing was changed"
        )
    return int(text)


def _has_data(volumes: Volumes) -> bool:
    return (
        any(_files(volumes.state)) or any(_files(volumes.mail)) or any(any(_files(volumes.queue / name)) for name in _QUEUES)
    )


def _files(folder: Path):
    # Not what a first start that was cut off has left before it came to the version.
    ours = {held.NAME, kin.NAME, f".{NAME}.new"}
    return (place for place in folder.rglob("*") if place.is_file() and place.name not in ours)
