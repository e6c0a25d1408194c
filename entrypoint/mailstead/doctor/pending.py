"""Security updates that wait: Debian's own list of them, fetched and verified by apt, beside what is installed.

    apt's sources -> those of security alone -> apt-get update into a folder of its own -> apt-cache policy -> what is newer

Nothing is installed, and no file of the image is written. What a file named in APT_CONFIG says (apt.conf(5)) holds here, too.
"""

import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .checks import Untestable
from .context import ran

_LONGEST = 10  # seconds for all of it
_OPTIONS = (
    "Dir::Etc::SourceList=/dev/null",
    "Acquire::Languages=none",
    "Acquire::Retries=0",
    "Acquire::http::Timeout=5",
    "Acquire::https::Timeout=5",
    # Otherwise a mirror that is away is but a warning, and a list that could not be had looks like one with nothing in it.
    "APT::Update::Error-Mode=any",
)
_POLICY = re.compile(r"^(\S+):\n  Installed: (\S+)\n  Candidate: (\S+)$", re.MULTILINE)
_SECURITY = re.compile(r"\S-security(/updates)?/?$")


@dataclass(frozen=True)
class Package:
    """A package of Debian's: the version that is installed, and the newest one that the lists offer."""

    name: str
    installed: str
    candidate: str


def packages() -> Sequence[Package]:
    """Return what is installed, and what Debian's security archive has of it. Untestable where apt has no such source, where
    nobody answers within some seconds, and where the list is not signed by Debian or is past its date.
    """
    end = time.monotonic() + _LONGEST
    with tempfile.TemporaryDirectory(prefix="updates-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # apt fetches and verifies as a user of its own
        for name in ("sources", "lists/partial"):
            (place / name).mkdir(parents=True)
        if not _write_sources(place / "sources"):
            raise Untestable("apt in this image has no source of security updates")
        options = (*_OPTIONS, f"Dir::Etc::SourceParts={place}/sources", f"Dir::State::Lists={place}/lists", f"Dir::Cache={place}")
        words = [word for option in options for word in ("-o", option)]
        _said(end, "apt-get", "--quiet=2", *words, "update")
        names = ran("dpkg-query", "--show", "--showformat=${binary:Package}\\n").split()
        return compared(_said(end, "apt-cache", *words, "policy", *names))


def _said(end: float, *command: str) -> str:
    """Return what a program prints; Untestable where it fails, or has not ended at `end` (of time.monotonic)."""
    try:
        return ran(*command, within=max(0, end - time.monotonic()))
    except Untestable as reason:
        why = f" within {_LONGEST} s" if time.monotonic() >= end else f": {reason}"
        raise Untestable(f"Debian's list of security updates could not be had{why}") from reason


def _write_sources(folder: Path) -> bool:
    """Write apt's sources of security updates into a folder, in both of their forms; return whether there are any."""
    listed, _, parts = ran("apt-config", "shell", "A", "Dir::Etc::SourceList/f", "B", "Dir::Etc::SourceParts/d").partition("\n")
    lists = [Path(listed.partition("=")[2].strip("'")), *sorted(_in(parts, "*.list"))]
    found = {
        "security.list": "\n".join(lines(one.read_text()) for one in lists if one.is_file()),
        "security.sources": "\n\n".join(stanzas(one.read_text()) for one in sorted(_in(parts, "*.sources"))),
    }
    for name, text in found.items():
        (folder / name).write_text(f"{text}\n")
    return any(text.strip() for text in found.values())


def _in(part: str, pattern: str) -> Sequence[Path]:
    return list(Path(part.strip().partition("=")[2].strip("'")).glob(pattern))


def lines(text: str) -> str:
    """Return the lines of a sources.list(5) that are of security updates."""
    return "\n".join(one for one in text.splitlines() if one.startswith("deb ") and any(map(_SECURITY.search, one.split())))


def stanzas(text: str) -> str:
    """Return the stanzas of a file in deb822's form (sources.list(5)) that are of security updates."""
    suites = re.compile(r"^Suites:(.*)$", re.MULTILINE | re.IGNORECASE)
    return "\n\n".join(
        one for one in re.split(r"\n\s*\n", text) if any(map(_SECURITY.search, " ".join(suites.findall(one)).split()))
    )


def compared(policy: str) -> Sequence[Package]:
    """Return what the text of `apt-cache policy` says of each package that is installed; Untestable where it says nothing."""
    found = [Package(*one) for one in _POLICY.findall(policy) if "(none)" not in one]
    if not found:
        raise Untestable("apt-cache says nothing of the packages that are installed")
    return found
