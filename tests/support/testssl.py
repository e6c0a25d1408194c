"""testssl.sh (https://testssl.sh), which knows what is wrong with TLS, asked about a stack's ports."""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .papers import lay
from .run import Run
from .stack import Stack

IMAGE = "mailstead/testssl"
AT_ONCE = 3
STARTTLS = {"SMTP": "smtp", "SUBMISSION": "smtp", "SIEVE": "sieve"}
NOTABLE = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}

Finding = Mapping[str, str]
"""One line of its report: id, severity (OK, INFO, LOW, MEDIUM, HIGH, CRITICAL, or WARN where it could not look), finding."""


def build(run: Run) -> None:
    """Build the image."""
    run.client.images.build(path=str(Path(__file__).with_name("testssl")), tag=IMAGE, rm=True)


def examine(stack: Stack, checks: Mapping[str, Sequence[str]], root: str) -> Mapping[str, Sequence[Finding]]:
    """Return what it finds at each published port, each asked with options of its own, some at once; `root` is to be trusted."""
    place = stack.run.folder(stack.name, "testssl")
    lay(place, {"root.pem": root})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda port: _one(stack, place, port, checks[port]), checks)
        return dict(zip(checks, found, strict=True))


def _one(stack: Stack, place: Path, port: str, checks: Iterable[str]) -> Sequence[Finding]:
    asked = ["--quiet", "--color=0", "--nodns=none", "--warnings=batch", "--ip=127.0.0.1", "--add-ca=/out/root.pem", *checks]
    starttls = ["--starttls", STARTTLS[port]] if port in STARTTLS else []
    report = [f"--jsonfile=/out/{port}.json", *starttls, f"{stack.hostname}:{stack.ports[port]}"]
    stack.run.client.containers.run(
        IMAGE,
        [*asked, *report],
        name=f"{stack.name}-testssl-{port.lower()}",
        network_mode="host",
        labels=stack.run.labels,
        volumes={str(place): {"bind": "/out", "mode": "rw"}},
        entrypoint=["sh", "-c", 'testssl "$@" >"/out/$$.log" 2>&1; true', "testssl"],
    )
    return json.loads((place / f"{port}.json").read_text())
