"""What a bench says at its end: tables and bars to read, the same and every single figure as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .measure import Bar, Spread, ratio
from .plot import Panel, svg
from .stacks import run


@dataclass(frozen=True, kw_only=True)
class Report:
    """A bench's outcome: `tables` and `bars` to read, `figures` as they were measured, and `panels` to draw."""

    bench: str
    tables: Sequence[str]
    bars: Sequence[Bar]
    figures: Mapping[str, Any]
    panels: Sequence[Panel] = ()

    @property
    def good(self) -> bool:
        """Whether every bar is met."""
        return all(bar.met for bar in self.bars)

    def __str__(self) -> str:
        return "\n\n".join([*self.tables, "\n".join(map(str, self.bars))])

    def write(self, path: Path) -> None:
        """Write it as JSON, with when, on what machine and from which commit it came."""
        facts = {
            "bench": self.bench,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": run(["git", "describe", "--always", "--dirty"], checked=False).strip(),
            "machine": machine(),
            "bars": [bar.facts() for bar in self.bars],
            "figures": self.figures,
        }
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    def draw(self, path: Path) -> None:
        """Write its picture as SVG."""
        path.write_text(svg(self.panels), encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processors, kernel, Docker."""
    engine = run(["docker", "version", "--format", "{{.Server.Version}}"]).strip()
    return {"processors": os.cpu_count(), "kernel": platform.release(), "docker": engine, "load": os.getloadavg()[0]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of text under their head, each column as wide as it must be."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def comparison(head: str, measured: Mapping[str, Mapping[str, Sequence[float]]], digits: int = 1) -> str:
    """Lay out what was measured, by what it is and then by the stack's label: medians, spreads, and ours beside each other.

    The ratio is ours to the stack's beside it, so the first stack has none.
    """
    labels = list(next(iter(measured.values())))
    rows = []
    for what, by_label in measured.items():
        spreads = [Spread.of(by_label[label]).text(digits) for label in labels]
        ratios = [f"{ratio(by_label[labels[0]], by_label[label]):.2f}" for label in labels[1:]]
        rows.append([what, *spreads, *ratios])
    return table([head, *labels, *(f"{labels[0]}/{label}" for label in labels[1:])], rows)
