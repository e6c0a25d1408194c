"""DNS zones that their owner may change: BIND, authoritative, taking signed updates (RFC 2136, RFC 8945)."""

from .world import World

NAME = "dyn.test"
ADDRESS = "198.18.0.10"
"""An address for a server in dyn.test whose reverse name is in a zone beside it; nobody has it (RFC 2544)."""
REVERSE = "0.18.198.in-addr.arpa"
KEY, SECRET = "owner", "bWFpbHN0ZWFkIHRlc3RzOiBrZXkgb2YgdGhlIHpvbmU="


class Zone:
    """The zone dyn.test and that of its addresses, known in a world. `address` is their server's.

    `variables` are what lego's provider rfc2136 needs to change them.
    """

    def __init__(self, world: World) -> None:
        environment = {"ZONES": f"{NAME} {REVERSE}", "KEY": KEY, "SECRET": SECRET}
        self._container = world.start("zone", ["sh", "/world/zone.sh"], environment=environment)
        self.address = world.address(self._container)
        for zone in (NAME, REVERSE):
            world.delegate(zone, self.address)
        self.variables = {
            "RFC2136_NAMESERVER": f"{self.address}:53",
            "RFC2136_TSIG_ALGORITHM": "hmac-sha256.",
            "RFC2136_TSIG_KEY": KEY,
            "RFC2136_TSIG_SECRET": SECRET,
        }

    def change(self, *lines: str) -> None:
        """Change the zones as their owner does by hand: lines of nsupdate(1), such as "update delete dyn.test MX"."""
        script = "\n".join([f"server {self.address}", *lines, "send"])
        command = ["sh", "-c", f"printf '%s\\n' \"$0\" | nsupdate -y hmac-sha256:{KEY}:{SECRET}", script]
        status, output = self._container.exec_run(command)
        assert status == 0, f"the zone did not take {lines}: {output.decode()}"
