"""What has changed since the last look: a note of the status under each id, in the state volume."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..places import DOCTOR
from ..tree import File, write
from .checks import Finding, Status

_GONE = "no longer"


def read(note: Path = DOCTOR) -> Mapping[str, str]:
    """Return what was noted last, id to status; nothing where nothing is, or what is there cannot be read."""
    try:
        return {str(id): str(status) for id, status in json.loads(note.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def since(before: Mapping[str, str], found: Sequence[Finding]) -> Sequence[Finding]:
    """Return what is worse or better than before; without a note, everything that is not in order.

    What was not tested now is taken to be as it was.
    """
    tested = [one for one in [*found, *_gone(found, before)] if one.status is not Status.SKIP]
    return [one for one in tested if one.status != before.get(one.id, Status.PASS)]


def keep(before: Mapping[str, str], found: Sequence[Finding], note: Path = DOCTOR) -> None:
    """Note what was found; OSError if it cannot be written."""
    tested = {one.id: one.status for one in [*found, *_gone(found, before)] if one.status is not Status.SKIP}
    text = json.dumps({**before, **tested}, indent=1, sort_keys=True) + "\n"
    write({str(note): File(text=text, mode=0o600)}, Path("/"), durable=True, owned=os.geteuid() == 0)


def _gone(found: Sequence[Finding], before: Mapping[str, str]) -> Sequence[Finding]:
    """Return a PASS for each trouble that its check, which was carried out, does not speak of any more."""
    spoken_of = {one.id for one in found}
    carried_out = {_check(one.id) for one in found if one.status is not Status.SKIP}
    troubles = (id for id, status in before.items() if status != Status.PASS)
    return [Finding(id, Status.PASS, _GONE, "") for id in troubles if id not in spoken_of and _check(id) in carried_out]


def _check(id: str) -> str:
    return id.partition(":")[0]
