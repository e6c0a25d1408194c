"""A DNS zone that its owner may change: BIND, authoritative, taking signed updates (RFC 2136, RFC 8945)."""

from .world import World

NAME = "dyn.test"
KEY, SECRET = "owner", "bWFpbHN0ZWFkIHRlc3RzOiBrZXkgb2YgdGhlIHpvbmU="


class Zone:
    """The zone dyn.test, known in a world. `variables` are what lego's provider rfc2136 needs to change it."""

    def __init__(self, world: World) -> None:
        environment = {"ZONE": NAME, "KEY": KEY, "SECRET": SECRET}
        container = world.start("zone", ["sh", "/world/zone.sh"], environment=environment)
        address = world.address(container)
        world.delegate(NAME, address)
        self.variables = {
            "RFC2136_NAMESERVER": f"{address}:53",
            "RFC2136_TSIG_ALGORITHM": "hmac-sha256.",
            "RFC2136_TSIG_KEY": KEY,
            "RFC2136_TSIG_SECRET": SECRET,
        }
