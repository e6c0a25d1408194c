"""Kinds of settings for a directory server, and the rules between them. Each parser raises ValueError."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...declare import Problem, has_control
from . import is_ours, parts

FILTER_ALLOWED = "a search filter such as (&(objectClass=person)(mailEnabled=TRUE)); %s stands for any value"
DN_ALLOWED = "the name of an entry, such as cn=mailstead,dc=example,dc=org"
ATTRIBUTE_ALLOWED = "the name of an attribute, such as mail"
FILE_ALLOWED = "a file below /config, such as /config/ldap-ca.pem"

_ATTRIBUTE = r"[A-Za-z][A-Za-z0-9-]{0,62}"
# RFC 4515 with extensible matches (AD's bit masks), values escaped as there; % would be a token of saslauthd and Dovecot.
_ITEM = re.compile(
    rf"\({_ATTRIBUTE}(?::dn)?(?::[0-9.]+|:{_ATTRIBUTE})?:?[~<>]?=(?:[^()\\%\"]|\\[0-9A-Fa-f]{{2}})*\)"
)
_OPERATION = re.compile(r"\((?:[&|]\.+|!\.)\)")
_DN = re.compile(r"[A-Za-z0-9.-]+ ?=[^%]+")
_LONGEST = 1000
_LONGEST_PASSWORD = 127  # bytes that saslauthd's ldap mechanism keeps (LAK_BUF_LEN in its lak.h)
_ONLY_LDAP = ("ldap_bind_dn", "ldap_bind_password", "ldap_ca_file", "ldap_enabled_filter", "ldap_domain_filter")


def search_filter(text: str) -> str:
    """Read a search filter; one written for a single login (`%s`, as docker-mailserver has them) finds any of them."""
    given = text.replace("%s", "*")
    whole = given if given.startswith("(") else f"({given})"
    left, before = _ITEM.sub(".", whole), None
    while left != before:
        left, before = _OPERATION.sub(".", left), left
    if left != "." or len(whole) > _LONGEST:
        raise ValueError(text)
    return whole


def dn(text: str) -> str:
    """Read a distinguished name (RFC 4514), as far as can be seen without its server."""
    if not _DN.fullmatch(text) or len(text) > _LONGEST:
        raise ValueError(text)
    return text


def attribute(text: str) -> str:
    """Read the name of an attribute (RFC 4512, 1.4)."""
    if not re.fullmatch(_ATTRIBUTE, text, re.ASCII):
        raise ValueError(text)
    return text


def config_file(text: str) -> str:
    """Read the path of a file in the owner's folder."""
    if not re.fullmatch(r"/config/[A-Za-z0-9._/-]+", text, re.ASCII) or ".." in text:
        raise ValueError(text)
    return text


def rules(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between settings that are each right alone."""
    if is_ours(values["directory_url"]):
        yield from _url(str(values["directory_url"]))
        yield from _login(values)
        if values["postmaster_password"]:
            yield Problem("MAIL_POSTMASTER_PASSWORD", " does nothing here: the directory server has all passwords; take it out")
        return
    for name in _ONLY_LDAP:
        if values[name]:
            yield Problem(f"MAIL_{name.upper()}", " needs MAIL_DIRECTORY_URL to be that of a directory server (ldap:// or ldaps://)")


def _url(url: str) -> Iterator[Problem]:
    said = None
    if "@" in url:
        said = " has a user in it, who belongs into MAIL_LDAP_BIND_DN"
    elif "?" in url:
        said = " has a question mark; a filter belongs into MAIL_LDAP_ACCOUNT_FILTER"
    elif not _has_base(url):
        said = " names no entry below which to search"
    if said:
        example = "ldaps://ldap.example.org/dc=example,dc=org"
        yield Problem("MAIL_DIRECTORY_URL", said, "ldap://host/base or ldaps://host/base", example)


def _has_base(url: str) -> bool:
    try:
        base = parts(url)["base"]
        return dn(base) == base and not has_control(base)
    except ValueError:
        return False


def _login(values: Mapping[str, Any]) -> Iterator[Problem]:
    password = str(values["ldap_bind_password"] or "")
    if bool(values["ldap_bind_dn"]) != bool(password):
        yield Problem("MAIL_LDAP_BIND_DN", " and MAIL_LDAP_BIND_PASSWORD go together; one of them is not set")
    if password != password.lstrip():
        yield Problem("MAIL_LDAP_BIND_PASSWORD", " begins with a blank, which saslauthd's file would drop")
    if len(password.encode()) > _LONGEST_PASSWORD:
        yield Problem("MAIL_LDAP_BIND_PASSWORD", f" is longer than {_LONGEST_PASSWORD} bytes, of which saslauthd takes no more")
