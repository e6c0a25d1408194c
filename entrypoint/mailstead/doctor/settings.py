"""What the settings say, and what the owner has put in place of ours."""

from collections.abc import Iterator, Mapping

from .. import network
from ..services import rooms
from .checks import Untestable, Verdict, check, fail, passed, warn
from .context import Context, ran

_PUBLIC_RESOLVERS = {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222"}
_OWN = "take POSTFIX_{0} out of .env, then: scripts/up"

_POSTFIX: Mapping[str, tuple[tuple[str, ...], str]] = {
    "smtpd_tls_security_level": (("may", "encrypt"), "25 offers no encryption, and other servers send everything in clear"),
    "smtpd_tls_auth_only": (("yes",), "people could sign in without encryption"),
    "smtpd_forbid_bare_newline": (("normalize", "reject", "yes"), "forged mail can be smuggled in behind real mail"),
    "soft_bounce": (("no",), "what is refused for good is refused for now, and comes again and again"),
    "smtpd_sasl_auth_enable": (("no",), "25, open to the world, takes passwords to guess"),
}
"""Parameters whose other values are faults: what they may be, and why."""

_DOVECOT: Mapping[str, tuple[tuple[str, ...], str]] = {
    "auth_allow_cleartext": (("no",), "passwords cross the wire in clear"),
    "ssl": (("required",), "mail can be read without encryption"),
    "auth_debug_passwords": (("no",), "passwords are written into the log"),
    "auth_verbose_passwords": (("no",), "passwords are written into the log"),
    "mail_fsync": (("optimized", "always"), "mail that was acknowledged may be lost when the power fails"),
}


@check("settings.hostname")
def hostname(context: Context) -> Iterator[Verdict]:
    """MAIL_HOSTNAME is set: without it this is a server to try out, under a name nobody can reach."""
    if context.environ.get("MAIL_HOSTNAME"):
        yield passed(context.settings.hostname)
    else:
        mend = "put MAIL_HOSTNAME=mail.example.org (a name of your own) into .env, then: scripts/up"
        yield fail(f"MAIL_HOSTNAME is not set; this is {context.settings.hostname}, a server to try out", mend)


@check("settings.overrides")
def overrides(context: Context) -> Iterator[Verdict]:
    """Which parameters of Postfix and files of Dovecot the owner has put in place of Mailstead's: no fault by themselves."""
    said = [one for room in rooms(context.settings) for one in getattr(room, "overrides", lambda _: ())(context.settings)]
    yield passed("; ".join(said) or "none")


@check("settings.postfix")
def postfix(context: Context) -> Iterator[Verdict]:
    """No parameter of Postfix, as it is in force, is one that opens a hole."""
    bad = 0
    for name, (allowed, why) in _POSTFIX.items():
        value = context.postfix.get(name, "")
        if value not in allowed:
            bad += 1
            yield fail(f"{name} = {value}: {why}", _OWN.format(name), of=name)
    if not bad:
        yield passed("nothing in main.cf opens a hole")


@check("settings.dovecot")
def dovecot(context: Context) -> Iterator[Verdict]:
    """Dovecot takes its configuration with the owner's files, and none of them opens a hole."""
    try:
        found = dict(line.partition(" = ")[::2] for line in ran("doveconf", *_DOVECOT).splitlines())
    except Untestable as words:
        mend = "mend the file it names in config/dovecot/, or Dovecot will not start again; then: docker compose restart mail"
        yield fail(str(words), mend)
        return
    bad = {name: value for name, value in found.items() if value not in _DOVECOT[name][0]}
    for name, value in bad.items():
        mend = f"take {name} out of config/dovecot/*.conf, then: docker compose restart mail"
        yield fail(f"{name} = {value}: {_DOVECOT[name][1]}", mend, of=name)
    if not bad:
        yield passed("nothing in dovecot.conf opens a hole")


@check("settings.trusted-networks")
def trusted_networks(context: Context) -> Iterator[Verdict]:
    """MAIL_TRUSTED_NETWORKS holds no network that strangers are in: they could send to anywhere through this server."""
    mend = "take it out of MAIL_TRUSTED_NETWORKS in .env (people sign in instead), then: scripts/up"
    public = [str(one) for one in context.settings.trusted_networks if one.num_addresses > 1 and one.is_global]
    for network_ in public:
        yield fail(f"{network_} is a network of the internet, not one of yours", mend, of=network_)
    behind = [one for one in network.warnings(context.settings) if one.startswith("MAIL_TRUSTED_NETWORKS")]
    for words in behind:
        yield fail(words, mend, of="gateway")
    if not public and not behind:
        yield passed(", ".join(map(str, context.settings.trusted_networks)) or "none are trusted")


@check("settings.ldap")
def ldap(context: Context) -> Iterator[Verdict]:
    """Passwords go to a directory server by TLS."""
    in_clear = [one for one in network.warnings(context.settings) if one.startswith("MAIL_LDAP_STARTTLS")]
    if in_clear:
        yield fail(in_clear[0], "MAIL_LDAP_STARTTLS=yes in .env, then: scripts/up")
    elif str(context.settings.directory_url or "").startswith("ldap"):
        yield passed("passwords go to the directory server by TLS, or stay in this network")


@check("settings.bind-address")
def bind_address(context: Context) -> Iterator[Verdict]:
    """The ports are published where others can reach them."""
    if context.settings.bind_address.startswith("127.") or context.settings.bind_address == "::1":
        mend = "take MAIL_BIND_ADDRESS out of .env (or let it be this machine's address), then: scripts/up"
        yield warn(f"MAIL_BIND_ADDRESS={context.settings.bind_address}: only this machine itself reaches the ports", mend)
    else:
        yield passed(f"published on {context.settings.bind_address}")


@check("settings.block-lists")
def block_lists(context: Context) -> Iterator[Verdict]:
    """Block lists are asked by a resolver that they answer: they refuse the questions of the large public ones."""
    public = sorted(_PUBLIC_RESOLVERS & set(context.settings.resolver))
    if context.settings.dnsbl and public:
        mend = "take MAIL_RESOLVER out of .env: the resolver in the container asks the world itself. Then: scripts/up"
        yield warn(f"MAIL_DNSBL is asked through {', '.join(public)}, whose questions most lists refuse: they stop no spam", mend)
    else:
        yield passed(", ".join(context.settings.dnsbl) or "none are asked about clients")
