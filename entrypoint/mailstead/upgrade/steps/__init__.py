"""The steps from one version of the data to the next: a module for each, with WHAT it does in words, and run(volumes).

A step is killed and run again from its beginning: what it finds done it leaves. A step that changes mail must tell from each
mailbox whether it was there already, since mail may have been restored from another day than the state.
"""

from collections.abc import Mapping
from types import ModuleType

from . import numbers_and_relays

STEPS: Mapping[int, ModuleType] = {1: numbers_and_relays}
"""The version a step begins with, and the step."""
