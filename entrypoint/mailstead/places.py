"""Where things lie in a container. Nothing is imported here: the keeper stays in memory, with all that it imports."""

from pathlib import Path

STATE = Path("/var/lib/mailstead")
DATABASE = STATE / "directory.sqlite"
PROJECTION = STATE / "projection"
QUOTA = STATE / "quota"
IMPORTED = STATE / "imported"
"""What another server had and ours has no use for yet: see importing/keeping.py."""
CERTIFICATES = STATE / "certificates"
DKIM = STATE / "dkim"
SIGNING = Path("/var/lib/signing")
"""What the filter's container must know to sign: see dkim/signing.py. Lost, it is written again."""
OPENDKIM = Path("/run/opendkim")
"""The same for the light signer of this container, and its socket."""
SEEN = STATE / "seen"
"""Whose password last sent something: see directory/last_use.py."""
MTA_STS = STATE / "mta-sts"
"""Other domains' policies, as long as they hold: see mta_sts/."""
MAIL = Path("/var/mail")
DECLARED = Path("/config/accounts.yaml")
"""The directory as its owner declares it: applied at a start, and when it changes."""
