"""The kinds of values that settings have: how each is read from a word of the environment, and what to say is allowed."""

import ipaddress
import os
import re
from dataclasses import dataclass
from typing import Annotated

from . import names
from .declare import Kind, Secret
from .directory.ldap import kinds as ldap

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_LARGEST = 2**60  # Postfix counts bytes in 63 bits, and will not start with more
_OCTET = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_OCTETS = rf"({_OCTET}|\[{_OCTET}(\.\.{_OCTET})?(;{_OCTET}(\.\.{_OCTET})?)*\])"
_SCORE = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?", re.ASCII)
_RATE = re.compile(r"([1-9][0-9]{0,5}) ?/ ?([1-9][0-9]{0,2})?([mhd])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_REFUSALS = ("127.255.255.252", "127.255.255.254", "127.255.255.255")
"""What block lists answer where they refuse the question: a wrong zone, a public resolver, too many questions."""
_URL = re.compile(
    r"(postgresql|ldaps?)://((?:[^\s/?#@%]|%[0-9A-Fa-f]{2})*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?"
    r"(/(?:[^\s#%]|%[0-9A-Fa-f]{2})*)?"
)
_HTTPS = re.compile(r"https://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[\x21-\x7e]*)?")


def size(text: str) -> int:
    """Read a size in bytes: a whole number, or one with K, M, G or T behind it (powers of 1024)."""
    match = re.fullmatch(r"([1-9][0-9]{0,11})([KMGT]?)", text.upper(), re.ASCII)
    if match is None or int(match[1]) * _UNITS[match[2]] > _LARGEST:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]]


def size_words(bytes_: int) -> str:
    """Return a size as it is typed."""
    for unit in ("", "K", "M", "G"):
        if bytes_ % 1024:
            return f"{bytes_}{unit}"
        bytes_ //= 1024
    return f"{bytes_}T"


def port(text: str) -> int:
    """Read a TCP port, 1 to 65535."""
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 1 <= int(text) <= 65535:
        raise ValueError(text)
    return int(text)


def dnsbl(text: str) -> str:
    """Read a DNS block list: zone, zone=filter, zone*weight or zone=filter*weight as in postconf(5), postscreen_dnsbl_sites."""
    zone, answers, weight = dnsbl_parts(text)
    if "*" in text and not re.fullmatch(r"-?[1-9][0-9]{0,2}", weight, re.ASCII):
        raise ValueError(text)
    if "=" in text and not re.fullmatch(rf"{_OCTETS}(\.{_OCTETS}){{3}}", answers):
        raise ValueError(text)
    if answers and any(_takes(answers, one) for one in _REFUSALS):
        raise ValueError(text)
    return names.domain(zone) + text.removeprefix(zone)


def dnsbl_parts(entry: str) -> tuple[str, str, str]:
    """Return the zone, the filter and the weight of a DNS block list, the last two empty where it has none."""
    site, _, weight = entry.partition("*")
    zone, _, answers = site.partition("=")
    return zone, answers, weight


def _takes(answers: str, address: str) -> bool:
    """Whether a filter has an address."""
    parts = re.findall(r"\[[^]]*\]|[0-9]+", answers)
    pairs = zip(parts, map(int, address.split(".")), strict=True)
    return all(any(_between(octet, one) for one in part.strip("[]").split(";")) for part, octet in pairs)


def _between(octet: int, span: str) -> bool:
    first, _, last = span.partition("..")
    return int(first) <= octet <= int(last or first)


def number(text: str) -> int:
    """Read a whole number from 1 to 999."""
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text, re.ASCII):
        raise ValueError(text)
    return int(text)


def ip(text: str) -> str:
    """Read an IPv4 or IPv6 address. A scope (%eth0) names an interface of the machine, and the container has others."""
    return str(ipaddress.ip_address(_without_scope(text)))


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read a network in CIDR notation, or one address as a network of itself."""
    return ipaddress.ip_network(_without_scope(text))


def _without_scope(text: str) -> str:
    if "%" in text:
        raise ValueError(text)
    return text


def place(text: str) -> str:
    """Read the path of a file or folder in the container, from its root."""
    if not text.startswith("/") or ".." in text.split("/"):
        raise ValueError(text)
    return os.path.normpath(text)


def url(text: str) -> Secret:
    """Read where a directory is kept: the URL of a database (libpq's own form) or of a directory server (RFC 4516)."""
    if not _URL.fullmatch(text):
        raise ValueError(text)
    return Secret(text)


def https(text: str) -> str:
    """Read a URL that begins with https://; what a CA is asked for must not pass in clear."""
    if not _HTTPS.fullmatch(text):
        raise ValueError(text)
    return text


def word(text: str) -> str:
    """Read a name without blanks."""
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError(text)
    return text


def score(text: str) -> float:
    """Read a score of the filter, which is more the more a message looks like spam: a number from 0 to 999.99."""
    if not _SCORE.fullmatch(text):
        raise ValueError(text)
    return float(text)


def score_or_no(text: str) -> float | None:
    """Read a score, or "no" for never."""
    return None if text.lower() == "no" else score(text)


@dataclass(frozen=True)
class Rate:
    """So many recipients in so many seconds."""

    recipients: int
    seconds: int


def rate_or_no(text: str) -> Rate | None:
    """Read a rate such as "100 / 1h", or "no" for none."""
    if text.lower() == "no":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return Rate(int(match[1]), int(match[2] or 1) * _SECONDS[match[3]])


Hostname = Annotated[str, Kind(names.hostname, names.HOSTNAME_ALLOWED)]
Domain = Annotated[str, Kind(names.domain, names.DOMAIN_ALLOWED)]
Address = Annotated[str, Kind(names.address, names.ADDRESS_ALLOWED)]
Size = Annotated[int, Kind(size, "a size in bytes, or with K, M, G or T behind it")]
Port = Annotated[int, Kind(port, "a port number from 1 to 65535")]
IP = Annotated[str, Kind(ip, "an IPv4 or IPv6 address")]
Network = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network,
    Kind(network, "a network such as 192.168.1.0/24 or 2001:db8:1::/64, or one address"),
]
Text = Annotated[str, Kind(str, "a line of text")]
Password = Annotated[Secret, Kind(Secret, "a line of text (better kept in a file, see _FILE)", secret=True)]
DirectoryUrl = Annotated[
    Secret, Kind(url, "postgresql://user:password@host/database, ldap://host/base or ldaps://host/base", secret=True)
]
Https = Annotated[str, Kind(https, "a URL that begins with https://")]
Place = Annotated[str, Kind(place, "a path in the container that begins with /")]
Word = Annotated[str, Kind(word, "a name without blanks")]
Score = Annotated[float, Kind(score, "a score: a number from 0 to 999.99")]
ScoreOrNo = Annotated[float | None, Kind(score_or_no, "a score: a number from 0 to 999.99; or no")]
RateOrNo = Annotated[Rate | None, Kind(rate_or_no, "recipients / time, the time in m, h or d; or no")]
BlockList = Annotated[str, Kind(dnsbl, "the zone of a DNS list, with =filter (not of 127.255.255.x) and *weight if wanted")]
Number = Annotated[int, Kind(number, "a number from 1 to 999")]
DN = Annotated[str, Kind(ldap.dn, ldap.DN_ALLOWED)]
Filter = Annotated[str, Kind(ldap.search_filter, ldap.FILTER_ALLOWED)]
Attribute = Annotated[str, Kind(ldap.attribute, ldap.ATTRIBUTE_ALLOWED)]
ConfigFile = Annotated[str, Kind(ldap.config_file, ldap.FILE_ALLOWED)]
