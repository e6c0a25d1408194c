"""All that an owner would miss after an upgrade, written down as one JSON value: taken before and after, it must be the same."""

import hashlib
import imaplib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from support import clients
from support.stack import Stack

_NAME = re.compile(rb'"([^"]*)"\s*$|(\S+)\s*$')
_MESSAGE = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")
_STATE = "/var/lib/mailstead"
_DIGESTS = f"cd {_STATE} && sha256sum srs.secret certificates/served.pem dkim/*/*.pem 2>/dev/null | sort"
_SCRIPTS = "cd /var/mail && find . -path '*sieve*' -name '*.sieve' -exec sha256sum {} + | sort"


def take(stack: Stack, passwords: Mapping[str, Sequence[str]], addresses: Sequence[str]) -> dict[str, object]:
    """Return everything: `passwords` of each account, the app passwords last; `addresses` are asked where they lead."""
    return {
        "people": {address: _person(stack, address, *known) for address, known in passwords.items()},
        "addresses": {address: _leads_to(stack, address) for address in addresses},
        "files": stack.attempt("sh", "-c", _DIGESTS).output.splitlines(),
        "scripts": stack.exec("sh", "-c", _SCRIPTS).splitlines(),
        "queue": waiting(stack),
    }


def waiting(stack: Stack) -> dict[str, list[object]]:
    """Return the queue: queue id to when the letter came, from whom, to whom."""
    entries = map(json.loads, stack.exec("postqueue", "-j").splitlines())
    return {one["queue_id"]: [one["arrival_time"], one["sender"], [to["address"] for to in one["recipients"]]] for one in entries}


def all_gone(stack: Stack) -> bool:
    """Have everything tried now, and say whether nothing waits any more: a letter that was being refused would wait again."""
    stack.exec("postqueue", "-f")
    return stack.queue() == {}


def _leads_to(stack: Stack, address: str) -> str:
    return stack.attempt("postmap", "-q", address, f"cdb:{_STATE}/projection/addresses").output.strip()


def _person(stack: Stack, address: str, *passwords: str) -> dict[str, object]:
    with clients.imaps(stack) as server:
        clients.imap_plain(server, address, passwords[0])
        folders = {folder: _folder(server, folder) for folder in _names(server.list()[1])}
        subscribed = _names(server.lsub()[1])
    ways = [sorted(clients.opening(stack, address, password)) for password in passwords]
    return {"ways": ways, "folders": folders, "subscribed": subscribed}


def _names(lines: Sequence[bytes]) -> list[str]:
    return sorted(next(filter(None, _NAME.search(line).groups())).decode() for line in lines if line)


def _folder(server: imaplib.IMAP4, name: str) -> dict[str, object]:
    server.select(f'"{name}"', readonly=True)
    validity = server.response("UIDVALIDITY")[1][0].decode()
    return {"validity": validity, "messages": dict(_messages(server))}


def _messages(server: imaplib.IMAP4) -> Iterator[tuple[str, list[object]]]:
    answer = server.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")[1]
    for part in answer:
        if isinstance(part, tuple):
            uid, flags = _MESSAGE.search(part[0]).groups()
            kept = sorted(set(flags.decode().split()) - {"\\Recent"})
            yield uid.decode(), [hashlib.sha256(part[1]).hexdigest(), kept]
