"""MTA-STS on the way out: what a domain promises is kept, for as long as it said, and DANE is left its own (RFC 8461)."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead.mta_sts import NOTHING, PATIENCE, answer
from mailstead.mta_sts.__main__ import questions
from mailstead.mta_sts.cache import Cache
from mailstead.mta_sts.fetch import within
from mailstead.mta_sts.policy import PolicyError, read

TEXT = "version: STSv1\r\nmode: {mode}\r\nmx: mx.example.org\r\nmx: *.backup.example.org\r\nmax_age: 1000\r\n"
ENFORCED = (
    "OK secure match=mx.example.org:.backup.example.org servername=hostname policy_type=sts policy_domain=example.org "
    "mx_host_pattern=mx.example.org mx_host_pattern=*.backup.example.org"
)


class World:
    """A domain as the DNS and its web server know it: `id` of its policy, whether it has DANE, `text`, None while away."""

    def __init__(self, cache: Cache, mode: str = "enforce") -> None:
        self.cache = cache
        self.id: str | None = "1"
        self.dane = False
        self.text: str | None = TEXT.format(mode=mode)
        self.fetches = 0

    def policy_id(self, _domain: str) -> str | None:
        return self.id

    def has_dane(self, _domain: str) -> bool:
        return self.dane

    def fetch(self, _domain: str) -> str:
        self.fetches += 1
        if self.text is None:
            raise OSError("away")
        return self.text

    def says(self, now: float) -> str:
        """What Postfix is told at a moment."""
        return answer("example.org", self, self.cache, self.fetch, now)


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., World]:
    """Make a domain: make_world("testing")."""
    return lambda *mode: World(Cache(tmp_path), *mode)


def test_an_enforced_policy_becomes_a_rule_for_postfix(make_world: Callable[..., World]):
    """Fetched once; the same id again costs no further fetch until half of its life is over."""
    world = make_world()

    assert [world.says(now) for now in (0, 1, 499)] == [ENFORCED] * 3
    assert world.fetches == 1
    assert world.says(501) == ENFORCED
    assert world.fetches == 2


@pytest.mark.parametrize("mode", ["testing", "none"])
def test_a_policy_that_enforces_nothing_is_no_rule(make_world: Callable[..., World], mode: str):
    """The domain is still trying it out, or gives it up."""
    assert make_world(mode).says(0) == NOTHING


def test_a_policy_does_not_get_round_dane(make_world: Callable[..., World]):
    """Where both are promised, only a server that DANE proves will do; where the policy enforces nothing, DANE is as ever."""
    world = make_world()
    world.dane = True

    assert world.says(0) == "OK dane-only"
    tried_out = make_world("testing")
    tried_out.dane, tried_out.cache = True, Cache(tried_out.cache.folder / "other")
    tried_out.cache.folder.mkdir()
    assert tried_out.says(0) == NOTHING


def test_a_promise_holds_while_its_server_and_its_record_are_away(make_world: Callable[..., World]):
    """As long as it said, whoever takes the record away; not longer."""
    world = make_world()
    world.says(0)
    world.text = None

    assert [world.says(now) for now in (501, 999)] == [ENFORCED] * 2
    world.id = None
    assert [world.says(now) for now in (999, 1001)] == [ENFORCED, NOTHING]


def test_what_was_never_known_is_no_promise(make_world: Callable[..., World]):
    """Its server is away at the first letter: mail goes on, and the server is not asked with every letter."""
    world = make_world()
    world.text = None

    assert [world.says(now) for now in (0, 1, PATIENCE - 1)] == [NOTHING] * 3
    assert world.fetches == 1
    world.text = TEXT.format(mode="enforce")
    assert world.says(PATIENCE + 1) == ENFORCED


def test_a_new_id_brings_the_new_policy(make_world: Callable[..., World]):
    """Or, where that is not to be had, the old one stays."""
    world = make_world()
    world.says(0)
    world.id, world.text = "2", TEXT.format(mode="none")

    assert world.says(PATIENCE + 1) == NOTHING
    world.id, world.text = "3", "no policy"
    assert world.says(2 * PATIENCE + 2) == NOTHING


def test_a_restart_forgets_no_promise(make_world: Callable[..., World]):
    """The next process reads what the last one kept; only what had no policy goes after a day."""
    world = make_world()
    world.says(0)
    later = make_world()
    later.text = None
    later.cache.tidy(2 * 86400)

    assert later.says(1) == ENFORCED
    assert later.fetches == 0


def test_a_full_disk_breaks_no_promise(tmp_path: Path):
    """It is kept, and asked for again with each letter."""
    world = World(Cache(tmp_path / "not there"))

    assert [world.says(now) for now in (0, 1)] == [ENFORCED] * 2
    assert world.fetches == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1",
        "version: STSv1\nmode: perhaps\nmx: a.example\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1",
        "version: STSv1\nmode: enforce\nmx: a.example secure match=evil.example\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: *.*.example\nmax_age: 1",
        "<html>not found</html>",
    ],
)
def test_what_is_no_policy_is_none(text: str):
    """Above all not what would put words of a stranger's into Postfix's rule."""
    with pytest.raises(PolicyError):
        read(text)


def test_no_promise_lasts_longer_than_a_year():
    """Whatever it says (RFC 8461, 3.2)."""
    assert read("version: STSv1\nmode: none\nmax_age: 9999999999").max_age == 31557600


def test_postfixs_questions_are_netstrings():
    """One after the other, until it hangs up; what is none ends the process."""
    assert list(questions(io.BytesIO(b"19:postfix example.org,11:postfix [a],"))) == ["example.org", "[a]"]
    with pytest.raises(ValueError, match="breaks off"):
        list(questions(io.BytesIO(b"19:postfix exam")))


def test_a_web_server_that_never_ends_its_answer_is_left():
    """However it goes on: others wait for their answers meanwhile."""
    never, _writer = os.pipe()

    with pytest.raises(TimeoutError, match=r"longer than 0\.05 s"), within(0.05):
        os.read(never, 1)
