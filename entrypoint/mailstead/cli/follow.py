"""The verb that supervisor runs where the directory is in a server."""

import argparse
import functools
import os

from ..directory import POSTGRESQL, follower, ldap
from ..settings import Settings
from . import USAGE, add_verb


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verb of this module."""
    add_verb(verbs, follow)


def follow(_given: argparse.Namespace) -> int:
    """Keep the daemons' files as the directory in a server is (`up` runs this by itself, where MAIL_DIRECTORY_URL is set)."""
    settings = Settings.read(os.environ)
    if not settings.directory_url:
        known = ", ".join([POSTGRESQL, *ldap.SCHEMES])
        print(f"There is no server to follow: MAIL_DIRECTORY_URL is not set; allowed: a URL of {known}.")
        return USAGE
    return follower.follow(settings, say=functools.partial(print, flush=True))
