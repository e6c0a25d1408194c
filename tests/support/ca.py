"""A certificate authority with an ACME server in a stack's world: pebble, as unkind to its clients as it can be."""

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping

from .trust import NamedContext
from .wait import wait_until
from .world import World

NAME = "ca.test"
DIRECTORY = f"https://{NAME}:14000/dir"
EAB = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}
_UNKIND = {"PEBBLE_WFE_NONCEREJECT": "20", "PEBBLE_VA_SLEEPTIME": "3", "PEBBLE_AUTHZREUSE": "50"}


class Ca:
    """pebble (https://github.com/letsencrypt/pebble): rejects a fifth of all good nonces, and sleeps before it looks.

    `life` is how long its certificates are valid, in seconds; with `eab` it takes only accounts bound to a key of EAB;
    `environment` adds to pebble's own variables.
    """

    def __init__(
        self, world: World, *, life: int = 90 * 86400, eab: bool = False, environment: Mapping[str, str] = {}
    ) -> None:
        self._world = world
        place = world.run.folder(world.name, "ca")
        (place / "server.pem").write_text(world.run.authority.issue(NAME))
        (place / "pebble.json").write_text(json.dumps({"pebble": _config(life, eab)}))
        self._container = world.start(
            "ca",
            ["pebble", "-config", "/ca/pebble.json", "-dnsserver", f"{world.resolver}:53"],
            environment=_UNKIND | dict(environment),
            volumes={str(place): {"bind": "/ca", "mode": "ro"}},
        )
        self._tell()

    def _tell(self) -> None:
        self.address = self._world.address(self._container)
        # Its address may be another after a while: nobody shall remember it for long.
        self._world.tell(f"{NAME} 1 IN A {self.address}")

    def go(self) -> None:
        """Be away: nothing listens any more."""
        self._container.stop(timeout=1)

    def come_back(self) -> None:
        """Be there again, with another root, and no memory of any account."""
        self._container.start()
        self._tell()
        wait_until(self._listens, what="the CA to be there again")

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.address, 14000), timeout=1):
            return True
        return False

    @property
    def roots(self) -> str:
        """What a client trusts that trusts this CA, in PEM."""
        trust = NamedContext.pinned(self._world.run.authority.pem, NAME)
        server = http.client.HTTPSConnection(self.address, 15000, context=trust, timeout=30)
        server.request("GET", "/roots/0")
        return server.getresponse().read().decode()


def _config(life: int, eab: bool) -> Mapping[str, object]:
    return {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/ca/server.pem",
        "privateKey": "/ca/server.pem",
        "httpPort": 80,
        "tlsPort": 443,
        "externalAccountBindingRequired": eab,
        "externalAccountMACKeys": EAB,
        "retryAfter": {"authz": 1, "order": 1},
        "certificateValidityPeriod": life,
    }
