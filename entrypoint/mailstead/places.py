"""Where things lie in a container. Nothing is imported here: the keeper stays in memory, with all that it imports."""

from pathlib import Path

STATE = Path("/var/lib/mailstead")
DATABASE = STATE / "directory.sqlite"
PROJECTION = STATE / "projection"
QUOTA = STATE / "quota"
IMPORTED = STATE / "imported"
"""What another server had and ours has no use for yet: see importing/keeping.py."""
PUBLISHED = STATE / "dns.json"
"""Which records of the DNS are ours to change: see dns/ledger.py."""
CERTIFICATES = STATE / "certificates"
DKIM = STATE / "dkim"
SIGNING = Path("/var/lib/signing")
"""What the filter's container must know to sign: see dkim/signing.py. Lost, it is written again."""
OPENDKIM = Path("/run/opendkim")
"""The same for the light signer of this container, and its socket."""
SEEN = STATE / "seen"
"""Whose password last sent something: see directory/last_use.py."""
FILTER = Path("/var/lib/filter")
"""What the filter has learned and counts, in its own container."""
LESSONS = STATE / "lessons"
"""What people have moved into and out of Junk, and the filter has not been taught yet."""
DOCTOR = STATE / "doctor.json"
"""What `mailstead doctor --changes` found last: see doctor/changes.py."""
GATEWAYS = Path("/run/mailstead/gateways")
"""Docker's gateways, by which clients come whose address nobody knows: see services/postfix."""
HELD = Path("/run/mailstead/held")
"""Logins that have been tried too often by a gateway: see guesses.py."""
CLIENTS = Path("/run/mailstead/clients")
"""Which clients came to Postfix: see clients.py."""
MTA_STS = STATE / "mta-sts"
"""Other domains' policies, as long as they hold: see mta_sts/."""
MAIL = Path("/var/mail")
QUEUE = Path("/var/spool/postfix")
LMTP = "/run/dovecot/lmtp"
"""The socket by which Postfix hands letters to Dovecot."""
DECLARED = Path("/config/accounts.yaml")
"""The directory as its owner declares it: applied at a start, and when it changes."""
