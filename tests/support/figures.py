"""What tests have measured, shown at the end of a run: `figure("seconds until it answers", 1.4)` in a test."""

from collections.abc import Iterator

import pytest

LEDGER = ("acknowledged", "lost", "corrupt", "phantom", "twice")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, and what the ledgers of the fault tests add up to."""
    measured = list(_measured(terminalreporter))
    ledgers = [value for _, name, value in measured if name == "ledger"]
    if not measured:
        return
    terminalreporter.section("figures")
    for test, name, value in measured:
        terminalreporter.write_line(f"{test}: {name}: {_shown(value)}")
    if ledgers:
        total = {name: sum(one[name] for one in ledgers) for name in LEDGER}
        terminalreporter.write_line(f"{len(ledgers)} ledgers together: {_shown(total)}")


def _measured(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, str, object]]:
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, []):
            yield from ((report.nodeid, name, value) for name, value in getattr(report, "user_properties", []))


def _shown(value: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in value.items()) if isinstance(value, dict) else str(value)
