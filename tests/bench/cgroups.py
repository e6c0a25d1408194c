"""What the kernel accounts to a container (cgroups(7)): read on the host, version 1 or 2 of the interface."""

from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def place(pid: int, controller: str) -> Path:
    """Return the cgroup that a controller keeps for a process: the one of version 1 where the machine has it, else of 2."""
    found = controllers(Path(f"/proc/{pid}/cgroup").read_text())
    return _ROOT / controller / found[controller] if controller in found else _ROOT / found[""]


def controllers(text: str) -> dict[str, str]:
    """Read /proc/<pid>/cgroup: each controller to its path below its root; version 2 is the one without a name."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {name: path.lstrip("/") for _, names, path in lines for name in names.split(",")}


def memory(pid: int) -> tuple[int, int]:
    """Return the anonymous bytes of a process's cgroup, and those of files on its tmpfs."""
    text = (place(pid, "memory") / "memory.stat").read_text()
    facts = {name: int(value) for name, value in map(str.split, text.splitlines())}
    return (facts["total_rss"], facts["total_shmem"]) if "total_rss" in facts else (facts["anon"], facts["shmem"])


def processes(pid: int) -> list[int]:
    """Return the ids of the processes in a process's cgroup."""
    return [int(one) for one in (place(pid, "memory") / "cgroup.procs").read_text().split()]


def processor_seconds(pid: int) -> float:
    """Return how long the processors have worked for a process's cgroup since it was made."""
    group = place(pid, "cpuacct")
    one = group / "cpuacct.usage"
    if one.exists():
        return int(one.read_text()) / 1e9
    first = (group / "cpu.stat").read_text().splitlines()[0]
    return int(first.removeprefix("usage_usec ")) / 1e6
