"""File systems filled to the last byte or the last file, from within a container, and emptied again."""

import contextlib
import json
from collections.abc import Iterator

from support.stack import Stack

_NAME = ".filled"
_FILL = """
import os, sys
place, what = sys.argv[1:]
os.makedirs(place, exist_ok=True)
number = 0
try:
    while True:
        if what == "files":
            os.close(os.open(f"{place}/{number}", os.O_CREAT | os.O_WRONLY))
            number += 1
            continue
        with open(f"{place}/bytes", "ab", buffering=0) as file:
            for size in (2**20, 2**12):
                while True:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        break
        break
except OSError as error:
    print(error)
"""


def fill(stack: Stack, place: str, what: str = "bytes", service: str = "mail") -> None:
    """Use up the "bytes" or the "files" of the file system at a place of a service's container."""
    _python(stack, service, _FILL, f"{place}/{_NAME}", what)


@contextlib.contextmanager
def filled(stack: Stack, place: str, what: str = "bytes", service: str = "mail") -> Iterator[None]:
    """Fill a file system for a while."""
    fill(stack, place, what, service)
    try:
        yield
    finally:
        _python(stack, service, "import shutil, sys; shutil.rmtree(sys.argv[1])", f"{place}/{_NAME}")


def ill(stack: Stack, service: str = "mail") -> dict[str, str]:
    """Return the parts of a container that are not well, and what is said of them."""
    role = [service] if service == "filter" else []
    output = stack.container(service).exec_run(["mailstead", "health", "--json", *role]).output
    return {one["name"]: one["said"] for one in json.loads(output) if not one["ok"]}


def _python(stack: Stack, service: str, *words: str) -> None:
    status, output = stack.container(service).exec_run(["python3", "-I", "-c", *words])
    assert status == 0, output.decode()
