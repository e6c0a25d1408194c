"""The keys docker-mailserver had, as `mailstead import dms` has put them by (importing/keeping.py)."""

import re
from collections.abc import Mapping
from pathlib import Path

from .. import names

Found = Mapping[str, bytes]
"""A selector to its key, in PEM."""

_SELECTOR = r"(?P<selector>[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)"
_RSPAMD = re.compile(rf"(rsa-\d+|ed25519)-{_SELECTOR}-(?P<domain>[A-Za-z0-9.-]+)\.private\.txt")
_OPENDKIM = re.compile(rf"{_SELECTOR}\.private")


def found(folder: Path) -> Mapping[str, Found]:
    """Return the keys below a folder by domain; where both of its signers have left some, those of Rspamd.

    OpenDKIM: opendkim/keys/<domain>/<selector>.private; Rspamd: rspamd/dkim/<algorithm>-<selector>-<domain>.private.txt
    (docker-mailserver's `setup config dkim`, both by default with the selector mail).
    """
    keys: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.glob("**/opendkim/keys/*/*.private")):
        match = _OPENDKIM.fullmatch(path.name)
        if match:
            _take(keys, path.parent.name, match["selector"], path)
    newer: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.glob("**/rspamd/dkim/*.private.txt")):
        match = _RSPAMD.fullmatch(path.name)
        if match:
            _take(newer, match["domain"], match["selector"], path)
    return keys | newer


def _take(keys: dict[str, dict[str, bytes]], domain: str, selector: str, path: Path) -> None:
    try:
        keys.setdefault(names.domain(domain), {})[selector.lower()] = path.read_bytes()
    except ValueError:  # a folder that is no domain
        return
