"""docker-mailserver's files from a few words, and what becomes of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailstead.directory import snapshot
from mailstead.directory.declaration import Declaration
from mailstead.importing import dms, fit
from mailstead.importing.found import Found
from mailstead.importing.report import Report

HERE = Path(__file__).parent
SHA512 = "{SHA512-CRYPT}$6$Zz9$" + "a" * 86


class Import:
    """A config directory that was read: what was `found`, and the `report`."""

    def __init__(self, folder: Path) -> None:
        self.found, self.report = Found(), Report()
        dms.read(folder, self.found, self.report)

    def said(self, outcome: str) -> list[str]:
        """Return what the report says of one outcome."""
        return [f"{one.line.place} {one.what}: {one.words}" for one in self.report.of(outcome)]

    def declared(self, connection: Connection) -> Declaration:
        """Hold it against a directory, and return what is to be made of it."""
        return fit.declaration(snapshot.read(connection), self.found, self.report)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Import]:
    """Read a config directory: read({"postfix-virtual.cf": "info@example.org alice@example.org"})."""

    def make(files: dict[str, str | bytes]) -> Import:
        folder = tmp_path / "dms"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Import(folder)

    return make
