"""Every variable of docker-mailserver's environment, and what it is here.

https://docker-mailserver.github.io/docker-mailserver/latest/config/environment/
"""

from collections.abc import Mapping
from dataclasses import dataclass

UNLIMITED = "1024T"
_OFF = ("", "0")


@dataclass(frozen=True, kw_only=True)
class Becomes:
    """What one variable is here: `name` of ours, with `values` where theirs are other words; values that need no setting at all
    are `same`, and why. `instead`: why all others have no counterpart, or what to do; without it they are taken as they are.
    """

    name: str | None = None
    values: Mapping[str, str] | None = None
    same: Mapping[str, str] | None = None
    instead: str = ""


def _set(name: str, **rest: Mapping[str, str] | str) -> Becomes:
    return Becomes(name=name, **rest)


def _absent(instead: str) -> Becomes:
    """A thing that is not here: switched off, it is the same there and here."""
    return Becomes(same=dict.fromkeys(_OFF, "off, as here"), instead=instead)


def _no_effect(why: str) -> Becomes:
    return Becomes(instead=why)


def _each(names: str, becomes: Becomes) -> dict[str, Becomes]:
    return dict.fromkeys(names.split(), becomes)


_YES_NO = {"0": "no", "1": "yes", "": "no"}
_TLS_FILES = "certificates of your own are not taken from this variable; MAIL_TLS says where they come from"
_NO_FILTER = "the spam filter's matters are not imported"
_SIGNED = "mail is always signed here; the keys go on"
_NO_CHECKS = "the signatures of strangers are checked by the spam filter"
_REWRITTEN = "senders of forwarded mail are rewritten here (SRS)"
_LDAP = "people in a directory server are read by MAIL_DIRECTORY_URL, one line in place of these"
_SASLAUTHD = "saslauthd always runs here, and checks the passwords in the directory"
_ALL_PROTOCOLS = {"": "IPv4 and IPv6, as here", "all": "IPv4 and IPv6, as here"}

