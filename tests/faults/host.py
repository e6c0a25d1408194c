"""What only the host can do to a container: see its processes by their true numbers, and strike them."""

from support.stack import IMAGE, Stack


def state(stack: Stack) -> dict[str, object]:
    """Return what Docker knows of the mail container's process."""
    return stack.container("mail").attrs["State"]


def on_host(stack: Stack, script: str, image: str = IMAGE, **options: object) -> str:
    """Run a shell script as root among the processes of the host, in a container of its own; return what it printed."""
    more = {"pid_mode": "host", "user": "root", "remove": True, "labels": stack.run.labels} | options
    return stack.run.client.containers.run(image, ["-c", script], entrypoint="sh", **more).decode()


def kill_from_outside(stack: Stack) -> None:
    """Kill the container's first process from the host: `docker kill` would count as a stop by hand, with no restart."""
    on_host(stack, f"kill -9 {state(stack)['Pid']}")
