"""The DNS server that is asked: whether it answers, and whether it tells signed answers from forged ones."""

from collections.abc import Iterator

from .checks import Untestable, Verdict, check, fail, passed, warn
from .context import HERE, Context

_SIGNED = "."
"""The root is signed; who validates at all says so of it."""
_BROKEN = "dnssec-failed.org"
"""A name whose signatures are wrong on purpose."""
_OURS = "take MAIL_RESOLVER out of .env, so that the container's own resolver asks the world itself; then: scripts/up"


@check("resolver.answers", outside=True)
def answers(context: Context) -> Iterator[Verdict]:
    """The resolver answers about the world: without it no mail leaves, and senders cannot be checked."""
    try:
        context.lookup.records(context.settings.hostname, "A")
    except Untestable as reason:
        mend = "see that this machine is online. If it may not ask port 53, set MAIL_RESOLVER to the DNS server of your network"
        yield fail(str(reason), mend)
    else:
        yield passed(f"the DNS at {context.resolver} answers")


@check("resolver.validates", outside=True)
def validates(context: Context) -> Iterator[Verdict]:
    """A signed answer is said to be authentic (AD), and a forged one is refused (SERVFAIL): DANE stands on it."""
    code, authentic = context.lookup.flags(_SIGNED, "SOA")
    if not authentic:
        whose = f"MAIL_RESOLVER={' '.join(context.settings.resolver)} strips" if context.settings.resolver else "something strips"
        yield warn(f"the signed root is not authentic ({code}): {whose} DNSSEC, so DANE protects nothing", _OURS)
        return
    code, _ = context.lookup.flags(_BROKEN, "A")
    if code == "NOERROR":
        yield warn(f"{_BROKEN}, whose signatures are wrong, is believed", _OURS)
    else:
        yield passed("signed answers are authentic, wrong signatures are refused")


@check("resolver.used")
def used(context: Context) -> Iterator[Verdict]:
    """This container asks its own resolver (`dns: [127.0.0.1]` in compose.yaml), and not a public one behind Docker's back."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        servers = [line.split()[1] for line in file if line.startswith("nameserver ")]
    # Docker's own server, which knows its neighbours and asks what compose.yaml says.
    if set(servers) <= {HERE, "127.0.0.11"}:
        yield passed("Postfix asks the resolver in this container")
    else:
        mend = "let `dns: [127.0.0.1]` stand under `mail:` in compose.yaml; then: scripts/up"
        yield warn(f"Postfix asks {', '.join(servers)}", mend)
