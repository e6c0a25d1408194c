"""Small disks: loop devices with a file system of their own, made in a container, for Docker's volumes."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from support.run import Run
from support.world import IMAGE

LOOPS = ["c 10:237 rwm", "b 7:* rwm"]  # /dev/loop-control and /dev/loopN (Documentation/admin-guide/devices.txt)


@contextlib.contextmanager
def ext4(run: Run, *, megabytes: int, files: int) -> Iterator[tuple[Mapping[str, str], Callable[[], None]]]:
    """Have a disk with ext4 for so many bytes and files: what Docker's driver for volumes must know of it, and a function to be
    called once a container has it: from then on the device goes with its last mount, whoever dies.
    """
    folder = run.folder(f"loop-{megabytes}-{files}")
    container = run.client.containers.run(
        IMAGE,
        detach=True,
        init=True,
        network_mode="none",
        cap_add=["SYS_ADMIN"],
        device_cgroup_rules=LOOPS,
        labels=run.labels,
        volumes={"/dev": {"bind": "/dev", "mode": "rw"}, str(folder): {"bind": "/disk", "mode": "rw"}},
    )

    def told(script: str) -> str:
        status, output = container.exec_run(["sh", "-ec", script])
        assert status == 0, output.decode()
        return output.decode().strip()

    try:
        told(f"truncate -s {megabytes}M /disk/image; mkfs.ext4 -q -N {files} /disk/image")
        device = told("losetup --find --show /disk/image")
        let_go = contextlib.ExitStack()
        let_go.callback(told, f"losetup --detach {device}")
        with let_go:
            yield {"type": "ext4", "device": device}, let_go.close
    finally:
        container.remove(force=True)
