"""What the tests about the DNS share: facts from a few words, and what servers answer."""

from collections.abc import Callable

import pytest

from mailstead.directory.snapshot import Domain
from mailstead.dns import Facts
from mailstead.settings import Settings
from support.dkim_keys import a_pair


@pytest.fixture
def make_facts(make_settings: Callable[..., Settings]) -> Callable[..., Facts]:
    """Make the facts of mail.example.org with example.org: make_facts(relay_host="smtp.example.com", addresses=())."""
    known = set(Facts.__dataclass_fields__)

    def make(domains: tuple[Domain, ...] = (Domain(name="example.org"),), profiles: str = "", **words: object) -> Facts:
        own = {"hostname": "mail.example.org", "domains": "example.org"}
        variables = own | {name: value for name, value in words.items() if name not in known}
        environ = {f"MAIL_{name.upper()}": value for name, value in variables.items()} | {"COMPOSE_PROFILES": profiles}
        given = {"addresses": ("203.0.114.10",), "digests": ("ab" * 32,), "keys": {one.name: a_pair(one.name) for one in domains}}
        settings = Settings.read(environ)
        return Facts(settings=settings, domains=domains, **given | {n: v for n, v in words.items() if n in known})

    return make
