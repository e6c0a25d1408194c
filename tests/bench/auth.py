"""How many people sign in a second, to send and to read, and how long does one wait while others guess passwords?"""

import itertools
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial

from . import people
from .measure import Bar, ratio, retry, wait_quiet
from .pace import Act, Pace, at_once, percentile, repeat
from .people import Trust
from .report import Report, comparison, table
from .stacks import HASH, PASSWORD, POSTMASTER, WORLD_IMAGE, Stack, box, build_world, with_rimap
from .start import bring_up
from .submit import UNLIMITED

SETTINGS = UNLIMITED | {"MAIL_LOGIN_RATE": "999"}
LEAST_TIMES = 3
LONGEST = 0.3  # seconds, for 19 of 20 good logins
GUESSES = 20  # wrong passwords a second
_ADDRESSES = 4  # they come from: in a minute no more from each than MAIL_LOGIN_RATE
GIVEN_UP = 30  # seconds without a login; it counts as that long
_PATIENCE = 300  # seconds until all who guess have their answers
_GUESSED = 50  # people whose passwords are guessed
_LATER = 2  # seconds for which they go on, so that nobody is measured without them
_SMTP = "SMTP, a TLS session for each"

# Run in the container: how often a second one processor checks a password. The hash is the one all people here have.
_CHECK = """
import json, os, sys, time
from mailstead.directory import passwords
password, hashed = json.load(sys.stdin)
begun, count = time.perf_counter(), 0
while time.perf_counter() < begun + 2:
    assert passwords.crypt(password, hashed) == hashed
    count += 1
print(json.dumps([count / (time.perf_counter() - begun), len(os.sched_getaffinity(0))]))
"""


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    `rates`: logins a second, by way and then by the stack's label. `alone` and `beside`: the seconds one login to send takes,
    by the stack's label, when nobody guesses and when somebody does; `checked`: the part of the guesses that were. `checks`:
    passwords that one of the `processors` checks a second if it does nothing else. `resumed`: whether a stack takes up TLS
    sessions on port 465.
    """

    rates: Mapping[str, Mapping[str, Sequence[float]]]
    alone: Mapping[str, Sequence[float]]
    beside: Mapping[str, Sequence[float]]
    checked: Mapping[str, float]
    checks: float
    processors: int
    resumed: Mapping[str, bool]


def measure(clients: int, seconds: float, rounds: int) -> Outcome:
    """Have as many clients sign in and leave, again and again, on each of the three stacks in turn; then one, beside guesses."""
    build_world()
    with with_rimap(SETTINGS) as stacks:
        rates: dict[str, dict[str, list[float]]] = {what: {stack.label: [] for stack in stacks} for what in _WAYS}
        trusts = {stack.label: _begin(stack, clients) for stack in stacks}
        for _ in range(rounds):
            for (what, way), stack in itertools.product(_WAYS.items(), stacks):
                wait_quiet()
                acts = [way(stack, box(number), people.trust(stack)) for number in range(1, clients + 1)]
                rates[what][stack.label].append(rate(at_once(acts, seconds)))
        alone = {stack.label: repeat(_send(stack, POSTMASTER, trusts[stack.label]), seconds) for stack in stacks}
        resumed = {stack.label: _resumes(stack) for stack in stacks}
        beside, checked = {}, {}
        for stack in stacks:
            crowd = _begin_guessing(stack, 2 * seconds)
            beside[stack.label] = repeat(_send(stack, POSTMASTER, trusts[stack.label]), 2 * seconds)
            checked[stack.label] = _checked(crowd)
        checks, processors = json.loads(stacks[0].exec("python3", "-c", _CHECK, text=json.dumps([PASSWORD, HASH])))
    return Outcome(rates, alone, beside, checked, checks, processors, resumed)


def _begin(stack: Stack, clients: int) -> Trust:
    bring_up(stack)
    stack.make_mailboxes(max(clients, _GUESSED))
    return people.trust(stack)


def _send(stack: Stack, address: str, tls: Trust) -> Act:
    """Return the act of signing in to send: as a mail program does, again where there is no answer or a refusal for now."""

    def attempt() -> None:
        with people.sending(stack, address, tls, within=people.TIMEOUT):
            pass

    return partial(_try_for_a_while, attempt)


def _send_again(stack: Stack, address: str, tls: Trust) -> Act:
    def attempt() -> None:
        with people.sending(stack, address, tls, within=people.TIMEOUT) as server:
            tls.remember(server.sock)

    return partial(_try_for_a_while, attempt)


def _try_for_a_while(attempt: Act) -> None:
    # That nobody gets in beside guesses is an outcome, and not the end of the bench.
    with suppress(TimeoutError):
        retry(attempt, GIVEN_UP, people.NOT_YET, what="a login to send")


def rate(pace: Pace) -> float:
    """Return the logins a second that succeeded: who waited for GIVEN_UP seconds has given up."""
    return pace.rate * sum(one < GIVEN_UP for one in pace.moments) / len(pace.moments)


def _read(stack: Stack, address: str, tls: Trust) -> Act:
    def act() -> None:
        with people.reading(stack, address, tls):
            pass

    return act


_WAYS: Mapping[str, Callable[[Stack, str, Trust], Act]] = {
    _SMTP: _send,
    "SMTP, a TLS session taken up again": _send_again,
    "IMAP": _read,
}


def _resumes(stack: Stack) -> bool:
    tls = people.trust(stack)
    _send_again(stack, POSTMASTER, tls)()
    with people.sending(stack, POSTMASTER, tls) as server:
        return tls.remember(server.sock)


def _begin_guessing(stack: Stack, seconds: float) -> list[subprocess.Popen]:
    """Have strangers try wrong passwords of other people on port 465, each from an address of his own."""
    command = stack.beside("--interactive", WORLD_IMAGE, "python3", "/world/guess.py", "mail", "100")
    crowd = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(_ADDRESSES)]
    for number, one in enumerate(crowd):
        one.stdin.write(json.dumps(_attempts(number, seconds)).encode())
        one.stdin.close()
        one.stdin = None
    return crowd


def _checked(crowd: Sequence[subprocess.Popen]) -> float:
    """Wait for their end; return the part of their guesses that were checked, and not put off or left without an answer."""
    answers = [each for one in crowd for each in json.loads(one.communicate(timeout=_PATIENCE)[0])]
    return sum(bool(each) and each[-1][0].startswith("535 ") for each in answers) / len(answers)


def _attempts(guesser: int, seconds: float) -> list[Mapping[str, object]]:
    every = _ADDRESSES / GUESSES
    return [
        {"door": "submissions", "login": box(number % _GUESSED + 1), "passwords": ["wrong"], "source": "", "at": number * every}
        for number in range(guesser, int((seconds + _LATER) / every))
    ]


def report(outcome: Outcome) -> Report:
    """Say what came out."""
    to_send, beside = outcome.rates[_SMTP], percentile(outcome.beside["ours"], 95)
    return Report(
        bench="auth",
        tables=[comparison("logins a second", outcome.rates), _waits(outcome), _facts(outcome)],
        bars=[
            Bar("SMTP logins a second, ours/rimap", ratio(to_send["ours"], to_send["rimap"]), LEAST_TIMES, at_least=True),
            Bar("part of the guesses that ours checked", outcome.checked["ours"], 0.95, at_least=True),
            Bar(f"seconds of an SMTP login of ours beside {GUESSES} guesses a second, 95 %", beside, LONGEST),
        ],
        figures=asdict(outcome),
    )


def _facts(outcome: Outcome) -> str:
    resuming = ", ".join(label for label, does in outcome.resumed.items() if does) or "none"
    checked = ", ".join(f"{100 * part:.0f} % by {label}" for label, part in outcome.checked.items())
    return "\n".join([
        f"One processor checks a password {outcome.checks:.0f} times a second, the {outcome.processors} of this machine "
        f"{outcome.checks * outcome.processors:.0f} times.",
        f"Of the guesses were checked: {checked}.",
        f"Take TLS sessions up again on port 465: {resuming}.",
        f"For the rates ours has MAIL_LOGIN_RATE={SETTINGS['MAIL_LOGIN_RATE']}, and does not count logins to send.",
    ])


def _waits(outcome: Outcome) -> str:
    rows = [
        [f"{label}, {what}", *(f"{1000 * one:.0f}" for one in (percentile(each, 50), percentile(each, 95), max(each)))]
        for what, by_label in (("alone", outcome.alone), (f"beside {GUESSES} guesses a second", outcome.beside))
        for label, each in by_label.items()
    ]
    return table(["milliseconds of an SMTP login", "50 %", "95 %", "longest"], rows)
