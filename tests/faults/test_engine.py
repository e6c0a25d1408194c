"""The Docker engine crashes, and takes everything with it: once it is started again, all is there without a hand."""

import time
from collections.abc import Callable, Iterator

import pytest

from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from support.engine import Engine
from support.people import make_person
from support.run import Run
from support.stack import IMAGE, Stack
from support.world import World

Figure = Callable[[str, object], None]
ROUNDS = 10
AT_ONCE = 20
"""The most letters on their way to Dovecot or to a session at once: each may be there twice after a crash."""
UP = 30  # seconds from the engine's start until mail is taken by every way


@pytest.fixture
def engine(docker_run: Run) -> Iterator[Engine]:
    """An engine of this test's own."""
    world = World(docker_run, f"{docker_run.name}-crashed")
    try:
        yield Engine(world)
    finally:
        world.close()


@pytest.fixture
def crashed(engine: Engine) -> Iterator[Stack]:
    """A stack in there; the world it is in is that of the first engine, and goes on."""
    stack = Stack(engine.run, engine.world, {}, {"MAIL_BIND_ADDRESS": "0.0.0.0"})
    engine.start(stack.ports.values())
    try:
        engine.load(IMAGE)
        stack.up()
        yield stack
    finally:
        engine.close()


@pytest.mark.long
def test_an_engine_that_crashes_with_all_its_containers_loses_no_mail(engine: Engine, crashed: Stack, figure: Figure):
    """Every process killed at one stroke, under load, again and again: up by the restart policy, and nothing is missed."""
    people = [make_person(crashed, name, domain="example.test") for name in ("Rita", "Rolf", "Ruth")]
    ledger, took = Ledger(), []
    with Load(crashed, people, ledger) as load:
        for _ in range(ROUNDS):
            load.wait_for_every_kind("mail to be taken")
            load.wait_for_more(60, "mail to be taken for a while")
            engine.crash()
            began = time.monotonic()
            engine.begin()
            load.wait_for_every_kind("mail to be taken again", UP)
            took.append(time.monotonic() - began)

    figure("longest from the engine's start until mail is taken by every way (s)", round(max(took), 1))
    crashed.wait_healthy()
    verdict = judge(crashed, people, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= AT_ONCE * ROUNDS