VARIABLES: Mapping[str, Becomes] = {
    # General
    "OVERRIDE_HOSTNAME": _set("MAIL_HOSTNAME", same={"": "the container's name there; here the default of MAIL_HOSTNAME"}),
    "POSTMASTER_ADDRESS": _set("MAIL_POSTMASTER", same={"": "postmaster, as here"}),
    "LOG_LEVEL": _no_effect("the log says what the daemons say; docker compose logs filters it"),
    "SUPERVISOR_LOGLEVEL": _no_effect("no effect here: supervisor's own lines are few"),
    **_each("DMS_VMAIL_UID DMS_VMAIL_GID", Becomes(
        same={"": "5000, as here", "5000": "5000, as here"}, instead="all mail belongs to 5000 here; --mail gives it to 5000")),
    "ACCOUNT_PROVISIONER": Becomes(same={"": "files", "FILE": "the files are what is imported"}, instead=_LDAP),
    "PERMIT_DOCKER": Becomes(
        same={"": "none, as here", "none": "none, as here", "container": "the container itself, as here"},
        instead="behind Docker's networks stand strangers too; name the machines meant in MAIL_TRUSTED_NETWORKS"),
    "TZ": _no_effect("the log is in UTC; docker compose logs --timestamps has the host's time"),
    "NETWORK_INTERFACE": _no_effect("no effect here: the daemons listen on every address of their container"),
    "SMTP_ONLY": _absent("a server without mailboxes has no counterpart"),
    **_each("ENABLE_UPDATE_CHECK UPDATE_CHECK_INTERVAL", _absent("updates are yours: git pull, then scripts/up")),
    "DMS_CONFIG_POLL": _no_effect("no effect here: a change holds at once"),
    # Service switches
    "ENABLE_IMAP": Becomes(same={"1": "always on here", "": "always on here"}, instead="IMAP is always on here"),
    "ENABLE_POP3": _set("MAIL_POP3", values=_YES_NO),
    "ENABLE_MANAGESIEVE": _set("MAIL_MANAGESIEVE", values=_YES_NO),
    "ENABLE_QUOTAS": Becomes(
        name="MAIL_QUOTA", values={"0": UNLIMITED}, same={"": "always on here", "1": "always on here"},
        instead="every account has a limit here, MAIL_QUOTA or its own"),
    **_each("ENABLE_AMAVIS ENABLE_CLAMAV ENABLE_RSPAMD ENABLE_RSPAMD_REDIS ENABLE_SPAMASSASSIN ENABLE_SPAMASSASSIN_KAM",
            _absent(_NO_FILTER)),
    "ENABLE_FAIL2BAN": _absent("guessing is slowed down by Postfix and Dovecot; fail2ban runs on the host, if you want it"),
    "FAIL2BAN_BLOCKTYPE": _absent("fail2ban runs on the host, if you want it"),
    "ENABLE_DNSBL": Becomes(
        name="MAIL_DNSBL", values={"1": "zen.spamhaus.org"}, same=dict.fromkeys(_OFF, "off, as here"),
        instead="only 0 and 1 are known"),
    "ENABLE_OPENDKIM": Becomes(same={"": _SIGNED, "1": _SIGNED}, instead=_SIGNED),
    **_each("ENABLE_OPENDMARC ENABLE_POLICYD_SPF", _absent(_NO_CHECKS)),
    "ENABLE_MTA_STS": _absent("policies of other servers (MTA-STS) are not asked for; their DNS is (DANE)"),
    "ENABLE_POSTGREY": _absent("strangers' mail is not made to wait (greylisting)"),
    **_each("ENABLE_FETCHMAIL FETCHMAIL_POLL FETCHMAIL_PARALLEL ENABLE_GETMAIL GETMAIL_POLL",
            _absent("mail is not fetched from other servers here")),
    # TLS
    "SSL_TYPE": Becomes(
        name="MAIL_TLS",
        values={"letsencrypt": "acme", "manual": "files", "custom": "files", "self-signed": "self-signed", "": "self-signed"}),
    **_each("SSL_CERT_PATH SSL_KEY_PATH SSL_ALT_CERT_PATH SSL_ALT_KEY_PATH SSL_DOMAIN", Becomes(
        same={"": "not set"}, instead=_TLS_FILES)),
    "TLS_LEVEL": Becomes(
        same=dict.fromkeys(("", "modern", "intermediate"), "TLS 1.2 and newer, as here"), instead="TLS 1.2 and newer is spoken"),
    # Postfix and Dovecot
    "SPOOF_PROTECTION": Becomes(
        same={"1": "always on here"}, instead="whoever signs in sends as himself only; more by account set --sender"),
    "POSTSCREEN_ACTION": _no_effect("postscreen does not run here"),
    "POSTFIX_DAGENT": Becomes(same={"": "Dovecot, as here"}, instead="mail is always handed to Dovecot here"),
    "POSTFIX_MAILBOX_SIZE_LIMIT": _set("MAIL_QUOTA", values={"0": UNLIMITED, "": UNLIMITED}),
    "POSTFIX_MESSAGE_SIZE_LIMIT": _set("MAIL_MESSAGE_SIZE_LIMIT", same={"": "10240000 there, more here"}),
    "POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME": _absent("servers are not refused for their reverse DNS"),
    "POSTFIX_INET_PROTOCOLS": _set("POSTFIX_inet_protocols", same=_ALL_PROTOCOLS),
    "DOVECOT_INET_PROTOCOLS": Becomes(same=_ALL_PROTOCOLS, instead="write `listen = *` in a file config/dovecot/NAME.conf"),
    "DOVECOT_MAILBOX_FORMAT": _set("MAIL_MAILBOX_FORMAT", same={"": "maildir, as here"}),
    # Spam
    "MOVE_SPAM_TO_JUNK": Becomes(same={"0": "off, as here"}, instead=_NO_FILTER),
    **_each("MARK_SPAM_AS_READ SPAM_SUBJECT VIRUSMAILS_DELETE_DELAY CLAMAV_MESSAGE_SIZE_LIMIT", _absent(_NO_FILTER)),
    **_each("RSPAMD_LEARN RSPAMD_GREYLISTING RSPAMD_HFILTER RSPAMD_HFILTER_HOSTNAME_UNKNOWN_SCORE RSPAMD_CHECK_AUTHENTICATED"
            " RSPAMD_NEURAL", _absent(_NO_FILTER)),
    **_each("AMAVIS_LOGLEVEL SPAMASSASSIN_SPAM_TO_INBOX SA_TAG SA_TAG2 SA_KILL SA_SHORTCIRCUIT_BAYES_SPAM"
            " SA_SHORTCIRCUIT_BAYES_HAM", _absent("no effect here: neither Amavis nor SpamAssassin runs")),
    **_each("POSTGREY_DELAY POSTGREY_MAX_AGE POSTGREY_AUTO_WHITELIST_CLIENTS POSTGREY_TEXT",
            _absent("strangers' mail is not made to wait (greylisting)")),
    # Reports
    **_each("PFLOGSUMM_TRIGGER PFLOGSUMM_RECIPIENT PFLOGSUMM_SENDER LOGWATCH_INTERVAL LOGWATCH_RECIPIENT LOGWATCH_SENDER"
            " REPORT_RECIPIENT REPORT_SENDER", Becomes(
                same={"": "off, as here", "0": "off, as here", "none": "off, as here"}, instead="no reports are sent by mail")),
    **_each("LOGROTATE_INTERVAL LOGROTATE_COUNT", _no_effect("Docker keeps and rotates the log (logging in compose.yaml)")),
    # Other ways to sign in, and directory servers
    **_each("ENABLE_OAUTH2 OAUTH2_INTROSPECTION_URL", _absent("signing in by OAuth2 has no counterpart")),
    **_each("LDAP_SERVER_HOST LDAP_START_TLS LDAP_SEARCH_BASE LDAP_BIND_DN LDAP_BIND_PW LDAP_QUERY_FILTER_USER"
            " LDAP_QUERY_FILTER_GROUP LDAP_QUERY_FILTER_ALIAS LDAP_QUERY_FILTER_DOMAIN LDAP_QUERY_FILTER_SENDERS DOVECOT_TLS"
            " DOVECOT_BASE DOVECOT_DN DOVECOT_DNPASS DOVECOT_URIS DOVECOT_LDAP_VERSION DOVECOT_AUTH_BIND"
            " DOVECOT_DEFAULT_PASS_SCHEME DOVECOT_USER_FILTER DOVECOT_USER_ATTRS DOVECOT_PASS_FILTER DOVECOT_PASS_ATTRS",
            Becomes(same={"": "not set"}, instead=_LDAP)),
    "ENABLE_SASLAUTHD": Becomes(same={"": "it always runs here", "0": "it always runs here"}, instead=_SASLAUTHD),
    **_each("SASLAUTHD_MECHANISMS SASLAUTHD_MECH_OPTIONS SASLAUTHD_LDAP_SERVER SASLAUTHD_LDAP_START_TLS"
            " SASLAUTHD_LDAP_TLS_CHECK_PEER SASLAUTHD_LDAP_TLS_CACERT_DIR SASLAUTHD_LDAP_TLS_CACERT_FILE SASLAUTHD_LDAP_BIND_DN"
            " SASLAUTHD_LDAP_PASSWORD SASLAUTHD_LDAP_SEARCH_BASE SASLAUTHD_LDAP_FILTER SASLAUTHD_LDAP_PASSWORD_ATTR"
            " SASLAUTHD_LDAP_AUTH_METHOD SASLAUTHD_LDAP_MECH", Becomes(same={"": "not set"}, instead=_SASLAUTHD)),
    # Senders rewritten
    "ENABLE_SRS": Becomes(same={"1": _REWRITTEN}, instead=f"{_REWRITTEN}, always"),
    **_each("SRS_SENDER_CLASSES SRS_EXCLUDE_DOMAINS SRS_DOMAINNAME", _no_effect(
        f"{_REWRITTEN}, by the first of MAIL_DOMAINS, where they are not ours")),
    "SRS_SECRET": Becomes(same={"": "not set"}, instead=f"{_REWRITTEN}, under a secret of its own; this one is honoured too"),
    # Relay
    "DEFAULT_RELAY_HOST": _set("MAIL_RELAY_HOST", same={"": "not set"}),
    "RELAY_HOST": _set("MAIL_RELAY_HOST", same={"": "not set"}),
    "RELAY_PORT": _set("MAIL_RELAY_PORT", same={"": "not set"}),
    "RELAY_USER": _set("MAIL_RELAY_USER", same={"": "not set"}),
    "RELAY_PASSWORD": _set("MAIL_RELAY_PASSWORD", same={"": "not set"}),
}

DEFAULTS = {
    "ENABLE_POP3": "0",
    "POSTFIX_MAILBOX_SIZE_LIMIT": "0",
}
"""What holds in docker-mailserver where nothing is set, and is otherwise here: it is written into our .env too."""

SECRETS = ("RELAY_PASSWORD", "SRS_SECRET", "LDAP_BIND_PW", "DOVECOT_DNPASS", "SASLAUTHD_LDAP_PASSWORD")
"""Variables whose values are never shown."""
