"""The verb that Dovecot calls."""

import argparse

from .. import nearly_full
from . import GOOD, add_verb


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verb of this module."""
    noting = add_verb(verbs, quota_notice, "quota-notice")
    noting.add_argument("word", choices=("full", "room"))
    noting.add_argument("address")


def quota_notice(given: argparse.Namespace) -> int:
    """Note that a mailbox is nearly full, or has room again (Dovecot calls this by itself)."""
    nearly_full.note([given.address], given.word == "full")
    return GOOD
