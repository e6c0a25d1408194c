"""What must hold between settings that are each right alone, and what follows from them for those left unset."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import names
from .declare import Problem, Secret
from .directory import passwords
from .directory.ldap import kinds as ldap

_MOST_INCLUDED = 9


def complete(values: dict[str, Any]) -> None:
    """Put in, for settings left unset, what follows from the others."""
    values["domains"] = values["domains"] or (_parent(values["hostname"]),)
    values["postmaster"] = values["postmaster"] or f"postmaster@{values['domains'][0]}"
    values["port_http"] = values["port_http"] or (80 if _asks_at_80(values) else None)
    values["acme_challenge"] = values["acme_challenge"] or ("dns-01" if values["acme_dns_provider"] else "http-01")


def _asks_at_80(values: Mapping[str, Any]) -> bool:
    """Whether an address for the CA is all it takes: images/mail/by-settings.yaml publishes port 80 then."""
    otherwise = ("acme_webroot", "acme_dns_provider", "acme_challenge")
    return bool(values["acme_email"]) and not any(values[name] for name in otherwise)


def _parent(hostname: str) -> str:
    parent = hostname.partition(".")[2]
    return parent if "." in parent else hostname


def broken(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between settings that are each right alone."""
    if names.domain_of(values["postmaster"]) not in values["domains"]:
        yield Problem(
            "MAIL_POSTMASTER",
            f'="{values["postmaster"]}" is in none of MAIL_DOMAINS',
            "an address in one of " + ", ".join(values["domains"]),
            f"postmaster@{values['domains'][0]}",
        )
    yield from _new_password(values["postmaster_password"])
    yield from ldap.rules(values)
    yield from _relay(values)
    yield from _spam(values)
    yield from _dns(values)
    if values["tls"] == "acme":
        yield from _acme(values)
    if values["quota"] < values["message_size_limit"]:
        yield Problem("MAIL_QUOTA", " is smaller than MAIL_MESSAGE_SIZE_LIMIT: such a message could never be delivered")


def _relay(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("relay_user", "relay_password"):
        if values[name] and not values["relay_host"]:
            yield Problem(f"MAIL_{name.upper()}", " needs MAIL_RELAY_HOST, which is not set")
    if bool(values["relay_user"]) != bool(values["relay_password"]):
        yield Problem("MAIL_RELAY_USER", " and MAIL_RELAY_PASSWORD go together; one of them is not set")
    if ":" in (values["relay_user"] or ""):
        yield Problem("MAIL_RELAY_USER", " holds a colon, which ends the name in Postfix's table", "a name without a colon")
    if str(values["relay_password"] or "") != str(values["relay_password"] or "").strip():
        yield Problem("MAIL_RELAY_PASSWORD", " begins or ends with a blank, which Postfix's table would drop")


def _spam(values: Mapping[str, Any]) -> Iterator[Problem]:
    if values["spam_junk"] > values["spam_reject"]:
        yield Problem("MAIL_SPAM_JUNK", " is above MAIL_SPAM_REJECT: such mail would be refused, and none come into Junk")
    if values["spam_greylist"] is not None and values["spam_greylist"] > values["spam_junk"]:
        yield Problem("MAIL_SPAM_GREYLIST", " is above MAIL_SPAM_JUNK; greylisting is for what is not clearly spam")


def _dns(values: Mapping[str, Any]) -> Iterator[Problem]:
    if len(values["spf_include"]) > _MOST_INCLUDED:
        said = f" names more than {_MOST_INCLUDED}: receivers look up ten names for an SPF record (RFC 7208, 4.6.4), and no more"
        yield Problem("MAIL_SPF_INCLUDE", said)
    if bool(values["dns_tsig_name"]) != bool(values["dns_tsig_secret"]):
        yield Problem("MAIL_DNS_TSIG_NAME", " and MAIL_DNS_TSIG_SECRET go together; one of them is not set")
    if values["dns_tsig_name"] and not values["dns_server"]:
        yield Problem("MAIL_DNS_TSIG_NAME", " needs MAIL_DNS_SERVER, which is not set")
    try:
        base64.b64decode(str(values["dns_tsig_secret"] or ""), validate=True)
    except ValueError:  # of base64 itself, and of signs that are not ASCII
        yield Problem("MAIL_DNS_TSIG_SECRET", " (a secret: not shown) is not base64", "the key as `tsig-keygen` prints it")


def _acme(values: Mapping[str, Any]) -> Iterator[Problem]:
    challenge = values["acme_challenge"]
    if challenge == "http-01" and not values["port_http"] and not values["acme_webroot"]:
        yield Problem(
            "MAIL_PORT_HTTP",
            " is not set, and the CA comes to port 80 to see that the name is yours",
            "the port to publish (80 where MAIL_ACME_EMAIL alone is set), or MAIL_ACME_WEBROOT beside a web server of your own, "
            "or MAIL_ACME_DNS_PROVIDER",
            "80",
        )
    if challenge == "tls-alpn-01" and not values["port_https"]:
        yield Problem("MAIL_PORT_HTTPS", " is not set, and the CA comes to port 443 by tls-alpn-01", "the port to publish", "443")
    if challenge == "dns-01" and not values["acme_dns_provider"]:
        yield Problem("MAIL_ACME_DNS_PROVIDER", " is not set, and dns-01 needs it", "a code of lego's list", "rfc2136")
    if challenge == "dns-01" and values["acme_profile"]:
        yield Problem("MAIL_ACME_PROFILE", " cannot be had with dns-01, since lego knows no profiles; take one of them out")
    if bool(values["acme_eab_kid"]) != bool(values["acme_eab_hmac"]):
        yield Problem("MAIL_ACME_EAB_KID", " and MAIL_ACME_EAB_HMAC go together; one of them is not set")
    if values["acme_eab_hmac"] and not re.fullmatch(r"[A-Za-z0-9_-]+={0,2}", str(values["acme_eab_hmac"])):
        yield Problem("MAIL_ACME_EAB_HMAC", " (a secret: not shown) is not base64url", "the key as the CA shows it")


def _new_password(password: Secret | None) -> Iterator[Problem]:
    try:
        passwords.check(str(password) if password else "unset")
    except ValueError as error:
        yield Problem("MAIL_POSTMASTER_PASSWORD", f" is not accepted: {error}", "up to 200 characters on one line")
