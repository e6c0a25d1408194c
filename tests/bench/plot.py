"""Lines that are easier seen than read: one SVG file of a few panels, by a template beside this file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 420, 300, 62, 34, 16, 46  # of a panel, and of what is around its field
_COLOURS = ("#1565c0", "#c62828", "#2e7d32", "#6a1b9a")
_STEPS = 5

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Points in the order they are joined, under a name."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Panel:
    """A field with lines in it, and what is along its sides.

    Both axes begin at 0. With `by_tens` the lower one begins at its least value, and ten times as much is as far everywhere.
    """

    title: str
    along: str
    up: str
    lines: Sequence[Line]
    by_tens: bool = False

    @property
    def drawn(self) -> Sequence[tuple[str, str, str]]:
        """The lines as SVG has them: name, colour, `x,y x,y ...`."""
        colours = (_COLOURS[number % len(_COLOURS)] for number in range(len(self.lines)))
        return [
            (line.name, colour, " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in line.points))
            for line, colour in zip(self.lines, colours, strict=True)
        ]

    def x(self, value: float) -> float:
        """Return where on the panel a value is, from the left."""
        if self.by_tens:
            least, most = (math.log(one(self._values(0))) for one in (min, max))
            part = (math.log(value) - least) / (most - least or 1)
        else:
            part = value / nice(max(self._values(0)))
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return where on the panel a value is, from above."""
        return HEIGHT - BOTTOM - value / nice(max(self._values(1))) * (HEIGHT - TOP - BOTTOM)

    @property
    def marks_along(self) -> Sequence[float]:
        """The values that are written under the field."""
        return sorted(set(self._values(0))) if self.by_tens else _marks(max(self._values(0)))

    @property
    def marks_up(self) -> Sequence[float]:
        """The values that are written beside it."""
        return _marks(max(self._values(1)))

    def _values(self, axis: int) -> Sequence[float]:
        return [point[axis] for line in self.lines for point in line.points]


def nice(most: float) -> float:
    """Return a round number that is not below this one: 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(most or 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def _marks(most: float) -> Sequence[float]:
    return [nice(most) * step / _STEPS for step in range(_STEPS + 1)]


def svg(panels: Sequence[Panel]) -> str:
    """Draw panels beside each other."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # the rest of the bench does without

    place = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=place, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    size = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "right": WIDTH - RIGHT, "bottom": HEIGHT - BOTTOM}
    return environment.get_template("plot.svg.j2").render(panels=panels, **size)
