"""The report of a whole config directory and env file, with all the faults that such files have, as a golden file."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailstead.directory import snapshot
from mailstead.importing import dms, fit
from mailstead.importing.dms import environment
from mailstead.importing.found import Found
from mailstead.importing.report import Report

HERE = Path(__file__).parent


def test_the_report_speaks_of_every_line(connection: Connection, request: pytest.FixtureRequest):
    """What was taken, changed, left out and kept, each with its file, its line and a reason; and the block for .env."""
    found, report = Found(), Report()
    dms.read(HERE / "dms", found, report)
    block = environment.translate("mailserver.env", (HERE / "mailserver.env").read_bytes(), found, report)
    environment.complete(block, found, report)
    fit.declaration(snapshot.read(connection), found, report)
    text = "\n".join([*report.lines(), *block.lines("/kept")]) + "\n"

    if request.config.getoption("--update-golden"):
        (HERE / "report.txt").write_text(text)
    assert text == (HERE / "report.txt").read_text()


def test_the_report_shows_no_secret():
    """Neither hashes nor the passwords of relays, nor the secret of SRS."""
    text = (HERE / "report.txt").read_text()

    for secret in ("$6$", "$2y$", "$5$", "$1$", "hunter2", "oldsecret", "c29tZXRoaW5n", "KEY-----"):
        assert secret not in text
