"""What lies in a stack's volumes, taken out and put in as it is: owners, modes and dates."""

import io
import tarfile
from pathlib import Path

from .stack import Stack

PLACES = {"state": "/var/lib/mailstead", "mail": "/var/mail", "queue": "/var/spool/postfix"}


def pack(stack: Stack, archive: Path) -> None:
    """Write the volumes of a stopped stack into an archive, each below its name; sockets are left out."""
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for name, place in PLACES.items():
            pieces, _ = stack.container("mail").get_archive(f"{place}/.")
            with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as volume:
                for entry in volume.getmembers():
                    content = volume.extractfile(entry) if entry.isfile() else None
                    entry.name = f"{name}/{entry.name.removeprefix('./')}"
                    packed.addfile(entry, content)


def unpack(archive: Path, stack: Stack) -> None:
    """Put an archive's content into the volumes of a stack that was created and not started."""
    with tarfile.open(archive) as packed:
        for name, place in PLACES.items():
            volume = io.BytesIO()
            with tarfile.open(fileobj=volume, mode="w") as unpacked:
                for entry in packed.getmembers():
                    if entry.name.startswith(f"{name}/"):
                        content = packed.extractfile(entry) if entry.isfile() else None
                        entry.name = f"./{entry.name.removeprefix(f'{name}/')}"
                        unpacked.addfile(entry, content)
            stack.container("mail").put_archive(place, volume.getvalue())
