"""Postfix, the MTA: takes mail from the world (25) and from our people (465, 587), keeps the queue, hands mail on."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ... import memory, nearly_full, network
from ... import probe as doctor
from ...declare import Problem
from ...directory import ASK_POSTING, SMARTHOST, SMARTHOST_TLS, nexthop
from ...kinds import dnsbl_parts
from ...places import GATEWAYS, LMTP, MTA_STS, PROJECTION, QUEUE, QUOTA
from ...settings import PASSTHROUGH, Settings
from ...tree import Directory, File, Tree, write
from .. import Finding, opendkim, postsrsd
from .. import filter as neighbour

NAME = "postfix"
META = Path("/usr/share/postfix/meta")
"""Postfix's own lists, of its files and of its map types (images/mail/Dockerfile puts them there)."""
TRUSTED_NETWORKS = "/etc/postfix/trusted_networks"
RELAY_PASSWORD = "/etc/postfix/relay_password"
FORWARDED = ("127.0.0.1", 10026)
"""Where mail that is forwarded comes by once more; nobody but Postfix itself connects to it."""
UNSCREENED = "/etc/postfix/unscreened"
PRINTABLE = "/etc/postfix/printable.pcre"
OUR_RESULTS = "/etc/postfix/our-results.pcre"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
"""Addresses that no stranger has (RFC 1918, RFC 4193), Docker's gateway among them."""
CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
STS_SERVICE = "mta-sts"
_CLIENT = 2_100_000
"""Bytes of a client: of the process that serves him."""
_FEWEST, _MOST = 10, 250
"""How many one port serves at once, at least and at most."""


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "meta": META,
        "gateways": GATEWAYS,
        "queue": QUEUE,
        "lmtp": LMTP,
        "table": table,
        "expressions": lambda name: f"pcre:{PROJECTION}/{name}",
        "ask_posting": ASK_POSTING,
        "posting": f"{PROJECTION}/posting.cdb",
        "relay_restrictions": relay_restrictions(settings),
        "recipient_restrictions": recipient_restrictions(settings),
        "submission_recipient_restrictions": submission_recipient_restrictions(),
        "submission_milters": submission_milters(settings),
        "one_author": "pcre:/etc/postfix/from.pcre",
        "our_results": f"pcre:{OUR_RESULTS}",
        "forwarded": f"{FORWARDED[0]}:{FORWARDED[1]}",
        "forward": f"forward:[{FORWARDED[0]}]:{FORWARDED[1]}",
        "srs_forward": postsrsd.table(postsrsd.FORWARD),
        "srs_reverse": postsrsd.table(postsrsd.REVERSE),
        "unscreened": f"cidr:{UNSCREENED}",
        "clients": clients(memory.whole()),
        "block_lists": [block_list(one) for one in settings.dnsbl],
        "relay": relay(settings),
        "relay_transports": (SMARTHOST, SMARTHOST_TLS),
        "relay_logins": ",".join([table("relay-logins"), *([f"texthash:{RELAY_PASSWORD}"] if settings.relay_user else [])]),
        "tls_policies": f"proxy:socketmap:unix:private/{STS_SERVICE}:postfix",
        "sts_service": STS_SERVICE,
        "sts_cache": MTA_STS,
        "ca_file": CA_FILE,
        "sts_ca_file": ca_file(settings),
        "ask_for_room": nearly_full.CLASS,
        "quota_status": QUOTA_STATUS,
        "doctor": doctor.DOMAIN,
        "queue_minfree": settings.message_size_limit * 3 // 2,
        "milters": milters(settings),
    }


def ca_file(settings: Settings) -> str:
    """Return the file of those whom Postfix trusts on the way out, the owner's own where he sets it."""
    return settings.postfix.get("smtp_tls_CAfile", CA_FILE)


def milters(settings: Settings) -> list[str]:
    """Return who reads each message before it is taken (https://www.postfix.org/MILTER_README.html)."""
    return [f"inet:{neighbour.HOST}:{neighbour.MILTER}"] if settings.filtered else []


def submission_milters(settings: Settings) -> str:
    """Return who looks at what people send, and signs it: the light signer, or who looks at all mail."""
    return ", ".join(milters(settings)) or f"unix:{opendkim.SOCKET}"


def table(name: str) -> str:
    """Return a table of the directory as Postfix writes it."""
    return f"cdb:{PROJECTION}/{name}"


def relay_restrictions(settings: Settings) -> list[str]:
    """Who may send to anywhere: ourselves, who has signed in, the networks the owner trusts; all others only to us."""
    trusted = [f"check_client_access cidr:{TRUSTED_NETWORKS}"] if settings.trusted_networks else []
    return ["permit_mynetworks", "permit_sasl_authenticated", *trusted, "reject_unauth_destination"]


