"""Names of mail, as this server takes them: domains, host names, addresses.

Each function returns the one form everything stores and compares (lower case, ASCII) or raises ValueError with a
sentence that says what is allowed. Stricter than RFC 5321 on purpose: a local part becomes a folder under /var/mail
and a key in the daemons' tables, so what would need quoting there is refused here (Dovecot's auth_username_chars).
"""

import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL = re.compile(r"[a-z0-9_]([a-z0-9._-]{0,62}[a-z0-9_-])?", re.ASCII)
# What RFC 5322, 3.2.3 has beyond it (| / ! % and the like) is known to Postfix as more than a name.
_ELSEWHERE_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+'&~#-]{0,63}", re.ASCII)
_LONGEST_DOMAIN = 253  # RFC 1035, 2.3.4, without the root's dot
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets holds two angle brackets

DOMAIN_ALLOWED = "a domain name such as example.org (an international name in its xn-- form)"
HOSTNAME_ALLOWED = "a full host name with at least one dot, such as mail.example.org"
ADDRESS_ALLOWED = "an address such as alice@example.org (before the @: letters, digits, . _ and -)"
ELSEWHERE_ALLOWED = "an address such as alice@example.org, here or elsewhere"


def domain(text: str) -> str:
    """Return `text` as a domain of two or more labels, in lower case; ValueError otherwise (RFC 1035, 2.3.1)."""
    name = text.lower()
    labels = name.split(".")
    # Before the lower case: the Kelvin sign becomes a k by it.
    well_formed = text.isascii() and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    if not well_formed or len(name) > _LONGEST_DOMAIN or labels[-1].isdigit():
        raise ValueError(DOMAIN_ALLOWED)
    return name


def hostname(text: str) -> str:
    """Return `text` as a fully qualified host name, in lower case; ValueError otherwise."""
    try:
        return domain(text)
    except ValueError:
        raise ValueError(HOSTNAME_ALLOWED) from None


def address(text: str) -> str:
    """Return `text` as a mailbox address in lower case; ValueError otherwise (RFC 5321, 4.1.2, dot-strings only)."""
    local, at, name = text.lower().rpartition("@")
    plain = text.isascii() and _LOCAL.fullmatch(local) and ".." not in local
    if not at or not plain or len(text) > _LONGEST_ADDRESS:
        raise ValueError(ADDRESS_ALLOWED)
    try:
        return f"{local}@{domain(name)}"
    except ValueError:
        raise ValueError(ADDRESS_ALLOWED) from None


def elsewhere(text: str) -> str:
    """Return `text` as an address of any server, its domain in lower case; ValueError otherwise.

    Only its own server knows whether the case of the local part matters (RFC 5321, 2.4).
    """
    local, at, name = text.rpartition("@")
    well_formed = at and _ELSEWHERE_LOCAL.fullmatch(local) and ".." not in local and not local.endswith(".")
    if not well_formed or len(text) > _LONGEST_ADDRESS:
        raise ValueError(ELSEWHERE_ALLOWED)
    try:
        return f"{local}@{domain(name)}"
    except ValueError:
        raise ValueError(ELSEWHERE_ALLOWED) from None


def domain_of(mailbox: str) -> str:
    """Return the domain of an address that `address` has accepted."""
    return mailbox.rpartition("@")[2]


def local_part_of(mailbox: str) -> str:
    """Return the local part of an address that `address` has accepted."""
    return mailbox.rpartition("@")[0]
