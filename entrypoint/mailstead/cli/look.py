"""The verbs that look and tell, and change nothing in the mail server."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from .. import docs as documents
from .. import health as examination
from ..settings import Settings
from . import GOOD, WANTING, add_role, add_verb


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verbs of this module."""
    looking = add_verb(verbs, health)
    add_role(looking)
    looking.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="ask again until all is well")
    looking.add_argument("--json", action="store_true", help="print a list of {name, ok, said}")
    add_role(add_verb(verbs, sbom))
    writing = add_verb(verbs, docs)
    writing.add_argument("--check", action="store_true", help="change nothing; say whether they are as they should be")
    writing.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="the project's folder")


def health(given: argparse.Namespace) -> int:
    """Ask every daemon how it is, one line each."""
    findings = examination.wait(Settings.read(os.environ, given.role), given.wait)
    if given.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print(f"{'well' if finding.ok else 'ILL':5}{finding.name:12}{finding.said}")
    return GOOD if all(finding.ok for finding in findings) else WANTING


def sbom(given: argparse.Namespace) -> int:
    """Print what is in this container's image, as a CycloneDX list (JSON)."""
    from ..sbom import bom

    print(json.dumps(bom(given.role), indent=1))
    return GOOD


def docs(given: argparse.Namespace) -> int:
    """Write env.example, the README's table of settings and docs/doctor.md from the settings and checks themselves."""
    if not (given.root / "README.md").exists():
        print(f"There is no README.md in {given.root.absolute()}; name the project's folder with --root.", file=sys.stderr)
        return WANTING
    stale = [(path, text) for path, text in documents.pages(given.root) if _differs(path, text)]
    for path, text in stale:
        if given.check:
            print(f"{path} is not what the settings say; run: mailstead docs", file=sys.stderr)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return WANTING if given.check and stale else GOOD


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != text
