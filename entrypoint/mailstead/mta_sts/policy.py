"""The text of a policy (RFC 8461, 3.2)."""

from dataclasses import dataclass

from .. import names

_LONGEST = 31557600  # seconds: a year, the most that may be promised
_MODES = ("enforce", "testing", "none")


class PolicyError(Exception):
    """A text that is no policy."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a domain promises. `mode`: enforce, testing or none; `mx`: names, or *. and a name; `max_age` in seconds."""

    mode: str
    mx: tuple[str, ...]
    max_age: int

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names as Postfix's match= has them, where a dot at the beginning stands for any name below."""
        return tuple(name.removeprefix("*") for name in self.mx)


def read(text: str) -> Policy:
    """Return the policy of a text; PolicyError if it is none."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), []).append(value.strip())
    try:
        # Of a key that stands there twice the first counts, but for mx.
        version, mode, max_age = (fields[name][0] for name in ("version", "mode", "max_age"))
    except KeyError as missing:
        raise PolicyError(f"it has no {missing}") from None
    if version != "STSv1" or mode not in _MODES or not (max_age.isascii() and max_age.isdigit() and len(max_age) <= 10):
        raise PolicyError("its version, mode or max_age is none")
    exchangers = tuple(_exchanger(name) for name in fields.get("mx", ()))
    if mode != "none" and not exchangers:
        raise PolicyError("it names no mail server")
    return Policy(mode=mode, mx=exchangers, max_age=min(int(max_age), _LONGEST))


def _exchanger(text: str) -> str:
    wildcard = "*." if text.startswith("*.") else ""
    try:
        return wildcard + names.domain(text.removeprefix(wildcard).removesuffix("."))
    except ValueError:
        raise PolicyError("it names a mail server that is no name") from None
