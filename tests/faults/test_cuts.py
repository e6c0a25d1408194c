"""Connections that are cut, slow or lossy: what was acknowledged is there, once; what was cut off is there or not, but whole."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from faults.wire import Wire, anywhere
from stack.processes import daemon, processes, signal
from support import world
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
SMALL = {4_000: 9, 100_000: 1}
LARGER = {4_000: 1, 100_000: 4}
AT_ONCE = 5
"""The most letters that are handed to Dovecot at once (maxproc of lmtp in master.cf)."""


def test_a_connection_cut_anywhere_loses_nothing_and_doubles_nothing(
    struck: Stack, readers: list[Person], long: bool, figure: Figure
):
    """In the greeting, in DATA, and between the server's yes and the client's ear; by RST and by FIN."""
    points = 200 if long else 12
    ledger, wire = Ledger(sizes=LARGER), Wire(cuts=anywhere(points))
    with wire.between(struck, readers) as (seen, people), Load(seen, people, ledger) as load:
        wait_until(lambda: wire.done >= points, 20 + 3 * points, what=f"all cuts to be made ({wire})")
        load.wait_for_more(20, "mail to be taken again")

    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice == 0
    assert len(ledger.sent) - len(ledger.acknowledged) >= points // 2


def test_an_unheard_yes_is_in_the_mailbox(struck: Stack, readers: list[Person]):
    """So the cut is where it should be: a client that lets each acknowledgement get lost has its mail there all the same."""
    ledger, wire = Ledger(sizes={4_000: 1}), Wire(cuts=[0] * 5)
    with wire.between(struck, readers) as (seen, people), Load(seen, people, ledger, kinds=["inbound"]):
        wait_until(lambda: wire.done >= 5, what="five acknowledgements to get lost")

    unheard = set(ledger.sent) - set(ledger.acknowledged)
    for name in unheard:
        ledger.acknowledge(name)
    verdict = judge(struck, readers, ledger, lambda *_: None)
    assert len(unheard) >= 5
    assert len(verdict.lost) <= len(unheard) - 5


def test_deliveries_that_are_cut_off_are_made_again(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """Dovecot's LMTP processes are killed: a letter may be there twice where the kill fell between delivery and answer."""
    rounds, between, ledger = 100 if long else 3, 80 if long else 20, Ledger(sizes=SMALL)
    with Load(struck, readers, ledger) as load:
        for _ in range(rounds):
            load.wait_for_more(between, "mail to be taken")
            dovecot = daemon(struck, "dovecot").pid
            found = [one.pid for one in processes(struck) if one.name == "lmtp" and one.parent == dovecot]
            with contextlib.suppress(AssertionError):  # one may have ended meanwhile
                signal(struck, "KILL", *found)
    struck.exec("postqueue", "-f")

    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= AT_ONCE * rounds


def test_a_container_off_the_network_for_a_while_loses_nothing(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """Taken off its network under load, and put on again: everybody comes back by himself."""
    rounds, between, ledger, network = 10 if long else 1, 100 if long else 20, Ledger(sizes=SMALL), struck.world.network
    with Load(struck, readers, ledger) as load:
        for _ in range(rounds):
            load.wait_for_more(between, "mail to be taken")
            before = load.refusals.total()
            network.disconnect(struck.container("mail"))
            wait_until(lambda before=before: load.refusals.total() > before, 90, what="somebody to be cut off")
            network.connect(struck.container("mail"))
            struck.introduce()
        load.wait_for_more(20, "mail to be taken again")
    struck.exec("postqueue", "-f")

    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= load.sessions * rounds


@pytest.mark.long
def test_lost_packets_and_a_long_way_cost_time_alone(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """One packet of twenty gets lost, each piece is 300 ms late, and some connections are cut."""
    count, ledger, wire = 2000 if long else 30, Ledger(sizes=SMALL), Wire(delay=0.3, cuts=anywhere(4))
    with (
        losing(struck, 0.05),
        wire.between(struck, readers) as (seen, people),
        Load(seen, people, ledger, kinds=Load.kinds * 2) as load,
    ):
        load.wait_for_more(count, "mail to be taken", within=60 + count)
    struck.exec("postqueue", "-f")

    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice == 0


@contextlib.contextmanager
def losing(struck: Stack, share: float) -> Iterator[None]:
    """Let a share of the packets of the mail container get lost, both ways."""
    name = f"container:{struck.container('mail').id}"
    neighbour = struck.run.client.containers.run(
        world.IMAGE, detach=True, init=True, network_mode=name, cap_add=["NET_ADMIN"], user="root", labels=struck.run.labels
    )

    def each(what: str) -> None:
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            rule = f"iptables {what} {chain} {way} eth+ -m statistic --mode random --probability {share} -j DROP"
            status, output = neighbour.exec_run(rule.split())
            assert status == 0, output.decode()

    try:
        each("-A")
        try:
            yield
        finally:
            each("-D")
    finally:
        neighbour.remove(force=True)
