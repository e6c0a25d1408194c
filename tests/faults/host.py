"""What only the host can do to a container: see its processes by their true numbers, and strike them."""

from support.run import printed
from support.stack import IMAGE, Stack

SETTLED = 240
"""Letters in more than ten seconds, after which Docker takes a container to be well: until then each wait is twice the last."""


def state(stack: Stack, service: str = "mail") -> dict[str, object]:
    """Return what Docker knows of the first process of a service's container."""
    return stack.container(service).attrs["State"]


def on_host(stack: Stack, script: str, image: str = IMAGE, **options: object) -> str:
    """Run a shell script as root among the processes of the host, in a container of its own; return what it printed."""
    more = {"pid_mode": "host", "user": "root"} | options
    return printed(stack.run, image, ["-c", script], entrypoint="sh", **more)


def kill_from_outside(stack: Stack, *services: str) -> None:
    """Kill the first process of containers from the host: `docker kill` would count as a stop by hand, with no restart."""
    pids = " ".join(str(state(stack, service)["Pid"]) for service in services or ["mail"])
    on_host(stack, f"kill -9 {pids}")
