"""The verbs that the keeper runs where the filter is: what people teach it, and what it holds back."""

import argparse
import http.client
import os
import sys
from email.message import EmailMessage

from .. import lessons, notices, teaching
from ..settings import Settings
from . import GOOD, WANTING, add_verb


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verbs of this module."""
    add_verb(verbs, learn)
    add_verb(verbs, rate_notice, "rate-notice").add_argument("login")


def learn(_given: argparse.Namespace) -> int:
    """Have the filter learn from what people moved into and out of Junk (the keeper runs this by itself)."""
    waiting = lessons.take()
    try:
        known = teaching.teach(waiting, teaching.fetch)
    except (OSError, http.client.HTTPException) as error:
        print(f"mailstead: {len(waiting)} letters could not be shown to the filter yet: {error}", file=sys.stderr, flush=True)
        return WANTING
    lessons.done()
    print(f"mailstead: the filter has learned from {known} letters.", flush=True)
    return GOOD


def rate_notice(given: argparse.Namespace) -> int:
    """Tell the postmaster that an account writes to more people than it may (the keeper runs this by itself)."""
    settings = Settings.read(os.environ)
    notices.send(notice(given.login, settings), settings)
    return GOOD


def notice(login: str, settings: Settings) -> EmailMessage:
    """Return the letter about an account that has come to its limit."""
    return notices.letter(
        settings,
        f"{login} has come to its limit of recipients",
        f"{login} wants to write to more people than MAIL_RATE_LIMIT lets an account. What is more is put off.\n\n"
        "Is it a newsletter? Then a higher MAIL_RATE_LIMIT lets it through.\n"
        "If not, somebody else may know the password. Stop him, and see what he left in the queue:\n\n"
        f"    scripts/mailstead account disable {login}\n"
        f"    scripts/mailstead account passwd {login}\n"
        "    docker compose exec mail postqueue -p\n\n"
        "For a day this server writes no further letter about this account.\n"
    )
