"""The list of what is in an image says what is installed, and no installed program has a hole that is known."""

import json
import re
from dataclasses import dataclass

import pytest

from mailstead.doctor.machine import FILTERS_FLOORS, FLOORS
from support.run import Run
from support.stack import IMAGES

IN = {"mail": IMAGES["MAILSTEAD_IMAGE"], "filter": IMAGES["MAILSTEAD_FILTER_IMAGE"]}
_PYTHON = """
from importlib.metadata import distributions
print(*sorted({f"{one.name} {one.version}" for one in distributions()}), sep="\\n")
"""


@dataclass(frozen=True)
class Image:
    """The image of a service."""

    run: Run
    service: str

    def prints(self, *command: str) -> str:
        """Run a program in a container of its own; return what it prints."""
        options = {"entrypoint": [], "network_mode": "none", "labels": self.run.labels, "remove": True}
        return self.run.client.containers.run(IN[self.service], list(command), **options).decode()


@pytest.fixture(scope="module", params=list(IN))
def image(request: pytest.FixtureRequest, docker_run: Run) -> Image:
    """Each of the two, as it was built."""
    return Image(docker_run, request.param)


@pytest.fixture(scope="module")
def listed(image: Image) -> dict:
    """What `mailstead sbom` prints in it."""
    return json.loads(image.prints("mailstead", "sbom", image.service))


def installed(image: Image) -> dict[str, str]:
    """Return Debian's packages in an image, name to version, as dpkg's own table has them."""
    rows = (line.split() for line in image.prints("dpkg", "--list").splitlines() if line.startswith("ii "))
    return {row[1].partition(":")[0]: row[2] for row in rows}


def test_the_list_is_what_is_installed(image: Image, listed: dict):
    """Debian's packages and Python's, not one more or less."""
    debian = {one["name"]: one["version"] for one in listed["components"] if one["purl"].startswith("pkg:deb/")}
    python = [f"{one['name']} {one['version']}" for one in listed["components"] if one["purl"].startswith("pkg:pypi/")]

    assert debian == installed(image)
    assert sorted(python) == image.prints("python3", "-c", _PYTHON).split("\n")[:-1]


def test_the_list_has_the_form_that_programs_read(image: Image, listed: dict):
    """What the schema of CycloneDX 1.6 requires of the fields that are there; and each reference is somebody's alone."""
    assert set(listed) == {"bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"}
    assert (listed["bomFormat"], listed["specVersion"], listed["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed["serialNumber"])
    assert {frozenset(one) for one in listed["components"]} == {frozenset({"type", "bom-ref", "name", "version", "purl"})}
    assert len({one["bom-ref"] for one in listed["components"]}) == len(listed["components"])
    assert all(re.fullmatch(r"pkg:(deb/debian|pypi)/[a-zA-Z0-9.%+-]+@[^?@]+(\?.*)?", one["purl"]) for one in listed["components"])


def test_the_same_image_gives_the_same_list(image: Image, listed: dict):
    """Byte for byte: what differs between two lists has changed in the image."""
    assert json.loads(image.prints("mailstead", "sbom", image.service)) == listed


def test_no_program_is_older_than_its_last_known_hole(image: Image):
    """By the versions that closed them."""
    found, floors = installed(image), FLOORS if image.service == "mail" else FILTERS_FLOORS
    compared = [f"dpkg --compare-versions {found[name]} ge {floor} || echo {name}" for name, floor in floors.items()]

    assert image.prints("sh", "-c", "\n".join(compared)) == ""
    assert image.prints("sh", "-c", compared[0].replace(" ge ", " lt ")) != ""
