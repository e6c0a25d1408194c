"""What this server needs in the DNS: every record with its reason, in several forms, compared with what is there, published.

    gather (directory, certificate, keys) -> Facts -> records (pure) -> forms | check | publish

Nothing here is on the path of a start; dnspython is imported by asking.py, forms.py and publish.py alone.
"""

from .facts import Facts, gather
from .record import Record
from .records import notes, records

__all__ = ["Facts", "Record", "gather", "notes", "records"]
