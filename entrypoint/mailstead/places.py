"""Where things lie in a container. Nothing is imported here: the keeper stays in memory, with all that it imports."""

from pathlib import Path

STATE = Path("/var/lib/mailstead")
DATABASE = STATE / "directory.sqlite"
PROJECTION = STATE / "projection"
QUOTA = STATE / "quota"
CERTIFICATES = STATE / "certificates"
SEEN = STATE / "seen"
"""Whose password last sent something: see directory/last_use.py."""
MAIL = Path("/var/mail")
REWRITING = Path("/var/spool/postfix/private/rewrite")
"""The socket of Postfix's trivial-rewrite(8)."""
