"""What every test may ask for: a stack, people, the outside world. Nouns are things, make_* are factories."""

import itertools
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

import hypothesis
import pytest

from support import filter as filters
from support import people, run
from support import stack as stacks
from support import world as worlds
from support.authority import Authority
from support.desk import Desk
from support.figures import pytest_terminal_summary  # noqa: F401 - a hook of pytest
from support.outside import Outside, Outsider
from support.people import Person
from support.run import Run
from support.sink import Sink
from support.stack import Stack
from support.world import World

EVERYBODYS_SIEVE = """require ["fileinto", "mailbox"];
if header :is "X-Everybody" "yes" { fileinto :create "Notices"; }
"""
_running: list[Stack] = []

# How long a claim takes says how busy the machine is, not whether it holds.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long and what says how much of it."""
    parser.addoption("--long", action="store_true", help="all the load, rounds and time that tests are meant for: hours")
    parser.addoption("--cuts", type=int, help="power cuts for each file system")
    parser.addoption("--minutes", type=float, default=10, help="how long something is away, or watched, in the long form")
    parser.addoption("--seed", type=int, help="what chance decided in an earlier run (test_many_hands.py)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is marked `long` to the long form."""
    if not config.getoption("--long"):
        left = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether there is time for all rounds."""
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def minutes(request: pytest.FixtureRequest) -> float:
    """How long something is away, or watched, in the long form."""
    return request.config.getoption("--minutes")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Note what a test has measured, for the end of the run: figure("seconds until it answers", 1.4)."""
    return record_property


@pytest.fixture(scope="session")
def docker_run() -> Iterator[Run]:
    """This run of the tests, in Docker's eyes: all that it makes carries its label and is gone at the end."""
    current = Run()
    try:
        run.sweep(current.client)
        worlds.build(current.client)
        stacks.build()
        yield current
    finally:
        current.close()


@pytest.fixture(scope="session")
def open_stack(docker_run: Run) -> Callable[..., AbstractContextManager[Stack]]:
    """Have a stack with settings of its own for a while: `with open_stack(config={"a": "text"}, MAIL_POP3="no") as stack`.

    `beside` is given the stack's world, to start what must be there before it; it may return more settings.
    `first` is given the stack before its start; `volumes` and `image` are as Stack knows them.
    With `well=False` nobody waits until all is well. `subnet` is that of its world's addresses; with `ipv6` it has IPv6
    as well.
    """
    numbers = itertools.count(1)

    @contextmanager
    def living(
        *,
        config: Mapping[str, str] | None = None,
        beside: Callable[[World], Mapping[str, str] | None] = lambda _: None,
        first: Callable[[Stack], object] = lambda _: None,
        well: bool = True,
        subnet: str | None = None,
        ipv6: bool = False,
        volumes: Mapping[str, Mapping[str, str]] | None = None,
        image: str = stacks.IMAGE,
        **settings: str,
    ) -> Iterator[Stack]:
        world = World(docker_run, f"{docker_run.name}-{next(numbers)}", subnet, ipv6=ipv6)
        new = Stack(docker_run, world, config or {}, settings | (beside(world) or {}), volumes=volumes, image=image)
        _running.append(new)
        try:
            first(new)
            new.up() if well else new.start()
            yield new
        finally:
            _running.remove(new)
            new.down()
            world.close()

    return living


@pytest.fixture
def make_stack(open_stack: Callable[..., AbstractContextManager[Stack]]) -> Iterator[Callable[..., Stack]]:
    """Make a stack that lives as long as the test: make_stack(MAIL_POP3="no")."""
    with ExitStack() as living:
        yield lambda **settings: living.enter_context(open_stack(**settings))


@pytest.fixture(scope="session")
def stack(open_stack: Callable[..., AbstractContextManager[Stack]]) -> Iterator[Stack]:
    """The stack most flows share."""
    config = {"sieve/before.d/everybody.sieve": EVERYBODYS_SIEVE}
    with open_stack(config=config, MAIL_MANAGESIEVE="yes", MAIL_MESSAGE_SIZE_LIMIT="30M") as shared:
        yield shared


@pytest.fixture(scope="session")
def filtered(open_stack: Callable[..., AbstractContextManager[Stack]]) -> Iterator[Stack]:
    """A stack whose mail the filter reads. It knows every letter of GTUBE, and an account may write to 20 people in an hour."""
    config = {"rspamd/local.d/options.inc": 'gtube_patterns = "all";\n'}
    with open_stack(config=config, COMPOSE_PROFILES="filter", MAIL_RATE_LIMIT="20 / 1h") as shared:
        filters.befriend(shared)
        yield shared


@pytest.fixture(scope="session")
def authority(docker_run: Run) -> Authority:
    """Who signs the certificates of the world's servers."""
    return docker_run.authority


@pytest.fixture
def make_person(request: pytest.FixtureRequest) -> Callable[..., Person]:
    """Make somebody with an account: make_person("Alice"), where needed with stack=, domain=, local_part=, password=."""

    def make(name: str, *, stack: Stack | None = None, domain: str = "example.test", **rest: str) -> Person:
        return people.make_person(stack or request.getfixturevalue("stack"), name, domain=domain, **rest)

    return make


@pytest.fixture
def make_domain(stack: Stack) -> Callable[..., str]:
    """Make a domain nobody else has, on the shared stack and in its world's DNS: make_domain(), make_domain("--null")."""

    def make(*options: str) -> str:
        name = f"d{uuid.uuid4().hex[:8]}.test"
        stack.mailstead("domain", "add", name, *options)
        stack.world.tell(f"{name} MX 10 {stack.hostname}")
        return name

    return make


@pytest.fixture
def alice(make_person: Callable[..., Person]) -> Person:
    """Somebody with an account on the shared stack."""
    return make_person("Alice")


@pytest.fixture
def bob(make_person: Callable[..., Person]) -> Person:
    """Somebody else with an account on the shared stack."""
    return make_person("Bob")


@pytest.fixture
def outside(stack: Stack) -> Outside:
    """The second MTA, outside.test, in the shared stack's world."""
    return stack.world.outside


@pytest.fixture
def carol(outside: Outside) -> Outsider:
    """Somebody at outside.test."""
    return outside.person("carol")


@pytest.fixture
def sink(stack: Stack) -> Sink:
    """elsewhere.test in the shared stack's world: keeps what it is sent byte for byte."""
    return stack.world.sink


@pytest.fixture(scope="session")
def desk(stack: Stack) -> Iterator[Desk]:
    """Mail programs at the shared stack's published ports."""
    made = Desk(stack)
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing flow shows what the containers said meanwhile."""
    report = yield
    if report.failed:
        since = int(time.time() - call.duration) - 1
        for one in _running:
            for name, text in {**one.logs(since), **one.world.logs(since)}.items():
                report.sections.append((f"log of {name}", text))
    return report
