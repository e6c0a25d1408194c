"""A directory server as the directory: its entries are read by LDAP (RFC 4511), and never written.

    read -> entries (pure) -> mirror -> project (pure) -> publish

What was read last is kept in a SQLite directory of its own (`mirror`), so that all that lists, projects and starts works as
with any other directory, and goes on while the server is away. This module stays with the standard library.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from ...settings import Settings

SCHEMES = ("ldap://", "ldaps://")
MIRROR = "ldap.sqlite"
"""The file beside the projection."""
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
TIMEOUT = 5
"""Seconds a sign-in waits for the server."""

_URL = re.compile(r"(?P<uri>ldaps?://(?P<host>\[[^]]*\]|[^/?#:@]+)(:[0-9]+)?)/(?P<base>[^?#]+)")


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where the entries are: `uri` is scheme, host and port; `base` a DN (RFC 4514). `starttls`: on an ldap:// connection."""

    uri: str
    host: str
    base: str
    starttls: bool
    authorities: str

    def __str__(self) -> str:
        return f"{self.uri}/{self.base}"


def is_ours(url: str | None) -> bool:
    """Whether a directory's URL is that of a directory server."""
    return (url or "").startswith(SCHEMES)


def server(settings: "Settings") -> Server | None:
    """Return the directory server of these settings, or None where the directory is another one."""
    if not is_ours(settings.directory_url):
        return None
    return Server(
        **parts(str(settings.directory_url)),
        starttls=settings.ldap_starttls and str(settings.directory_url).startswith("ldap://"),
        authorities=settings.ldap_ca_file or SYSTEM_AUTHORITIES,
    )


def parts(url: str) -> dict[str, str]:
    """Return uri, host and base of an LDAP URL (RFC 4516) without attributes, scope and filter; ValueError if it is another."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(url)
    return {"uri": match["uri"], "host": match["host"].strip("[]"), "base": unquote(match["base"], errors="strict")}


def listing_filter(given: str, attribute: str) -> str:
    """Return the filter (RFC 4515) of all entries that match one and have an attribute."""
    return f"(&{given}({attribute}=*))"


def login_filter(settings: "Settings", login: str) -> str:
    """Return the filter of the one entry that signs in; `login` is how a daemon writes the name that was typed, escaped."""
    may = settings.ldap_enabled_filter or ""
    return f"(&{settings.ldap_account_filter}{may}({settings.ldap_address_attribute}={login}))"
