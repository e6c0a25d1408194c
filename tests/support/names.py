"""A name server of somebody's own, whose answers are signed: Knot (world/names.sh), and what a resolver must know to trust it."""

from collections.abc import Iterable, Mapping, Sequence

from docker.models.containers import Container

from .wait import wait_until
from .world import World

_HEAD = "@ 60 SOA ns hostmaster 1 60 60 3600 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n"


def start(world: World, zones: Mapping[str, Iterable[str]], signed: Sequence[str], **key: str) -> Container:
    """Start it with these zones (name to records), some of them signed; KEY and SECRET are those by which they may be changed."""
    folder = world.run.folder(world.name, "zones")
    for zone, records in zones.items():
        (folder / f"{zone}.zone").write_text(_HEAD + "".join(f"{record}\n" for record in records))
    volumes = {str(folder): {"bind": "/zones", "mode": "ro"}}
    return world.start("names", ["/world/names.sh"], volumes=volumes, environment={"SIGNED": " ".join(signed), **key})


def wait_ds(server: Container, zone: str) -> str:
    """Return a DS record of a zone once it is signed."""
    return wait_until(lambda: _ds(server, zone), what=f"{zone} to be signed")


def _ds(server: Container, zone: str) -> str:
    status, output = server.exec_run(["keymgr", "-c", "/tmp/knot.conf", zone, "ds"])
    lines = output.decode().splitlines() if status == 0 else []
    # Of several digests the SHA-256 (2).
    return next((line for line in lines if line.split()[4:5] == ["2"]), "")


def trust_in(anchors: Sequence[str], zones: Sequence[str], address: str) -> str:
    """Return what a resolver must be told to ask a name server for zones, and to trust what these DS records vouch for."""
    trusted = "".join(f'    trust-anchor: "{one}"\n' for one in anchors)
    return f"server:\n{trusted}" + "".join(f'stub-zone:\n    name: "{zone}."\n    stub-addr: {address}\n' for zone in zones)
