"""What is in this image, as a CycloneDX 1.6 list (https://cyclonedx.org/docs/1.6/json/): Debian's packages by dpkg, and Python's.

The same image gives the same bytes: it has no date, and its serial number comes from what it lists.
"""

import json
import platform
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any
from urllib.parse import quote

_FIELDS = r"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${db:Status-Status}\n"
Component = Mapping[str, Any]


def bom(name: str) -> Mapping[str, Any]:
    """Return the list of the image called `name` ("mail", "filter"); OSError where dpkg cannot be asked."""
    listed = sorted([*_debian(_installed(), platform.freedesktop_os_release()), *_python()], key=lambda one: one["bom-ref"])
    digest = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([name, listed]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{digest}",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": f"mailstead/{name}", "name": f"mailstead/{name}"}},
        "components": listed,
    }


def _installed() -> str:
    command = ["dpkg-query", "--show", f"--showformat={_FIELDS}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _debian(listed: str, release: Mapping[str, str]) -> Iterator[Component]:
    # The stable release has a number; the next one has none yet.
    distro = f"debian-{release.get('VERSION_ID') or release.get('VERSION_CODENAME', 'unknown')}"
    for name, version, architecture, source, status in (line.split("\t") for line in listed.splitlines()):
        if status == "installed":
            where = {"arch": architecture, "distro": distro} | ({"upstream": source} if source != name else {})
            yield _component(f"pkg:deb/debian/{quote(name)}", name, version, where)


def _python() -> Sequence[Component]:
    found = {(one.name, one.version) for one in metadata.distributions()}
    return [_component(f"pkg:pypi/{name.lower().replace('_', '-')}", name, version, {}) for name, version in found]


def _component(place: str, name: str, version: str, qualifiers: Mapping[str, str]) -> Component:
    # https://github.com/package-url/purl-spec
    words = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(qualifiers.items()))
    purl = f"{place}@{quote(version, safe='')}" + (f"?{words}" if words else "")
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
