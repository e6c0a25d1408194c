"""Whether what is there does the work of what shall be there. Pure."""

from collections.abc import Sequence
from ipaddress import ip_address

from .txt import tags

_SINGLE = ("A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TXT")
_POLICIES = ("none", "quarantine", "reject")


def is_single(kind: str) -> bool:
    """Whether another's record beside ours, of its purpose, gets into its way."""
    return kind in _SINGLE


def purpose(name: str, kind: str, value: str) -> str:
    """Return what a value is for: a name's TXT records may be many people's, SPF, DMARC and the like only one."""
    if kind != "TXT":
        # A CAA record is about servers' certificates or about people's, by its property.
        return value.split()[1] if kind == "CAA" else kind
    # A DKIM record need not say that it is one (RFC 6376, 3.6.1).
    return "dkim" if "._domainkey." in name else value.replace(";", " ").partition(" ")[0].lower()


def serves(kind: str, wanted: str | None, found: str) -> bool:
    """Whether a value does what the wanted one shall do; where that is None, any public address."""
    if found.startswith("CNAME "):
        return False
    if wanted is None:
        return ip_address(found).is_global
    if kind == "MX":
        return wanted.split()[1] == found.split()[1]
    if kind == "SRV":
        return wanted.split()[2:] == found.split()[2:]
    return _text(wanted, found) if kind == "TXT" else wanted == found


def harms(kind: str, wanted: Sequence[str | None], found: Sequence[str]) -> bool:
    """Whether what is there does worse than nothing: keeps mail away (TLSA), or the next certificate (CAA)."""
    if kind == "TLSA":
        return bool(found) and not set(wanted) & set(found)
    ours, theirs = ([one for one in some if one and " issue " in one] for some in (wanted, found))
    # Without its parameters it allows our CA for anybody's account.
    allowing = {*ours, *(one.partition(";")[0].rstrip('"') + '"' for one in ours)}
    return kind == "CAA" and bool(ours and theirs) and not allowing & set(theirs)


def _text(wanted: str, found: str) -> bool:
    ours, theirs = tags(wanted), tags(found)
    if wanted.startswith("v=spf1"):
        return _spf(wanted.lower().split(), found.lower().split())
    if ours["v"] == "DMARC1":
        return _dmarc(ours, theirs)
    if ours["v"] == "DKIM1":
        return _dkim(ours) == _dkim(theirs) and "y" not in theirs.get("t", "").split(":")
    if ours["v"] == "TLSRPTv1":
        return theirs.get("v") == "TLSRPTv1" and bool(theirs.get("rua"))
    return ours == theirs


def _dkim(found: dict[str, str]) -> tuple[str, str | None]:
    return found.get("k", "rsa"), found.get("p")


def _spf(wanted: Sequence[str], found: Sequence[str]) -> bool:
    # Others may send too, where anybody may; a domain that sends nothing has no others.
    mechanisms, rest = set(wanted[:-1]), found[-1]
    own = mechanisms == set(found[:-1]) if len(wanted) == 2 else mechanisms <= set(found[:-1])
    return own and rest in ("~all", "-all")


def _dmarc(wanted: dict[str, str], found: dict[str, str]) -> bool:
    if found.get("v") != "DMARC1" or "p" not in wanted:
        return found.get("v") == "DMARC1"
    # t=y asks for the next weaker policy, pct for it in part (RFC 9989; RFC 7489, 6.6.4).
    whole = found.get("t", "n") != "y" and found.get("pct", "100") == "100"
    return whole and _strength(found) >= _strength(wanted)


def _strength(found: dict[str, str]) -> int:
    return _POLICIES.index(found["p"]) if found.get("p") in _POLICIES else 0
