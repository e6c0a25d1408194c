"""The mailbox to which `mailstead doctor` writes to see that mail arrives. Nobody signs in to it, and no stranger writes to it:
its domain is none of ours (RFC 2606, 2), so that only this container itself gets a letter past Postfix's relay restrictions.
"""

from .places import MAIL

DOMAIN = "doctor.invalid"
ADDRESS = f"doctor@{DOMAIN}"
HOME = MAIL / ".doctor"
"""No domain begins with a dot."""
