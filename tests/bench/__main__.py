"""The command line of scripts/bench: it ends with 0 where every bar is met, 1 where one is not or nothing could be measured."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from . import deliver, directory, image, memory, people, start
from .load import Load
from .report import Report
from .stacks import ENDINGS, BenchError

GOOD, WANTING, INTERRUPTED = 0, 1, 130


def main() -> int:
    """Measure what was asked for and say what came out."""
    given = _parser().parse_args()
    for ending in ENDINGS:
        signal.signal(ending, signal.default_int_handler)
    try:
        report: Report = given.measure(given)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BenchError, AssertionError, *people.NOT_YET) as error:
        print(f"bench: {error}", file=sys.stderr)
        return WANTING
    print(report)
    if given.json:
        report.write(given.json)
    return GOOD if report.good else WANTING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Mailstead beside a bare Postfix and Dovecot.")
    benches = parser.add_subparsers(required=True, metavar="BENCH")
    starting = _bench(benches, "start", start.__doc__, lambda given: start.report(start.measure(given.runs)))
    starting.add_argument("--runs", type=_positive, default=5, metavar="N", help="cold and warm starts of each (5)")
    _bench(benches, "memory", memory.__doc__, lambda given: memory.report(memory.measure()))
    _bench(benches, "image", image.__doc__, lambda given: image.report(image.measure()))
    delivering = _bench(benches, "deliver", deliver.__doc__, _deliver)
    delivering.add_argument("--rounds", type=_positive, default=3, metavar="N", help="how often each gets the load (3)")
    delivering.add_argument("--messages", type=_positive, default=2000, metavar="N", help="messages of a load (2000)")
    delivering.add_argument("--sessions", type=_positive, default=20, metavar="N", help="senders at the same time (20)")
    delivering.add_argument("--mailboxes", type=_positive, default=20, metavar="N", help="mailboxes they write to (20)")
    delivering.add_argument("--size", type=_positive, default=4096, metavar="BYTES", help="size of a message (4096)")
    delivering.add_argument("--filter", action="store_true", help="each with its own rspamd")
    crowding = _bench(benches, "directory", directory.__doc__, _directory)
    crowding.add_argument("--people", type=_positive, default=100_000, metavar="N", help="accounts of the largest (100000)")
    crowding.add_argument("--rounds", type=_positive, default=40, metavar="N", help="how often each is asked (40)")
    return parser


def _bench(
    benches: argparse._SubParsersAction, name: str, text: str, measure: Callable[[argparse.Namespace], Report]
) -> argparse.ArgumentParser:
    bench = benches.add_parser(name, help=text, description=text)
    bench.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    bench.set_defaults(measure=measure)
    return bench


def _deliver(given: argparse.Namespace) -> Report:
    load = Load(given.messages, given.sessions, given.mailboxes, given.size)
    return deliver.report(deliver.measure(load, given.rounds, filtered=given.filter))


def _directory(given: argparse.Namespace) -> Report:
    return directory.report(directory.measure(given.people, given.rounds))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on, not {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
