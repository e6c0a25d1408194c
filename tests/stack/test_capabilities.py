"""Each capability that compose.yaml gives is needed: without it, something that has a name breaks."""

from collections.abc import Iterator

import pytest
import yaml

from stack.alone import Alone
from support.stack import REPOSITORY
from support.wait import wait_until

BREAKS = {
    "CHOWN": "Operation not permitted: '/var/lib/mailstead",
    "DAC_OVERRIDE": "Permission denied: '/var/lib/mailstead",
    "KILL": "PermissionError: [Errno 1] Operation not permitted",
    "SETGID": "unable to set group id of unbound",
    "SETUID": "unable to set user id of unbound",
    "SYS_CHROOT": "chroot(/run/dovecot/login) failed",
}
"""Capability to what the log says without it: at the start, when somebody connects to 993 (SYS_CHROOT), or at the stop (KILL)."""


@pytest.fixture(scope="module")
def crippled(docker_run: object) -> Iterator[dict[str, Alone]]:
    """A container without each of them, and one with all, which start side by side."""
    made = {name: Alone(docker_run, without=name) for name in ["", *BREAKS]}
    yield made
    for alone in made.values():
        alone.remove()


def test_the_list_is_that_of_compose():
    """None is given that is not looked at here."""
    service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]["mail"]

    assert set(service["cap_add"]) == set(BREAKS)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in BREAKS if name != "KILL"])
def test_without_it_the_daemons_do_not_all_work(crippled: dict[str, Alone], name: str):
    """And the log says which, and why."""
    # At a connection to 993, if it comes to that.
    if name == "SYS_CHROOT":
        wait_until(lambda: crippled[name].exec("mailstead", "health").output, what="somebody to connect")
    wait_until(lambda: BREAKS[name] in crippled[name].log(), 60, what=f"the container without {name} to say {BREAKS[name]!r}")


@pytest.mark.long
def test_without_kill_the_daemons_are_not_stopped(crippled: dict[str, Alone]):
    """Who has left root is not root's to signal."""
    wait_until(lambda: crippled["KILL"].exec("mailstead", "health").status == 0, 90, what="all to be well")

    assert BREAKS["KILL"] in crippled["KILL"].stop().output


@pytest.mark.long
def test_with_all_of_them_nothing_is_refused(crippled: dict[str, Alone]):
    """The positive control: the same container, all well, stopped in order, and none of these words said."""
    wait_until(lambda: crippled[""].exec("mailstead", "health").status == 0, 90, what="all to be well")
    ended = crippled[""].stop()

    assert ended.status == 0
    assert [words for words in BREAKS.values() if words in ended.output] == []
