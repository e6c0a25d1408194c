"""The keeper of the filter's container, which has no mail, no directory and no certificate, and so no more duties."""

from ..places import SIGNING
from . import Keeper


class FilterKeeper(Keeper):
    """The keeper of the daemons that read strangers' mail."""

    # What the mail container writes last of what the filter must know.
    awaited = SIGNING / "controller.inc"
