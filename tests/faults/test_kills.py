"""Each process killed while mail comes and goes by every way: nothing is lost, nobody waits, nothing bounces."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import pytest

from faults.host import SETTLED, kill_from_outside
from faults.kills import FILTER, KEEPER, MAIL, RARE, Victim, kill_under
from faults.ledger import Ledger, Verdict
from faults.load import Load
from faults.reading import judge, throw_away
from faults.staying import Staying
from support.people import Person
from support.stack import Stack

Figure = Callable[[str, object], None]
SMALL = {4_000: 9, 100_000: 1}
AT_ONCE = 20
"""The most letters on their way to Dovecot or to a session at once: each may be there twice after a kill."""
_SIGNING_OR_READING = (Victim(KEEPER, "opendkim"), Victim(KEEPER, "rspamd", "filter"), Victim("rspamd", "rspamd", "filter"))
ENDING = {
    Victim(KEEPER, "dovecot"): {"reading"},
    Victim(KEEPER, "master"): {"writing"},
    # Milters: a session in which one has died is told 451 until its end.
    **{victim: {"writing"} for victim in _SIGNING_OR_READING},
}
"""Whose death ends sessions that are served by other processes: of people who read, or who are signed in to write."""
UP = 15  # seconds in which a killed container takes mail again


def bounces(stack: Stack) -> int:
    """Return how many letters Postfix has given up."""
    return stack.container("mail").logs().count(b"status=bounced")


def kill_each(stack: Stack, people: list[Person], victims: Sequence[Victim], long: bool, figure: Figure) -> Verdict:
    """Kill one victim after the other under load; return what became of the mail, which is thrown away then.

    In the long form, which runs alone, sessions that began before the load are held through it all: they are never the youngest,
    which are killed. Beside other stacks the machine may have no watch on files left for who waits by IDLE (inotify(7)).
    """
    ledger, took = Ledger() if long else Ledger(SMALL), {}
    with Staying(people, ledger) if long else nullcontext() as staying, Load(stack, people, ledger) as load:
        load.wait_for_every_kind("mail to be taken")
        for victim in victims:
            took[str(victim)] = kill_under(load, victim, staying.look if staying else lambda: None)
            ended = staying.ended() if staying else set()
            assert ended <= ENDING.get(victim, set()), f"a kill of {victim} has ended sessions of others: {ended}"
            load.wait_for_more(100 if long else 0, "mail to be taken again")
    verdict = judge(stack, people, ledger, figure)
    throw_away(stack, people)
    figure("longest until mail is taken by every way (s)", max((round(seconds, 1), who) for who, seconds in took.items()))
    return verdict


def test_no_kill_of_a_process_loses_mail_or_time(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """SIGKILL for one after the other: mail is taken by every way within ten seconds, and all of it is there in the end."""
    victims = MAIL + RARE if long else MAIL
    for _ in range(10 if long else 1):
        verdict = kill_each(struck, readers, victims, long, figure)
        assert verdict.good, verdict
        assert verdict.twice <= AT_ONCE * len(victims)
    assert bounces(struck) == 0
    struck.wait_healthy()


def test_no_kill_in_the_filter_loses_mail(screened: Stack, screened_readers: list[Person], long: bool, figure: Figure):
    """Its parts are killed one after the other: mail is put off and comes again, none is taken unread or sent back."""
    for _ in range(20 if long else 1):
        verdict = kill_each(screened, screened_readers, FILTER, long, figure)
        assert verdict.good, verdict
    assert bounces(screened) == 0
    screened.wait_healthy()


@pytest.mark.parametrize(
    "services",
    [["filter", "mail"], *(pytest.param(one, marks=pytest.mark.long) for one in (["filter"], ["mail", "filter"]))],
    ids=" and ".join,
)
def test_containers_killed_in_any_order_come_back_by_themselves(
    screened: Stack, screened_readers: list[Person], long: bool, figure: Figure, services: list[str]
):
    """At once, as when the machine loses its engine: mail is taken again within fifteen seconds, and none is lost."""
    ledger, took = Ledger(SMALL), []
    with Load(screened, screened_readers, ledger) as load:
        for _ in range(20 if long else 1):
            load.wait_for_every_kind("mail to be taken")
            load.wait_for_more(SETTLED if long else 0, "mail to be taken for a while")
            kill_from_outside(screened, *services)
            took.append(load.wait_for_every_kind("mail to be taken again", UP))
    figure("longest until mail is taken by every way (s)", round(max(took), 1))
    verdict = judge(screened, screened_readers, ledger, figure)
    throw_away(screened, screened_readers)
    assert verdict.good, verdict


def test_a_server_that_does_not_try_again_is_seen_to_lose_mail(open_stack, make_person: Callable[..., Person], figure: Figure):
    """The same ledger against a queue that gives up at the first failure: what a fault broke off is missed."""
    with open_stack(POSTFIX_maximal_queue_lifetime="0", POSTFIX_bounce_queue_lifetime="0") as careless:
        reader, ledger = make_person("Rita", stack=careless), Ledger(SMALL)
        careless.exec("mv", "/run/dovecot/lmtp", "/run/dovecot/away")
        with Load(careless, [reader], ledger, kinds=["inbound"]) as load:
            load.wait_for_more(10, "mail to be taken")
        careless.exec("mv", "/run/dovecot/away", "/run/dovecot/lmtp")

        assert judge(careless, [reader], ledger, lambda *_: None).lost == set(ledger.acknowledged)
