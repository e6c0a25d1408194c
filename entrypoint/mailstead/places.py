"""Where things lie in a container. Nothing is imported here: the keeper stays in memory, with all that it imports."""

from pathlib import Path

STATE = Path("/var/lib/mailstead")
DATABASE = STATE / "directory.sqlite"
PROJECTION = STATE / "projection"
QUOTA = STATE / "quota"
MAIL = Path("/var/mail")
