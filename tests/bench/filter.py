"""What does it cost that a filter reads every message: rspamd with ours and with the bare stack, and neither with one?"""

from collections.abc import Mapping, Sequence
from statistics import median

from . import deliver
from .deliver import Rounds
from .load import Load
from .measure import Bar, ratio
from .report import Report, comparison

WITHOUT, FILTERED = "without a filter", "with a filter"

Outcome = Mapping[str, Rounds]
"""The rounds of both stacks, WITHOUT and FILTERED."""


def measure(load: Load, count: int) -> Outcome:
    """Give both stacks the same loads, without a filter and then with one."""
    return {WITHOUT: deliver.measure(load, count), FILTERED: deliver.measure(load, count, filtered=True)}


def report(outcome: Outcome) -> Report:
    """Say what came out."""
    delivered, work = (_measured(outcome, name) for name in ("delivered", "work"))
    wanting = sum(one.deferred + one.lost for one in outcome[FILTERED]["ours"])
    faster = ratio(delivered[FILTERED]["ours"], delivered[FILTERED]["bare"])
    return Report(
        bench="filter",
        tables=[
            comparison("messages delivered a second", delivered),
            comparison("processor milliseconds a message", work | {"the filter's part": more(work)}),
        ],
        bars=[
            Bar("messages delivered a second with a filter, ours/bare", faster, deliver.LEAST, at_least=True),
            Bar("deferred or lost by ours with a filter", wanting, 0),
        ],
        figures={form: deliver.figures(rounds) for form, rounds in outcome.items()},
    )


def _measured(outcome: Outcome, name: str) -> dict[str, Mapping[str, Sequence[float]]]:
    return {
        form: {label: [getattr(one, name) for one in each] for label, each in rounds.items()} for form, rounds in outcome.items()
    }


def more(work: Mapping[str, Mapping[str, Sequence[float]]]) -> Mapping[str, Sequence[float]]:
    """Return what each round with a filter took beyond the median of those without."""
    return {label: [one - median(work[WITHOUT][label]) for one in each] for label, each in work[FILTERED].items()}
