"""The manual of the checks, docs/doctor.md, from what they say of themselves."""

import importlib
from collections.abc import Iterator

from . import AREAS, known
from .checks import Check

_HEAD = """\
# The doctor

`scripts/mailstead doctor` looks at everything that must be right for mail to come and go, in less than half a minute, and says
what to type where it is not:

```
PASS relay.neighbour:172.18.0.2    refused: 554 5.7.1 <nobody@relay-test.invalid>: Relay access denied
FAIL dns.reverse:203.0.113.7       203.0.113.7 has no reverse record: large receivers refuse its mail
                                   mend: whoever gave you the address (your provider or VPS host) sets its reverse record: ...
```

| word | means |
|---|---|
| PASS | it was tested, and is as it should be |
| WARN | mail goes on, and you should know |
| FAIL | something does not work, or is open to strangers |
| SKIP | it was not tested, and the line says why; nothing that was not tested is ever PASS |

Exit status: 0 where nothing failed (warnings are allowed), 1 where something did, 2 mistyped, 78 wrong settings.

| option | what it does |
|---|---|
| `--only dns`, `--only dns.mx` | looks at one area, or at one thing; may be repeated |
| `--offline` | asks nobody beyond this container, the DNS neither |
| `--resolver 192.0.2.53` | asks this DNS server; the container's own remembers answers for as long as their records say |
| `--changes` | prints only what is worse or better than at the last `--changes` |
| `--mail` | sends what is printed to the postmaster, too |
| `--json` | prints a list of `{id, status, said, mend}`; `status` is pass, warn, fail or skip |

**Once a day** the server runs `doctor --changes --mail` by itself: you get a letter when something has changed, and none
otherwise. `MAIL_DOCTOR_MAIL=no` switches that off. The first letter comes after a day, and names all that is not in order then.

**Somebody cannot sign in?** `scripts/mailstead doctor auth alice@example.org` asks for the password and goes the whole way: the
account (is there one, is it disabled, may it send?), the password by its hash, the file Dovecot reads, saslauthd, SMTP AUTH on
465, IMAP on 993. The first FAIL is the one to mend. The password is typed, or read from standard input with `--password-stdin`;
it is never an argument. Without one, what needs it is skipped.

The doctor changes nothing. It sends one letter to a mailbox of its own, which nobody can write to from outside, and removes it.
To see whether mail would be relayed it says MAIL and RCPT, and hangs up before any message. Outside it asks the DNS, greets the
servers in `MAIL_DOCTOR_SERVERS` on port 25, and asks `pool.ntp.org` what time it is. From the mirror of Debian in the image's
sources for apt, most often `deb.debian.org`, apt fetches the signed list of security updates, some 350 kB: once a day that mirror
sees this server's address, and that Debian runs there. What is installed it does not see; that is compared here. For the filter's
image, of the next Debian, there is no such list: only a rebuild brings what is new. With `--offline` nobody is asked.
"""


def page() -> str:
    """Return the page: what is typed, then each area with its checks."""
    return "\n".join([_HEAD, "## What each line means", "", *(line for area in AREAS for line in _area(area))])


def _area(area: str) -> Iterator[str]:
    words = " ".join((importlib.import_module(f"{__package__}.{area}").__doc__ or "").split("\n\n")[0].split())
    yield from (f"### {area}", "", words, "", "| id | PASS means |", "|---|---|")
    yield from (f"| `{one.id}`{_outside(one)} | {one.about} |" for one in known() if one.area == area)
    yield ""


def _outside(one: Check) -> str:
    return " (asks outside)" if one.outside else ""