def recipient_restrictions(settings: Settings) -> list[str]:
    """What a message from the world must pass, in the order Postfix asks: the cheap and certain before the slow."""
    trusted = [f"check_client_access cidr:{TRUSTED_NETWORKS}"] if settings.trusted_networks else []
    return [
        *printable_addresses(),
        *list_headers(),
        # Our own daemons (vacation replies, notices) and trusted machines are not examined further.
        "permit_mynetworks",
        *trusted,
        # Nobody relays (also in smtpd_relay_restrictions: two locks) and nobody writes to people who do not exist:
        # both are answered from files, before any question to the DNS.
        "reject_unauth_destination",
        "reject_unlisted_recipient",
        # A group may be for some only.
        f"check_recipient_access {table('restricted')}",
        # A sender nobody could answer: its domain has neither MX nor address. DNS out of reach: 450, try again.
        "reject_non_fqdn_sender",
        "reject_unknown_sender_domain",
        "reject_unknown_recipient_domain",
        # Last, since it may open the mailbox: is there room?
        *ASK_FOR_ROOM,
    ]


def submission_recipient_restrictions() -> list[str]:
    """What a message of our own people must pass: a mistyped address is told at once, not by a bounce tomorrow."""
    return [
        *printable_addresses(),
        *list_headers(),
        "reject_non_fqdn_recipient",
        "reject_unlisted_recipient",
        f"check_recipient_access {table('restricted')}",
        "reject_unknown_recipient_domain",
        *ASK_FOR_ROOM,
    ]


def printable_addresses() -> list[str]:
    """Return what refuses addresses that Dovecot would not take, after which a stranger would get a bounce."""
    return [f"check_{whose}_access pcre:{PRINTABLE}" for whose in ("sender", "recipient")]


def list_headers() -> list[str]:
    """Return what gives letters to groups their headers (PREPEND of access(5), which lets the other restrictions go on)."""
    return [f"check_recipient_access {table(name)}" for name in ("list-ids", "reply-tos")]


# Dovecot is asked only where the answer may be no (nearly_full.py).
ASK_FOR_ROOM = (
    f"check_recipient_access {table('small_quotas')}",
    f"check_recipient_access cdb:{QUOTA}/{nearly_full.TABLE}",
)
# Dovecot away: go on. The message waits in the queue, and Dovecot itself is asked again at delivery.
QUOTA_STATUS = "check_policy_service { unix:/run/dovecot/quota-status, timeout=10s, default_action=DUNNO }"


def block_list(entry: str) -> str:
    """Return a DNS block list as postscreen has it: with the answers that mean "listed", never 127.0.0.1 or 127.255.255.x.

    A list that has died and answers everything with another address, or one that refuses our queries, costs no mail
    (RFC 5782, 2.1 and 5).
    """
    zone, answers, weight = dnsbl_parts(entry)
    return f"{zone}={answers or '127.0.[0..254].[2..254]'}" + (f"*{weight}" if weight else "")


def files(settings: Settings) -> Tree:
    """Return the tables that hold the owner's values, and the directory of Postfix's own notes."""
    tree: dict[str, File | Directory] = {"/run/postfix": Directory(mode=0o700, owner="postfix", group="postfix")}
    if settings.trusted_networks:
        tree[TRUSTED_NETWORKS] = File(text="".join(f"{network} OK\n" for network in settings.trusted_networks))
    tree[UNSCREENED] = File(text="".join(f"{network} permit\n" for network in (*settings.trusted_networks, *PRIVATE)))
    if settings.mta_sts:
        tree[str(MTA_STS)] = Directory(mode=0o700, owner="mta-sts", group="mta-sts")
    if settings.relay_user:
        line = f"{relay(settings)} {settings.relay_user}:{settings.relay_password}\n"
        tree[RELAY_PASSWORD] = File(text=line, mode=0o600, secret=True)
    return tree


def relay(settings: Settings) -> str:
    """Return the relay of MAIL_RELAY_HOST as Postfix writes it."""
    return nexthop(settings.relay_host or "", settings.relay_port)


def adjust(path: str, text: str, settings: Settings) -> str:
    """Give main.cf the parameters the owner sets himself."""
    return override(text, settings.postfix) if path == "/etc/postfix/main.cf" else text


