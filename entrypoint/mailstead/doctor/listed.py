"""The records that `mailstead dns` lists: which have a check of their own here, and what it means when others are not right."""

from collections.abc import Sequence

from ..dns import Record
from ..dns.record import REQUIRED
from .checks import Verdict, fail, warn
from .context import Context


def is_looked_at(record: Record, context: Context) -> bool:
    """Whether a check of its own looks at what a record is for."""
    domain = record.name.removeprefix("_dmarc.").rpartition("_domainkey.")[2]
    evaluated = not context.settings.relay_host and (record.value or "").startswith("v=spf1")
    text = record.type == "TXT" and (record.name != domain or evaluated)
    own = domain in context.domains and (text or record.type == "MX")
    return own or (record.name == context.settings.hostname and record.type in ("A", "AAAA")) or record.type == "PTR"


def said_of(wrong: Sequence[Record]) -> Verdict:
    """Return what records of one name and type mean that `mailstead dns --check` did not find right."""
    of, said = f"{wrong[0].name}/{wrong[0].type}", "; ".join(f"{one.status}: {one.reason}" for one in wrong)
    mend = "; ".join(f"{_deed(one)} the DNS: {one.name}. {one.type} {one.value}" for one in wrong)
    return (fail if any(one.level == REQUIRED for one in wrong) else warn)(said, mend, of=of)


def _deed(record: Record) -> str:
    return "take out of" if record.status == "extra" else "put into"
