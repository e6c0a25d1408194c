"""Every setting of Mailstead, declared once. From here come the object the code uses, env.example, the README's table
and the words of every refusal. To add one: declare it below, use it in a room, run `mailstead docs`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Self

from . import rules
from .declare import Problem, Secret, SettingsError, has_control, read, setting
from .kinds import (
    DN,
    IP,
    Address,
    Attribute,
    BlockList,
    ConfigFile,
    DirectoryUrl,
    Domain,
    Filter,
    Hostname,
    Https,
    Network,
    Number,
    Password,
    Place,
    Port,
    RateOrNo,
    Score,
    ScoreOrNo,
    Size,
    Text,
    Word,
)

PASSTHROUGH = "POSTFIX_"
LEGO = "LEGO_"
_LINES = {PASSTHROUGH: "one line, as in main.cf", LEGO: "one line"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, in the order a new owner meets them."""

    hostname: Hostname = setting(
        "Name this server greets others with. Its DNS address record and the reverse record of its address must agree.",
        default="mail.example.test",
        example="mail.example.org",
    )
    domains: tuple[Domain, ...] = setting(
        "Domains whose mail is accepted and kept here. Unset: the domain of MAIL_HOSTNAME. Taking one out removes nothing.",
        example="example.org example.net",
    )
    postmaster: Address = setting(
        "Account that gets the mail for postmaster, abuse, root and MAILER-DAEMON. Unset: postmaster at the first domain.",
        example="alice@example.org",
    )
    postmaster_password: Password | None = setting(
        "Password of the postmaster's account when it is first made. Unset: one is made and printed once.",
        example="four plain words here",
    )
    directory_url: DirectoryUrl | None = setting(
        "Where the directory (domains, accounts, addresses) is kept. Unset: in the state volume.",
        example="postgresql://mailstead:hunter2@db.example.org/mailstead",
    )
    tls: Literal["self-signed", "acme", "files"] = setting(
        "Where the certificate comes from: made here, fetched from a CA whose terms you accept with this (ACME), or files that "
        "another tool keeps up to date (docs/certificates.md).",
        default="self-signed",
        example="acme",
    )
    tls_files: tuple[Place, ...] = setting(
        "Where the files of MAIL_TLS=files lie in the container: files, or folders with all below them.",
        default="/config/tls",
        example="/config/tls/fullchain.pem /config/tls/privkey.pem",
    )
    acme_server: Https = setting(
        "The CA: URL of its ACME directory.",
        default="https://acme-v02.api.letsencrypt.org/directory",
        example="https://acme-staging-v02.api.letsencrypt.org/directory",
    )
    acme_email: Address | None = setting(
        "Address the CA may write to about your account. With MAIL_TLS=acme it is all that is needed: port 80 is published then, "
        "unless a setting below says how else.",
        example="alice@example.org",
    )
    acme_challenge: Literal["http-01", "tls-alpn-01", "dns-01"] | None = setting(
        "How the CA sees that the name is yours: by port 80, by port 443, or by a DNS record. "
        "Unset: dns-01 where MAIL_ACME_DNS_PROVIDER is set, else http-01.",
        example="tls-alpn-01",
    )
    acme_webroot: Place | None = setting(
        "For http-01 beside a web server of your own: the folder it serves. Unset: port 80 is answered here while an order runs.",
        example="/webroot",
    )
    acme_dns_provider: Word | None = setting(
        "For dns-01: who runs your DNS, by its code in lego (https://go-acme.github.io/lego/dns/). "
        "Its variables go beside it with LEGO_ in front.",
        example="rfc2136",
    )
    acme_eab_kid: Word | None = setting("External account binding: the key's id, where the CA asks for it.", example="kid-1")
    acme_eab_hmac: Password | None = setting(
        "External account binding: the key itself.", example="zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    )
    acme_profile: Word | None = setting(
        "Kind of certificate, where the CA offers several; not with dns-01. Unset: the CA's usual.", example="shortlived"
    )
    acme_ca: Place | None = setting(
        "For a private CA: PEM file of the certificates by which its ACME server is trusted. Unset: the public CAs.",
        example="/config/ca.pem",
    )
    relay_host: Hostname | None = setting(
        "Provider's server that takes all outgoing mail, where port 25 to the world is blocked. Unset: mail goes out directly.",
        example="smtp.example.com",
    )
    relay_port: Port = setting(
        "Port of the relay: 587 (STARTTLS), 465 (TLS from the first byte), or 25.", default="587", example="465"
    )
    relay_user: Text | None = setting("Login name at the relay.", example="example.org")
    relay_password: Password | None = setting("Password at the relay.", example="hunter2")
    message_size_limit: Size = setting("Largest message accepted, headers included.", default="50M", example="25M")
    quota: Size = setting("Storage of an account that has no limit of its own.", default="5G", example="20G")
    trusted_networks: tuple[Network, ...] = setting(
        "Networks whose machines may send mail to anywhere without a password. Never the network Docker's gateway is in.",
        example="192.168.1.0/24",
    )
    dnsbl: tuple[BlockList, ...] = setting(
        "DNS block lists asked about each client on port 25. A negative weight speaks for a client (docs/between.md).",
        example="zen.spamhaus.org*3 bl.spamcop.net*2 list.dnswl.org=127.0.[0..254].[1..3]*-2",
    )
    dnsbl_threshold: Number = setting(
        "Sum of the weights from which a client is turned away.", default="1", example="3"
    )
    mta_sts: bool = setting(
        "Keep to the encryption that other domains promise by MTA-STS, where DANE does not say more already.",
        default="yes",
        example="no",
    )
    spam_reject: Score = setting(
        "The filter refuses mail from this score on (docs/filter.md says what scores are made of).",
        default="15",
        example="12",
        compose=True,
    )
    spam_junk: Score = setting(
        "The filter has mail put into Junk from this score on.", default="6", example="8", compose=True
    )
    spam_greylist: ScoreOrNo = setting(
        "From this score on the filter asks a sender it does not know to come again in five minutes.",
        default="4",
        example="no",
        compose=True,
    )
    spam_bayes: Literal["shared", "user", "no"] = setting(
        "Whose moves into and out of Junk teach the filter: everybody's for all, each his own for himself, nobody's.",
        default="shared",
        example="user",
        compose=True,
    )
    rate_limit: RateOrNo = setting(
        "Most recipients an account may write to in a time, half of them at once. What is more is put off (451).",
        default="100 / 1h",
        example="500 / 1d",
        compose=True,
    )
    filter_light: bool = setting(
        "Filter without learning, and without asking for the checksums of others' spam, in less memory.",
        default="no",
        example="yes",
        compose=True,
    )
    resolver: tuple[IP, ...] = setting(
        "DNS servers to ask instead of resolving from the root.", example="192.168.1.1"
    )
    mailbox_format: Literal["maildir", "sdbox", "mbox"] = setting(
        "How mail is kept on disk. Choose before the first mail: changing it later hides what is there.",
        default="maildir",
        example="sdbox",
    )
    detail_folder: bool = setting(
        "Deliver mail for alice+lists@ into Alice's folder `lists`, where she has made one.", default="no", example="yes"
    )
    full_text_search: bool = setting(
        "Search what letters say by an index, kept as mail comes (docs/search.md), instead of reading all of them.",
        default="yes",
        example="no",
    )
    pop3: bool = setting("Serve POP3 on port 995.", default="yes", example="no")
    submission_starttls: bool = setting(
        "Take mail from people on port 587 (STARTTLS) beside 465.", default="yes", example="no"
    )
    managesieve: bool = setting(
        "Let people edit their Sieve filters on port 4190.", default="no", example="yes", compose=True
    )
    smtp_auth: Literal["saslauthd", "dovecot"] = setting(
        "Who checks the passwords of people who send mail.", default="saslauthd", example="dovecot"
    )
    login_rate: Number = setting(
        "Passwords checked for one client address in a minute: wrong ones for reading, all for sending (docs/guessing.md).",
        default="10",
        example="30",
    )
    ldap_bind_dn: DN | None = setting(
        "Entry of the directory server as which its accounts are read (docs/ldap.md). Unset: as nobody.",
        example="cn=mailstead,dc=example,dc=org",
    )
    ldap_bind_password: Password | None = setting("Password of that entry.", example="hunter2")
    ldap_starttls: bool = setting(
        "Begin TLS on an ldap:// connection before any password is sent.", default="yes", example="no"
    )
    ldap_ca_file: ConfigFile | None = setting(
        "Authority that signed the directory server's certificate. Unset: those the web trusts.", example="/config/ldap-ca.pem"
    )
    ldap_account_filter: Filter = setting(
        "Which entries of the directory server are accounts, where they have an address.",
        default="(objectClass=inetOrgPerson)",
        example="(&(objectClass=PostfixBookMailAccount)(mailEnabled=TRUE))",
    )
    ldap_enabled_filter: Filter | None = setting(
        "Which of these accounts may sign in; the others only get mail. Unset: all that the directory server lets in.",
        example="(!(employeeType=retired))",
    )
    ldap_group_filter: Filter = setting(
        "Which entries of the directory server are groups, where they have an address.",
        default="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=mailGroup))",
        example="(objectClass=group)",
    )
    ldap_domain_filter: Filter | None = setting(
        "Which entries of the directory server name more domains than MAIL_DOMAINS, in the attribute associatedDomain.",
        example="(objectClass=domainRelatedObject)",
    )
    ldap_address_attribute: Attribute = setting(
        "Attribute with the address of an account or a group, which people sign in with.",
        default="mail",
        example="mailPrimaryAddress",
    )
    ldap_alias_attributes: tuple[Attribute, ...] = setting(
        "Attributes with other addresses of an account.",
        default="mailAlternateAddress mailAlias proxyAddresses",
        example="gosaMailAlternateAddress",
    )
    ldap_member_attributes: tuple[Attribute, ...] = setting(
        "Attributes with the members of a group: entries, user names or addresses.",
        default="member uniqueMember memberUid rfc822MailMember",
        example="uniqueMember",
    )
    ldap_quota_attribute: Attribute = setting(
        "Attribute with an account's storage, in bytes or with K, M, G or T behind it. None there: MAIL_QUOTA.",
        default="mailQuota",
        example="quota",
    )
    public_address: tuple[IP, ...] = setting(
        "Addresses by which the world reaches this server, for its DNS records. Unset: those the DNS has for MAIL_HOSTNAME.",
        example="192.0.2.10 2001:db8::10",
    )
    spf_include: tuple[Domain, ...] = setting(
        "Others that send in the name of your domains, by the name their SPF record has: the relay's, a newsletter service's.",
        example="spf.provider.example",
    )
    dns_server: IP | None = setting(
        "DNS server that takes signed updates of your zones (RFC 2136), for `mailstead dns --publish`.", example="192.0.2.53"
    )
    dns_tsig_name: Word | None = setting("Name of the key that signs these updates (TSIG).", example="mailstead")
    dns_tsig_secret: Password | None = setting("The key itself, in base64.", example="c2VjcmV0IG9mIHRoZSB6b25lcyBvZiBleGFtcGxl")
    dns_tsig_algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512"] = setting(
        "Its algorithm.", default="hmac-sha256", example="hmac-sha512"
    )
    doctor_mail: bool = setting(
        "Write to the postmaster once a day what `mailstead doctor` finds, when it has changed.", default="yes", example="no"
    )
    doctor_servers: tuple[Hostname, ...] = setting(
        "Mail servers which `mailstead doctor` greets on port 25, to see that mail can leave.",
        default="gmail-smtp-in.l.google.com outlook-com.olc.protection.outlook.com",
        example="mx.example.net",
    )
    bind_address: IP = setting(
        "Address of this machine on which the ports are published.", default="0.0.0.0", example="192.0.2.10", compose=True
    )
    memory_limit: Size | None = setting(
        "Most memory of the mail server's container. Unset: no limit.", example="2G", compose=True
    )
    filter_memory_limit: Size | None = setting(
        "Most memory of the filter's container. Unset: no limit.", example="1G", compose=True
    )
    port_smtp: Port = setting("Published port: mail from other servers.", default="25", example="2525", compose=True)
    port_submissions: Port = setting("Published port: mail from people, TLS.", default="465", example="2465", compose=True)
    port_submission: Port = setting("Published port: mail from people, STARTTLS.", default="587", example="2587", compose=True)
    port_imaps: Port = setting("Published port: reading by IMAP, TLS.", default="993", example="2993", compose=True)
    port_pop3s: Port = setting("Published port: reading by POP3, TLS.", default="995", example="2995", compose=True)
    port_sieve: Port = setting("Published port: editing Sieve filters.", default="4190", example="24190", compose=True)
    port_http: Port | None = setting(
        "Published port for the CA (http-01), which comes to 80. Unset: 80 where MAIL_ACME_EMAIL alone is set, else none.",
        example="80",
        compose=True,
    )
    port_https: Port | None = setting(
        "Published port for the CA (tls-alpn-01), which comes to 443. Unset: not published.", example="443", compose=True
    )

    postfix: Mapping[str, str] = field(default_factory=dict)
    """`POSTFIX_<parameter>=value` of the environment: main.cf parameters the owner sets himself."""
    lego: Mapping[str, Secret] = field(default_factory=dict)
    """`LEGO_<variable>=value` of the environment: variables of lego's DNS provider, passwords among them."""
    profiles: frozenset[str] = frozenset()
    """`COMPOSE_PROFILES` of the environment: which containers run beside this one, by Docker's own list."""
    role: Literal["mail", "filter"] = "mail"
    """What this container is, by the word after `mailstead up`."""

    @property
    def filtered(self) -> bool:
        """Whether the filter's container runs beside this one."""
        return "filter" in self.profiles

    @classmethod
    def read(cls, environ: Mapping[str, str], role: Literal["mail", "filter"] = "mail") -> Self:
        """Return the settings an environment holds; SettingsError with every problem at once."""
        values, problems = read(cls, environ)
        values["postfix"], more = _passed_on(PASSTHROUGH, environ)
        lego, others = _passed_on(LEGO, environ)
        values["lego"] = MappingProxyType({name: Secret(value) for name, value in lego.items() if value})
        more += others
        values["profiles"] = frozenset(filter(None, re.split(r"[,\s]+", environ.get("COMPOSE_PROFILES", ""))))
        if not problems:
            rules.complete(values)
            problems += rules.broken(values)
        if problems or more:
            raise SettingsError(problems + more)
        return cls(**values, role=role)


def _passed_on(prefix: str, environ: Mapping[str, str]) -> tuple[Mapping[str, str], list[Problem]]:
    given = {name.removeprefix(prefix): value for name, value in sorted(environ.items()) if name.startswith(prefix)}
    problems = [
        Problem(prefix + name, " holds a line break or another control character", _LINES[prefix])
        for name, value in given.items()
        if has_control(value)
    ]
    return MappingProxyType(given), problems
