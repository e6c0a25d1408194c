"""What does each feature cost: memory, time to start, and messages a second, with the feature and without it?"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from . import cgroups, deliver, memory
from .load import Load
from .measure import Bar, ratio, wait_quiet
from .report import Report
from .stacks import BenchError, Ours, with_features
from .start import start

NONE = "none of these"
SEARCH = "full-text search (`MAIL_FULL_TEXT_SEARCH`)"
LEAST_WITH_SEARCH = 0.95
"""Of the messages a second without it."""
_LEAST = dict.fromkeys(
    ("MAIL_FULL_TEXT_SEARCH", "MAIL_POP3", "MAIL_SUBMISSION_STARTTLS", "MAIL_MTA_STS", "MAIL_DOCTOR_MAIL"), "no"
)
FEATURES: Mapping[str, Mapping[str, str]] = {
    NONE: {},
    SEARCH: {"MAIL_FULL_TEXT_SEARCH": "yes"},
    "POP3 (`MAIL_POP3`)": {"MAIL_POP3": "yes"},
    "port 587 (`MAIL_SUBMISSION_STARTTLS`)": {"MAIL_SUBMISSION_STARTTLS": "yes"},
    "Sieve editing (`MAIL_MANAGESIEVE`)": {"MAIL_MANAGESIEVE": "yes"},
    "MTA-STS (`MAIL_MTA_STS`)": {"MAIL_MTA_STS": "yes"},
    "passwords of senders by Dovecot (`MAIL_SMTP_AUTH=dovecot`)": {"MAIL_SMTP_AUTH": "dovecot"},
    "the filter, light (`MAIL_FILTER_LIGHT`)": {"COMPOSE_PROFILES": "filter", "MAIL_FILTER_LIGHT": "yes"},
    "the filter (`COMPOSE_PROFILES=filter`)": {"COMPOSE_PROFILES": "filter"},
}
"""What is switched on, by what it is called in the table. Everything else of these is off."""
_HEAD = "| feature | MB of memory | seconds to start | messages a second | processor milliseconds a message |"
_MB = 2**20


@dataclass(frozen=True)
class Cost:
    """A stack with one feature: seconds from `docker compose up` to a letter read, anonymous bytes, messages delivered a second.

    The bytes are those of all containers, once they rest after the load. `work` is the processor milliseconds of a message.
    """

    start: float
    memory: int
    delivered: float
    work: float


Costs = Mapping[str, Sequence[Cost]]
"""What was measured: by feature, in the order it was measured."""


def measure(messages: int, rounds: int) -> Costs:
    """Start, load and look at a stack for each feature in turn, `rounds` times, each from nothing and with no other beside it."""
    if os.geteuid():
        raise BenchError("only root may read how much memory other users' processes have: sudo scripts/bench features")
    load = Load(messages, sessions=10, mailboxes=10)
    labels = dict(zip((f"ours-{number}" for number in range(len(FEATURES))), FEATURES, strict=True))
    costs: dict[str, list[Cost]] = {feature: [] for feature in FEATURES}
    with with_features({label: _LEAST | FEATURES[feature] for label, feature in labels.items()}) as stacks:
        for _ in range(rounds):
            for stack in stacks:
                costs[labels[stack.label]].append(_cost(stack, load))
    return costs


def _cost(stack: Ours, load: Load) -> Cost:
    wait_quiet()
    took = start(stack).reading
    stack.make_mailboxes(load.mailboxes)
    carried = deliver.carry(stack, load)
    memory.look(stack)  # until it keeps still
    held = sum(cgroups.memory(pid)[0] for pid in stack.pids())
    stack.compose("down", "--volumes")
    return Cost(took, held, carried.delivered, carried.work)


def report(costs: Costs) -> Report:
    """Say what came out, as Markdown: docs/budget.md holds the table."""
    return Report(
        bench="features",
        tables=[markdown(costs)],
        bars=[Bar("messages a second with full-text search/without", *_with_search(costs), at_least=True)],
        figures={feature: [asdict(one) for one in each] for feature, each in costs.items()},
    )


def _with_search(costs: Costs) -> tuple[float, float]:
    delivered = {feature: [one.delivered for one in costs[feature]] for feature in (SEARCH, NONE)}
    return ratio(delivered[SEARCH], delivered[NONE]), LEAST_WITH_SEARCH


def markdown(costs: Costs) -> str:
    """Lay the medians out: what there is with none of the features, and how much more or less with each of them."""
    least = _medians(costs[NONE])
    rows = [_row(NONE, "{:.0f} | {:.2f} | {:.0f} | {:.1f}", least)]
    for feature in [one for one in costs if one != NONE]:
        more = [one - base for one, base in zip(_medians(costs[feature]), least, strict=True)]
        rows.append(_row(feature, "{:+.1f} | {:+.2f} | {:+.0f} | {:+.1f}", more))
    return "\n".join([_HEAD, "|---|---|---|---|---|", *rows])


def _medians(costs: Sequence[Cost]) -> Sequence[float]:
    return [
        median(one.memory / _MB for one in costs),
        median(one.start for one in costs),
        median(one.delivered for one in costs),
        median(one.work for one in costs),
    ]


def _row(feature: str, signs: str, figures: Sequence[float]) -> str:
    return f"| {feature} | {signs.format(*figures)} |"
