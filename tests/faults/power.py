"""A power cut: a stack's volumes on a file system in an image file, and copies of that file taken while the server writes.

What nobody has synced is in the kernel's memory alone, not in the image file: the copy lacks it, as a disk would. A copy is of
one moment: FICLONE (ioctl_ficlonerange(2)) first writes out what is cached of the image file itself, and holds its inode all the
while, so that no write of the loop device falls between. What is not played is a disk that loses its own cache.

Docker holds all mounts, as volumes with this run's label, and a loop device ends with its mount: nothing outlives the containers.
"""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from docker.models.containers import Container

from faults.ledger import Ledger
from faults.loops import LOOPS
from support import world
from support.run import Run
from support.stack import Stack

VOLUMES = ("state", "mail", "queue", "signing")
CHECKS = {"ext4": "e2fsck -fn", "xfs": "xfs_repair -n", "btrfs": "btrfs check --readonly"}
"""Each kind of file system, and what finds no fault in one that is whole."""
NO_MOUNTS = "power cuts need a Docker whose containers may mount file systems by loop devices (not a rootless one): "
_BEGIN = """
truncate -s 40G /held/outer.img && mkfs.xfs -q -m reflink=1 /held/outer.img
mkdir /outer /inner && mount -o loop /held/outer.img /outer
truncate -s 1500M /outer/now.img && mkfs.{kind} -q /outer/now.img
mount -o loop /outer/now.img /inner && mkdir {folders} && umount /inner
"""
# Replays the journal, as a start after a power cut does, and has the result looked over. A volume is mounted by the device's
# name, which must be the same for every image: a node of our own.
_INSERT = """
[ {image} = now.img ] || mv /outer/{image} /outer/now.img
mount -o loop,{options} /outer/now.img /inner && umount /inner
{check} /outer/now.img
mount -o loop,{options} /outer/now.img /inner
rm -f /held/device
mknod /held/device b $(losetup --noheadings --output MAJ:MIN --associated /outer/now.img | tr : ' ')
"""
# Loop devices, mount(2) and mknod(2): all of what is called privileged that is needed.
_MAY_MOUNT = {
    "cap_add": ["SYS_ADMIN", "MKNOD"],
    "device_cgroup_rules": LOOPS,
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
}


@dataclass(frozen=True)
class Cut:
    """A copy of the disk: its image's name, the ledger as of then, and when it was done (seconds of the epoch).

    The ledger counts as acknowledged what was so before the copy began, and as sent what was so before it ended.
    """

    image: str
    ledger: Ledger
    ended: float


class Disk:
    """A disk with a file system of a kind ("ext4"), for one stack."""

    def __init__(self, run: Run, kind: str) -> None:
        self.kind = kind
        self._name = f"{run.name}-disk-{uuid.uuid4().hex[:6]}"
        self._run = run
        held = run.client.volumes.create(f"{self._name}-held", labels=run.labels)
        options = {"type": kind, "device": f"{held.attrs['Mountpoint']}/device", "o": self._options}
        self._volume = run.client.volumes.create(self._name, driver_opts=options, labels=run.labels)
        self._keeper = self._start(world.IMAGE, {held.name: "/held", "/dev": "/dev"}, **_MAY_MOUNT)
        self._socket: Container | None = None
        self._do(_BEGIN.format(kind=kind, folders=" ".join(f"/inner/{name}" for name in VOLUMES)), NO_MOUNTS)

    @property
    def volumes(self) -> Mapping[str, Mapping[str, str]]:
        """The stack's volumes on this disk."""
        place = self._volume.attrs["Mountpoint"]
        return {name: {"type": "none", "o": "bind", "device": f"{place}/{name}"} for name in VOLUMES}

    @property
    def _options(self) -> str:
        # A copy has the UUID of its original, which xfs would not have twice.
        return "nouuid" if self.kind == "xfs" else "noatime"

    def insert(self, image: str = "now.img") -> None:
        """Make an image the disk's content: its journal is replayed, its check finds no fault (AssertionError)."""
        self._do(_INSERT.format(image=image, options=self._options, check=CHECKS[self.kind]))
        self._socket = self._start(world.IMAGE, {self._volume.name: "/disk"})

    def eject(self) -> None:
        """Take the content out; no stack may run on it."""
        self._socket.remove(force=True)
        self._do("umount /inner")

    def cut(self, ledger: Ledger) -> Cut:
        """Copy the disk as it is at this moment."""
        image = f"{uuid.uuid4().hex}.img"
        acknowledged = dict(ledger.acknowledged)
        self._do(f"cp --reflink=always /outer/now.img /outer/{image}")
        return Cut(image, Ledger(sent=dict(ledger.sent), acknowledged=acknowledged, name=ledger.name), time.time())

    def write(self, name: str, *, synced: bool) -> None:
        """Write a file, synced or not."""
        self._do(f"dd status=none if=/dev/urandom of=/inner/{name} bs=4k count=4 {'conv=fsync' if synced else ''}")

    def settle(self) -> None:
        """Have all of it on the disk that was written up to now, whatever the server does for that."""
        self._do("sync --file-system /inner")

    def files(self) -> dict[str, int]:
        """Return the size in bytes of each file in the file system's root."""
        lines = self._do("cd /inner && find . -maxdepth 1 -type f -printf '%f %s\\n'").split("\n")
        return {name: int(size) for name, size in (line.split() for line in lines if line)}

    def close(self) -> None:
        """Let everything go."""
        for container in (self._socket, self._keeper):
            if container:
                container.remove(force=True)

    def _start(self, image: str, volumes: Mapping[str, str], **options: object) -> Container:
        mounted = {name: {"bind": place, "mode": "rw"} for name, place in volumes.items()}
        command = ["sleep", "infinity"]
        return self._run.client.containers.run(
            image, command, detach=True, init=True, network_mode="none", labels=self._run.labels, volumes=mounted, **options
        )

    def _do(self, script: str, why: str = "") -> str:
        status, output = self._keeper.exec_run(["sh", "-ec", script])
        assert status == 0, f"{why}{script} ended with {status}:\n{output.decode(errors='replace')}"
        return output.decode()


@contextmanager
def disk(run: Run, kind: str) -> Iterator[Disk]:
    """Have a disk for a while, with its first content in it."""
    made = Disk(run, kind)
    try:
        made.insert()
        yield made
    finally:
        made.close()


def boot(stack: Stack, disk: Disk, cut: Cut) -> tuple[float, float]:
    """Let the stack come up by itself on what a cut has left; return when that was (epoch), and how many seconds it took."""
    stack.container("mail").kill()
    disk.eject()
    disk.insert(cut.image)
    began = time.time()
    stack.container("mail").start()
    stack.wait_healthy()
    return began, time.time() - began
