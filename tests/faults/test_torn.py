"""A disk that fails while something of ours is written: each file is the old one or the new one, and the same words mend it."""

import itertools
from collections.abc import Iterator

import pytest

from faults.tracing import Tracer
from support.stack import Stack

PROJECTION = "/var/lib/mailstead/projection"
SYNC, RENAME = "fsync,fdatasync", "rename,renameat,renameat2"
SHORT = [(SYNC, "ENOSPC", 6), (RENAME, "EIO", 3)]
LONG = list(itertools.product((SYNC, RENAME, "write,pwrite64"), ("EIO", "ENOSPC"), range(1, 51)))


_DIGESTS = f"""cd {PROJECTION} && for file in *; do
    case $file in counter) continue ;; *.cdb) content="postmap -s cdb:${{file%.cdb}}" ;; *) content="cat $file" ;; esac
    echo $file $($content | sort | sha256sum | cut -d' ' -f1)
done"""


@pytest.fixture(scope="module")
def tracer(struck: Stack) -> Iterator[Tracer]:
    """Who makes system calls of the stack fail."""
    made = Tracer(struck)
    yield made
    made.close()


def projected(struck: Stack) -> dict[str, str]:
    """Return what the daemons read, by name, as digests; of a compiled table what Postfix finds in it, whatever its order."""
    text = struck.exec("sh", "-c", _DIGESTS)
    return {name: digest for name, digest in (line.split() for line in text.splitlines())}


def test_a_change_that_cannot_be_written_leaves_no_file_torn(struck: Stack, tracer: Tracer, long: bool):
    """A new domain, its tables and its keys: a sentence where it did not work, and nothing half."""
    failed = 0
    for number, (calls, error, when) in enumerate(LONG if long else SHORT):
        words = ["mailstead", "domain", "add", f"n{number}.test"]
        before = projected(struck)
        ran = tracer.run(words, f"-e trace={calls}", f"-e inject={calls}:error={error}:when={when}")
        between = projected(struck)
        again = ["mailstead", "project"] if ran.status == 0 or "as you asked" in ran.output else words
        struck.exec(*again)
        after = projected(struck)

        assert ran.status in (0, 1), ran.output
        assert "Traceback" not in ran.output
        assert ran.status == 0 or error_is_told(ran.output), ran.output
        torn = [name for name, digest in between.items() if digest not in (before.get(name), after.get(name))]
        assert torn == [], f"{torn} after {error} at {calls} {when}: {ran.output}"
        failed += any(call.injected for call in tracer.calls())
    assert failed >= len(SHORT)
    struck.wait_healthy()


def error_is_told(output: str) -> bool:
    """Whether what failed is in the words that were said."""
    return any(word in output for word in ("Input/output error", "No space left", "disk I/O error", "database or disk is full"))


def test_a_certificate_that_cannot_be_written_leaves_the_old_one(struck: Stack, tracer: Tracer, long: bool):
    """`cert renew --force` on a failing disk: key and certificate belong together, and the next one works."""
    for calls, when in itertools.product((SYNC, RENAME), range(1, 5 if long else 2)):
        words = ["mailstead", "cert", "renew", "--force"]
        ran = tracer.run(words, f"-e trace={calls}", f"-e inject={calls}:error=EIO:when={when}")

        assert "Traceback" not in ran.output, ran.output
        served = struck.exec("cat", "/var/lib/mailstead/certificates/served.pem")
        assert (served.count("BEGIN PRIVATE KEY"), served.count("BEGIN CERTIFICATE")) == (1, 1)
    struck.mailstead("cert", "renew", "--force")
    struck.wait_healthy()