def override(main_cf: str, parameters: Mapping[str, str]) -> str:
    """Return main.cf with the owner's parameters at its end, and our lines for the same parameters taken out.

    A logical line of ours goes as a whole: what begins with white space continues the line before (postconf(5)).
    """
    kept = main_cf
    for name in parameters:
        kept = re.sub(rf"^{re.escape(name)} *=.*\n(?:[ \t]+\S.*\n)*", "", kept, flags=re.MULTILINE)
    own = "".join(f"{name} = {value}\n" for name, value in parameters.items())
    return kept + ("\n# Set by the owner, as POSTFIX_<parameter>.\n" + own if own else "")


def overrides(settings: Settings) -> Iterator[str]:
    """Say which parameters the owner sets himself."""
    for name in settings.postfix:
        yield f"{PASSTHROUGH}{name} replaces Mailstead's own value of {name}"


def unknown_parameters(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each POSTFIX_<parameter> of an environment that Postfix does not know (asks postconf(1)).

    With Debian's own master.cf, so that the parameters of each transport (lmtp_destination_concurrency_limit) are known.
    """
    given = {name.removeprefix(PASSTHROUGH) for name in environ if name.startswith(PASSTHROUGH)}
    if given:
        listed = subprocess.run(["postconf", "-d", "-c", META], capture_output=True, text=True, check=True).stdout
        known = {line.partition(" =")[0] for line in listed.splitlines()}
        for name in sorted(given - known):
            yield Problem(PASSTHROUGH + name, " is not a parameter of Postfix", "one that `postconf` lists")


def unreadable_values(settings: Settings) -> Iterator[Problem]:
    """Yield a problem for each POSTFIX_<parameter> whose value Postfix cannot read: `$(x` or a lone `$` (asks postconf(1)).

    Its daemons would start, and end at each connection.
    """
    if settings.postfix and _postconf_says(settings.postfix):
        for name, value in settings.postfix.items():
            if said := _postconf_says({name: value}):
                yield Problem(PASSTHROUGH + name, f'="{value}" is not understood by Postfix: {said}', "a sign $ of its own is $$")


def _postconf_says(parameters: Mapping[str, str]) -> str:
    """Return what is wrong with the values of some parameters; "" where they can be expanded."""
    given = [word for name, value in parameters.items() for word in ("-o", f"{name}={value}")]
    command = ["postconf", "-c", META, *given, "-xh", *parameters]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.stderr.partition("\n")[0].removeprefix("postconf: warning: ") if ran.returncode else ""


def clients(bytes_: int) -> str:
    """Return how many clients each of the ports 25, 465 and 587 serves at once, as master(5) has it; the others wait.

    Together they may have a third of the memory, so that nothing is killed for who only connects.
    """
    return str(min(max(bytes_ // 3 // 3 // _CLIENT, _FEWEST), _MOST))


def before_start(settings: Settings, after_crash: bool) -> None:
    """Make the queue's directories as Postfix itself lists them, in milliseconds (post-install(1) would take 0.3 s)."""
    listed = (META / "postfix-files").read_text(encoding="utf-8")
    write(queue_directories(listed), Path("/"))
    GATEWAYS.write_text(gateways(settings.login_rate), encoding="ascii")


def gateways(rate: int) -> str:
    """Return the addresses by which clients come whom nobody knows, each with how many passwords are checked in a minute."""
    routes = network.ROUTES.read_text(encoding="ascii") if network.ROUTES.exists() else ""
    known = dict.fromkeys(("127.0.0.1", "::1", *map(str, network.gateways(routes))))
    return "".join(f"{address} {rate}\n" for address in known)


def queue_directories(postfix_files: str) -> Tree:
    """Read the directories below $queue_directory out of Postfix's own list (its lines are name:type:owner:group:mode:flags)."""
    tree: dict[str, Directory] = {}
    for line in postfix_files.splitlines():
        name, _, rest = line.partition(":")
        if name.startswith("$queue_directory") and rest.startswith("d:"):
            owner, group, mode = rest.split(":")[1:4]
            tree[name.replace("$queue_directory", str(QUEUE))] = Directory(
                mode=int(mode, 8), owner=_account(owner), group=_account(group)
            )
    return tree


def _account(word: str) -> str:
    return {"$mail_owner": "postfix", "$setgid_group": "postdrop", "-": "root"}.get(word, word)


def probe() -> Finding:
    """Greet Postfix and see whether it offers encryption."""
    import smtplib  # and with it a twentieth of a start, which does not ask

    with smtplib.SMTP("127.0.0.1", 25, timeout=5) as server:
        server.ehlo("localhost")
        offers = server.has_extn("starttls")
    return Finding(NAME, offers, "greets and offers STARTTLS" if offers else "greets, but offers no STARTTLS")
