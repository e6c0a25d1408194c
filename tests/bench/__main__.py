"""The command line of scripts/bench: it ends with 0 where every bar is met, 1 where one is not or nothing could be measured."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from . import auth, deliver, directory, features, filter, image, imap, latency, matrix, memory, people, scale, start, submit
from .load import Load
from .report import Report
from .stacks import ENDINGS, BenchError

SIZES, MAILBOXES = (4096, 100_000, 5_000_000), (1, 20, 200)  # of deliver --matrix
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
    if given.plot:
        report.draw(given.plot)
    return GOOD if report.good else WANTING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Mailstead beside a bare Postfix and Dovecot.")
    benches = parser.add_subparsers(required=True, metavar="BENCH")
    starting = _bench(benches, "start", start.__doc__, lambda given: start.report(start.measure(given.runs)))
    starting.add_argument("--runs", type=_positive, default=5, metavar="N", help="cold and warm starts of each (5)")
    _bench(benches, "memory", memory.__doc__, lambda given: memory.report(memory.measure()))
    _bench(benches, "image", image.__doc__, lambda given: image.report(image.measure()))
    delivering = _bench(benches, "deliver", deliver.__doc__, _deliver)
    delivering.add_argument("--rounds", type=_positive, metavar="N", help="how often each gets the load (3; with --matrix 1)")
    delivering.add_argument("--messages", type=_positive, metavar="N", help="messages of a load (2000; with --matrix 400)")
    delivering.add_argument("--sessions", type=_positive, default=20, metavar="N", help="senders at the same time (20)")
    delivering.add_argument("--mailboxes", type=_positive, default=20, metavar="N", help="mailboxes they write to (20)")
    delivering.add_argument("--size", type=_positive, default=4096, metavar="BYTES", help="size of a message (4096)")
    how = delivering.add_mutually_exclusive_group()
    how.add_argument("--filter", action="store_true", help="each with its own rspamd")
    how.add_argument("--matrix", action="store_true", help="three sizes, to 1, 20 and 200 mailboxes, beside the disk")
    filtering = _bench(
        benches, "filter", filter.__doc__, lambda given: filter.report(filter.measure(Load(given.messages), given.rounds))
    )
    _counts(filtering, messages=(1000, "messages of a load"), rounds=(3, "how often each gets the load"))
    growing = _bench(
        benches, "scale", scale.__doc__, lambda given: scale.report(scale.measure(given.messages, given.rounds)), drawn=True
    )
    _counts(growing, messages=(400, "messages of a load"), rounds=(2, "how often each gets each load"))
    costing = _bench(
        benches, "features", features.__doc__, lambda given: features.report(features.measure(given.messages, given.rounds))
    )
    _counts(costing, messages=(500, "messages of a load"), rounds=(1, "how often each feature is measured"))
    crowding = _bench(benches, "directory", directory.__doc__, _directory)
    crowding.add_argument("--people", type=_positive, default=100_000, metavar="N", help="accounts of the largest (100000)")
    crowding.add_argument("--rounds", type=_positive, default=40, metavar="N", help="how often each is asked (40)")
    _add_people(benches)
    return parser


def _add_people(benches: argparse._SubParsersAction) -> None:
    """Add what people at their mail programs notice."""
    submitting = _bench(
        benches, "submit", submit.__doc__,
        lambda given: submit.report(submit.measure(given.clients, given.seconds, given.rounds)),
    )
    _counts(submitting, clients=(8, "who send at the same time"), seconds=(6, "how long by each way"), rounds=(3, "how often"))
    signing_in = _bench(
        benches, "auth", auth.__doc__, lambda given: auth.report(auth.measure(given.clients, given.seconds, given.rounds))
    )
    _counts(signing_in, clients=(8, "who sign in at the same time"), seconds=(5, "how long by each way"), rounds=(3, "how often"))
    opening = _bench(
        benches, "imap", imap.__doc__, lambda given: imap.report(imap.measure(given.rounds, given.large, given.connections))
    )
    _counts(
        opening, rounds=(30, "how often each thing is done"), large=(100_000, "letters in the large mailbox"),
        connections=(1000, "programs that listen at the same time"),
    )
    waiting = _bench(
        benches, "latency", latency.__doc__, lambda given: latency.report(latency.measure(given.letters)), drawn=True
    )
    _counts(waiting, letters=(300, "letters, one after the other"))


def _counts(parser: argparse.ArgumentParser, **options: tuple[int, str]) -> None:
    """Add options that are numbers, each with its default and what it says."""
    for name, (default, text) in options.items():
        parser.add_argument(f"--{name}", type=_positive, default=default, metavar="N", help=f"{text} ({default})")


def _bench(
    benches: argparse._SubParsersAction, name: str, text: str, measure: Callable[[argparse.Namespace], Report], *,
    drawn: bool = False,
) -> argparse.ArgumentParser:
    bench = benches.add_parser(name, help=text, description=text)
    bench.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    if drawn:
        bench.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw it into FILE.svg")
    bench.set_defaults(measure=measure, plot=None)
    return bench


def _deliver(given: argparse.Namespace) -> Report:
    if given.matrix:
        loads = matrix.loads(SIZES, MAILBOXES, given.messages or 400, given.sessions)
        return matrix.report(matrix.measure(loads, given.rounds or 1))
    load = Load(given.messages or 2000, given.sessions, given.mailboxes, given.size)
    return deliver.report(deliver.measure(load, given.rounds or 3, filtered=given.filter))


def _directory(given: argparse.Namespace) -> Report:
    return directory.report(directory.measure(given.people, given.rounds))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on, not {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
