"""What the flows about certificates share: a stack with a CA of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack

import pytest

from support import ca as authorities
from support.authority import Authority
from support.ca import Ca
from support.stack import Stack
from support.world import World


@pytest.fixture
def make_acme(open_stack: Callable[..., AbstractContextManager[Stack]], authority: Authority) -> Iterator[Callable[..., tuple]]:
    """Start a stack with MAIL_TLS=acme, and its CA before it: make_acme(life=3600, MAIL_X="y") returns both.

    `beside` is called with the world and the CA and returns more settings; what is not in capitals goes to the CA.
    """
    with ExitStack() as living:

        def make(beside: Callable[[World, Ca], Mapping[str, str]] = lambda *_: {}, **words: object) -> tuple[Stack, Ca]:
            made: list[Ca] = []

            def prepare(world: World) -> Mapping[str, str]:
                made.append(Ca(world, **{name: value for name, value in words.items() if name.islower()}))
                return beside(world, made[0])

            own = {"MAIL_TLS": "acme", "MAIL_ACME_SERVER": authorities.DIRECTORY, "MAIL_ACME_CA": "/config/ca.pem"}
            given = {name: str(value) for name, value in words.items() if name.isupper()}
            opened = open_stack(config={"ca.pem": authority.pem}, beside=prepare, well=False, **own, **given)
            return living.enter_context(opened), made[0]

        yield make
