"""The settings themselves: what each refuses, what each stands for, and the rules between them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from mailstead.declare import Declared, Problem, SettingsError, declared
from mailstead.kinds import Rate
from mailstead.settings import Settings

REPOSITORY = Path(__file__).parents[2]
DECLARED = {one.variable: one for one in declared(Settings)}

NO_NAME = ["localhost", "mail example.org", "-a.example.org", "mail..org", "mail.example.org.", "mä.example.org", "1.2.3.4", "*"]
NO_NUMBER = ["0", "-25", "65536", "smtp", "2 5", "0x19", "25.0", "٢٥"]
NO_SIZE = ["0", "-1", "fifty", "50MB", "5 G", "1e9", "0.5G", "٥G"]
NO_SWITCH = ["maybe", "y", "n", "2", "-1", "yes please", "enabled", "null"]
NO_ADDRESS = ["alice", "alice@", "@example.org", "a b@example.org", "a@localhost", "a..b@example.org", "a+b@a.org", "../x@a.b"]
NO_IP = ["localhost", "1.2.3", "1.2.3.256", "1.2.3.4/24", "::g", "fe80::1%eth0", "01.2.3.4", "1.2.3.4:53"]
NO_URL = ["db.example.org", "mysql://db.example.org/m", "postgresql:", "postgresql://", "sqlite:///m", "ldap:///dc=example"]
NO_URL += ["postgresql://a@b@db.example.org/m", "ldap://one two/m", "ldapi://x/m", "postgresql://m:100%@db.example.org/m"]
NO_DN = ["admin", "dc", "=x", "cn=100%", "cn=" + "x" * 1000]
NO_FILTER = ["mail", "(mail=x", "mail=x)", "((mail=x))", "(&mail=x)", "(!(a=b)(c=d))", "()", "(a=b)(c=d)", "(a=%u)", '(a="b")']
NO_FILTER += ["(a=\\xy)", "(=x)", "(a=b)" + "(c=d)", "(" * 500, f"(a={'x' * 1000})", "*"]
NO_ATTRIBUTE = ["two words", "mail=", "1mail", "mäil", "mail)(uid=*", "-mail", "x" * 64]
NO_LINE = ["two\nlines", "two\rlines", "a\ttab", "nul\0", "esc\x1b[2J", "del\x7f", "next\x85line", "sep\u2028line"]
NO_SCORE = ["no", "high", "-1", "1e3", "1000", "15,5", "6.", "07", "5.123"]
NO_HTTPS = ["ca.example.org", "ftp://ca.example.org", "https://", "https:///dir", "https://user@ca.example.org", "https://ca:port/"]
NO_SITE = ["=", "=on", "=127.0.0.[", "=1.2.3", "*", "*0", "*+1", "*1.5", "*1000", "*2=127.0.0.2"]
# What a list answers where it refuses the question must never count as listed.
NO_SITE += ["=127.255.255.254", "=127.[0..255].[0..255].[0..255]", "=127.255.255.[1;252..253]"]

BAD = {
    "MAIL_HOSTNAME": NO_NAME,
    "MAIL_DOMAINS": [*NO_NAME[:1], *NO_NAME[2:], "example.org,example.net"],
    "MAIL_POSTMASTER": NO_ADDRESS,
    "MAIL_POSTMASTER_PASSWORD": NO_LINE,
    "MAIL_DIRECTORY_URL": [*NO_URL, *NO_LINE],
    "MAIL_LDAP_BIND_DN": [*NO_DN, *NO_LINE],
    "MAIL_LDAP_BIND_PASSWORD": NO_LINE,
    "MAIL_LDAP_STARTTLS": NO_SWITCH,
    "MAIL_LDAP_CA_FILE": ["ca.pem", "/etc/ssl/ca.pem", "/config/../etc/shadow", "/config/", "/config/a b"],
    **{f"MAIL_LDAP_{name}_FILTER": NO_FILTER for name in ("ACCOUNT", "ENABLED", "GROUP", "DOMAIN")},
    **{f"MAIL_LDAP_{name}_ATTRIBUTE": NO_ATTRIBUTE for name in ("ADDRESS", "QUOTA")},
    **{f"MAIL_LDAP_{name}_ATTRIBUTES": NO_ATTRIBUTE[1:] for name in ("ALIAS", "MEMBER")},
    "MAIL_TLS": ["letsencrypt", "none", "off", "Self-Signed", "self signed", "selfsigned", "yes", "file"],
    "MAIL_TLS_FILES": ["tls", "./tls", "config/tls", "~/tls", "/config/../etc", "C:/tls", "/a,b /c ..", *NO_LINE[:2]],
    "MAIL_ACME_SERVER": [*NO_HTTPS, "http://ca.example.org/dir", "https://ca.example.org/a b"],
    "MAIL_ACME_EMAIL": NO_ADDRESS,
    "MAIL_ACME_CHALLENGE": ["http", "dns", "HTTP-01", "http-01 dns-01", "tls-sni-01", "none", "80", "webroot"],
    "MAIL_ACME_WEBROOT": ["webroot", "./webroot", "/srv/../etc", "~/web", *NO_LINE],
    "MAIL_ACME_DNS_PROVIDER": ["hetzner hetzner", "rfc 2136", "dé", *NO_LINE],
    "MAIL_ACME_EAB_KID": ["kid 1", *NO_LINE],
    "MAIL_ACME_EAB_HMAC": NO_LINE,
    "MAIL_ACME_PROFILE": ["short lived", *NO_LINE],
    "MAIL_ACME_CA": ["ca.pem", "./ca.pem", "/config/../ca.pem", *NO_LINE],
    "MAIL_RELAY_HOST": [*NO_NAME, "smtp://smtp.example.com", "smtp.example.com:587", "[smtp.example.com]"],
    "MAIL_RELAY_PORT": NO_NUMBER,
    "MAIL_RELAY_USER": NO_LINE,
    "MAIL_RELAY_PASSWORD": NO_LINE,
    "MAIL_MESSAGE_SIZE_LIMIT": [*NO_SIZE, "999999999999T"],
    "MAIL_QUOTA": [*NO_SIZE, "999999999999T"],
    "MAIL_TRUSTED_NETWORKS": ["lan", "10.1.1.5/24", "10.0.0.0/33", "10.1.", "::/129", "10/8", "10.0.0.0-10.0.0.9", "fe80::%x/64"],
    "MAIL_DNSBL": ["zen", "http://zen.example.org", "-.org", *(f"a.example.org{no}" for no in NO_SITE)],
    "MAIL_DNSBL_THRESHOLD": ["0", "-1", "1000", "1.5", "many", "²"],
    "MAIL_MTA_STS": NO_SWITCH,
    "MAIL_RESOLVER": NO_IP,
    "MAIL_MAILBOX_FORMAT": ["mdbox", "Maildir", "mbx", "dbox", "maildir/", "mail dir", "1", "sdbox,mbox"],
    "MAIL_DETAIL_FOLDER": NO_SWITCH,
    "MAIL_FULL_TEXT_SEARCH": NO_SWITCH,
    "MAIL_POP3": NO_SWITCH,
    "MAIL_DOCTOR_MAIL": NO_SWITCH,
    "MAIL_DOCTOR_SERVERS": [*NO_NAME, "mx.example.net:25", "mx.example.net,mx.example.com"],
    "MAIL_SUBMISSION_STARTTLS": NO_SWITCH,
    "MAIL_MANAGESIEVE": NO_SWITCH,
    "MAIL_SMTP_AUTH": ["pam", "cyrus", "Dovecot", "sasl", "both", "no", "saslauthd dovecot", "none"],
    "MAIL_LOGIN_RATE": ["0", "-1", "1000", "1.5", "many", "no"],
    "MAIL_SPAM_REJECT": NO_SCORE,
    "MAIL_SPAM_JUNK": NO_SCORE,
    "MAIL_SPAM_GREYLIST": [*NO_SCORE[1:], "never"],
    "MAIL_SPAM_BAYES": ["yes", "Shared", "users", "all", "off", "1", "each", "shared user"],
    "MAIL_RATE_LIMIT": ["100", "100/h h", "0 / 1h", "100 / 1w", "-1 / 1h", "1e3 / 1h", "100 per hour", "100 / 0h", "never"],
    "MAIL_FILTER_LIGHT": NO_SWITCH,
    "MAIL_PUBLIC_ADDRESS": NO_IP,
    "MAIL_SPF_INCLUDE": [*NO_NAME[:1], *NO_NAME[2:], "include:spf.example.org"],
    "MAIL_DNS_SERVER": NO_IP,
    "MAIL_DNS_TSIG_NAME": ["my key", "dé", *NO_LINE],
    "MAIL_DNS_TSIG_SECRET": NO_LINE,
    "MAIL_DNS_TSIG_ALGORITHM": ["sha256", "hmac-md5", "HMAC-SHA256", "hmac-sha256.", "none", "256", "hmac", "hmac-sha1"],
    "MAIL_BIND_ADDRESS": NO_IP,
    "MAIL_MEMORY_LIMIT": NO_SIZE,
    "MAIL_FILTER_MEMORY_LIMIT": NO_SIZE,
    **{variable: NO_NUMBER for variable in DECLARED if variable.startswith("MAIL_PORT_")},
}


def problems(**environ: str) -> list[Problem]:
    """Read an environment that is refused."""
    with pytest.raises(SettingsError) as refused:
        Settings.read(environ)
    return refused.value.problems


def test_every_setting_is_tried_with_bad_values():
    """A new setting comes with values it must refuse."""
    assert set(BAD) == set(DECLARED)


@pytest.mark.parametrize(("variable", "bad"), [(variable, bad) for variable, several in BAD.items() for bad in several])
def test_a_bad_value_gets_a_sentence_of_its_own(variable: str, bad: str):
    """Name, value unless secret or unprintable, what is allowed, an example; and no second problem beside it."""
    (found,) = problems(**{variable: bad})
    one = DECLARED[variable]

    assert (found.name, found.allowed, found.example) == (variable, one.kind.allowed, one.example)
    assert f"{variable}{said_of(one, bad)}" in str(found)


def said_of(one: Declared, bad: str) -> str:
    """Return how a report speaks of a bad value."""
    if not bad.isprintable():
        return " holds a line break or another control character"
    return " (a secret: not shown) is not accepted" if one.kind.secret else f'="{bad}" is not accepted'


def test_all_problems_come_at_once():
    """The owner mends his file once, and reads what to type."""
    with pytest.raises(SettingsError) as refused:
        Settings.read({"MAIL_DOMANIS": "a.org", "MAIL_TLS": "none", "MAIL_POP3": "perhaps", "POSTFIX_mynetworks": "a\nb = c"})

    assert str(refused.value) == (
        "4 settings need attention; nothing was started.\n\n"
        "  MAIL_DOMANIS is not a setting; did you mean MAIL_DOMAINS?\n\n"
        '  MAIL_TLS="none" is not accepted\n'
        "      allowed: one of self-signed, acme, files\n"
        "      example: MAIL_TLS=acme\n\n"
        '  MAIL_POP3="perhaps" is not accepted\n'
        "      allowed: yes or no\n"
        "      example: MAIL_POP3=no\n\n"
        "  POSTFIX_mynetworks holds a line break or another control character\n"
        "      allowed: one line, as in main.cf"
    )


def test_no_setting_at_all_makes_a_server_to_try_out():
    """Nothing is needed for a first start."""
    settings = Settings.read({})

    assert (settings.hostname, settings.domains) == ("mail.example.test", ("example.test",))
    assert settings.postmaster == "postmaster@example.test"


@pytest.mark.parametrize("one", [one for one in DECLARED.values() if one.default is not None], ids=lambda one: one.variable)
def test_a_default_written_out_changes_nothing(one: Declared):
    """Defaults pass the same parser as the owner's words."""
    assert Settings.read({one.variable: one.default}) == Settings.read({})


def test_all_examples_together_are_a_good_configuration():
    """What the manual shows can be typed, with either kind of directory."""
    everything = {one.variable: one.example for one in DECLARED.values()}
    ldap = {"MAIL_DIRECTORY_URL": "ldaps://ldap.example.org/dc=example,dc=org", "MAIL_POSTMASTER_PASSWORD": ""}
    elsewhere = {name: "" for name in everything if name.startswith("MAIL_LDAP_")}

    assert Settings.read(everything | ldap).ldap_bind_dn == "cn=mailstead,dc=example,dc=org"
    settings = Settings.read(everything | elsewhere)

    assert settings.domains == ("example.org", "example.net")
    assert settings.trusted_networks == (ip_network("192.168.1.0/24"),)


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("1k", 2**10), ("25M", 25 * 2**20), ("5g", 5 * 2**30), ("2T", 2 * 2**40)])
def test_a_size_has_a_unit_of_1024(make_settings: Callable[..., Settings], text: str, size: int):
    """In either case of letters; alone it is bytes."""
    assert make_settings(quota=text, message_size_limit="1").quota == size


@pytest.mark.parametrize(
    ("hostname", "domain"),
    [("mail.example.org", "example.org"), ("example.org", "example.org"), ("mx.mail.example.org", "mail.example.org")],
)
def test_the_first_domain_is_the_hosts_own(make_settings: Callable[..., Settings], hostname: str, domain: str):
    """Without MAIL_DOMAINS; never a top-level domain alone."""
    assert make_settings(hostname=hostname).domains == (domain,)


def test_names_are_kept_in_lower_case(make_settings: Callable[..., Settings]):
    """One form for everything that compares them."""
    settings = make_settings(hostname="Mail.Example.ORG", domains="Example.ORG example.org", postmaster="Alice@Example.org")

    assert settings.hostname == "mail.example.org"
    assert settings.domains == ("example.org",)
    assert settings.postmaster == "alice@example.org"


def test_the_postmaster_lives_in_one_of_the_domains():
    """Mail for postmaster must stay in this house."""
    (found,) = problems(MAIL_DOMAINS="example.org example.net", MAIL_POSTMASTER="alice@example.com")

    assert str(found) == (
        '  MAIL_POSTMASTER="alice@example.com" is in none of MAIL_DOMAINS\n'
        "      allowed: an address in one of example.org, example.net\n"
        "      example: MAIL_POSTMASTER=postmaster@example.org"
    )


def test_a_login_for_a_relay_needs_a_relay():
    """Each of the two says so."""
    found = problems(MAIL_RELAY_USER="me", MAIL_RELAY_PASSWORD="hunter2")

    assert [str(one) for one in found] == [
        "  MAIL_RELAY_USER needs MAIL_RELAY_HOST, which is not set",
        "  MAIL_RELAY_PASSWORD needs MAIL_RELAY_HOST, which is not set",
    ]


@pytest.mark.parametrize("only", ["MAIL_RELAY_USER", "MAIL_RELAY_PASSWORD"])
def test_a_relays_user_and_password_go_together(only: str):
    """One without the other is half a login."""
    (found,) = problems(MAIL_RELAY_HOST="smtp.example.com", **{only: "me"})

    assert str(found) == "  MAIL_RELAY_USER and MAIL_RELAY_PASSWORD go together; one of them is not set"


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("user:name", "hunter2", "MAIL_RELAY_USER holds a colon, which ends the name in Postfix's table"),
        ("me", "hunter2 ", "MAIL_RELAY_PASSWORD begins or ends with a blank, which Postfix's table would drop"),
    ],
)
def test_a_login_that_postfix_would_read_otherwise_is_refused(user: str, password: str, said: str):
    """Its table is text: `host user:password`, blanks around it dropped."""
    (found,) = problems(MAIL_RELAY_HOST="smtp.example.com", MAIL_RELAY_USER=user, MAIL_RELAY_PASSWORD=password)

    assert str(found).startswith(f"  {said}")


@pytest.mark.parametrize(
    ("password", "said"),
    [("x" * 201, "at most 200 characters; this one has 201"), ("ü" * 128, "at most 255 bytes as UTF-8; this one has 256")],
)
def test_the_postmasters_password_is_one_an_account_may_have(password: str, said: str):
    """Said before the start, not by an account that was never made."""
    (found,) = problems(MAIL_POSTMASTER_PASSWORD=password)

    assert f"MAIL_POSTMASTER_PASSWORD is not accepted: a password has {said}" in str(found)
    assert password not in str(found)


LDAP = {"MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=example,dc=org"}
READER = {"MAIL_LDAP_BIND_DN": "cn=reader,dc=example", "MAIL_LDAP_BIND_PASSWORD": "hunter2"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MAIL_DIRECTORY_URL": "ldap://me@ldap.example.org/dc=x"}, "MAIL_DIRECTORY_URL has a user in it"),
        ({"MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=x?mail?sub"}, "MAIL_DIRECTORY_URL has a question mark"),
        ({"MAIL_DIRECTORY_URL": "ldaps://ldap.example.org"}, "MAIL_DIRECTORY_URL names no entry below which to search"),
        ({"MAIL_DIRECTORY_URL": "ldaps://ldap.example.org/people%0A"}, "MAIL_DIRECTORY_URL names no entry below which to search"),
        ({"MAIL_DIRECTORY_URL": "ldaps://ldap.example.org/dc=a%0Ab"}, "MAIL_DIRECTORY_URL names no entry below which to search"),
        (LDAP | {"MAIL_LDAP_BIND_DN": "cn=reader"}, "MAIL_LDAP_BIND_DN and MAIL_LDAP_BIND_PASSWORD go together"),
        (LDAP | READER | {"MAIL_LDAP_BIND_PASSWORD": " x"}, "MAIL_LDAP_BIND_PASSWORD begins with a blank"),
        (LDAP | READER | {"MAIL_LDAP_BIND_PASSWORD": "ü" * 64}, "MAIL_LDAP_BIND_PASSWORD is longer than 127 bytes"),
        (LDAP | {"MAIL_POSTMASTER_PASSWORD": "four plain words"}, "MAIL_POSTMASTER_PASSWORD does nothing here"),
        ({"MAIL_LDAP_CA_FILE": "/config/ca.pem"}, "MAIL_LDAP_CA_FILE needs MAIL_DIRECTORY_URL"),
    ],
)
def test_settings_for_a_directory_server_fit_together(environ: dict[str, str], said: str):
    """Each sentence says what is wrong."""
    (found,) = problems(**environ)

    assert str(found).startswith(f"  {said}")


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("mail=*", "(mail=*)"),
        ("(&(mail=%s)(mailEnabled=TRUE))", "(&(mail=*)(mailEnabled=TRUE))"),
        (r"(cn=\28x\29)", r"(cn=\28x\29)"),
        ("(!(userAccountControl:1.2.840.113556.1.4.803:=2))", "(!(userAccountControl:1.2.840.113556.1.4.803:=2))"),
        ("(&(|(a=b)(c>=d))(!(e=f))(ou:dn:=g))", "(&(|(a=b)(c>=d))(!(e=f))(ou:dn:=g))"),
    ],
)
def test_a_filter_is_taken_as_others_write_it(make_settings: Callable[..., Settings], text: str, filter_: str):
    """One for a single login finds all of them."""
    settings = make_settings(directory_url=LDAP["MAIL_DIRECTORY_URL"], ldap_account_filter=text)

    assert settings.ldap_account_filter == filter_


ACME = {"MAIL_TLS": "acme", "MAIL_PORT_HTTP": "80"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"MAIL_PORT_HTTP": ""}, "MAIL_PORT_HTTP is not set, and the CA comes to port 80"),
        ({"MAIL_ACME_CHALLENGE": "tls-alpn-01"}, "MAIL_PORT_HTTPS is not set, and the CA comes to port 443"),
        ({"MAIL_ACME_CHALLENGE": "dns-01"}, "MAIL_ACME_DNS_PROVIDER is not set, and dns-01 needs it"),
        ({"MAIL_ACME_DNS_PROVIDER": "rfc2136", "MAIL_ACME_PROFILE": "shortlived"}, "MAIL_ACME_PROFILE cannot be had with dns-01"),
        ({"MAIL_ACME_EAB_KID": "kid-1"}, "MAIL_ACME_EAB_KID and MAIL_ACME_EAB_HMAC go together"),
        ({"MAIL_ACME_EAB_KID": "k", "MAIL_ACME_EAB_HMAC": "ca nary"}, "MAIL_ACME_EAB_HMAC (a secret: not shown) is not"),
    ],
)
def test_a_way_to_a_certificate_is_whole(more: dict[str, str], said: str):
    """What an order would lack is said at the start, in one sentence."""
    (found,) = problems(**ACME | more)

    assert str(found).startswith(f"  {said}")
    assert "ca nary" not in str(found)


@pytest.mark.parametrize("more", [{}, {"MAIL_PORT_HTTP": "", "MAIL_ACME_WEBROOT": "/w"}, {"MAIL_ACME_DNS_PROVIDER": "exec"}])
def test_one_or_two_lines_are_a_way_to_a_certificate(more: dict[str, str]):
    """A published port, a web server's folder, or a DNS provider."""
    assert Settings.read(ACME | more).tls == "acme"


@pytest.mark.parametrize(
    ("more", "port"),
    [
        ({}, 80),
        ({"MAIL_PORT_HTTP": "8080"}, 8080),
        ({"MAIL_ACME_WEBROOT": "/webroot"}, None),
        ({"MAIL_ACME_DNS_PROVIDER": "hetzner"}, None),
        ({"MAIL_ACME_CHALLENGE": "tls-alpn-01", "MAIL_PORT_HTTPS": "443"}, None),
    ],
)
def test_an_address_for_the_ca_is_all_it_takes(more: dict[str, str], port: int | None):
    """Port 80 follows from it, unless something else says how the CA sees that the name is ours; compose.yaml does the same."""
    given = {"MAIL_TLS": "acme", "MAIL_ACME_EMAIL": "alice@example.org"} | more

    assert Settings.read(given).port_http == port
    assert published(given, 80) == port


def published(environ: Mapping[str, str], inside: int) -> int | None:
    """Return the port that compose.yaml publishes for one in the container, by its chain of questions; None if it does not."""
    ports = yaml.safe_load((REPOSITORY / "images/mail/by-settings.yaml").read_text())["services"]
    service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]["mail"]
    found = None
    while "extends" in service:
        service = ports[filled(service["extends"]["service"], environ)]
        found = next((filled(one, environ) for one in service.get("ports", []) if one.endswith(f":{inside}")), found)
    return int(found.split(":")[1]) if found else None


def filled(text: str, environ: Mapping[str, str]) -> str:
    """Fill in `${NAME:+there}` and `${NAME:-else}` as compose does."""

    def value(match: re.Match) -> str:
        set_ = environ.get(match[1], "")
        return (match[3] if set_ else "") if match[2] == "+" else set_ or match[3]

    return re.sub(r"\$\{(\w+):([+-])([^}]*)\}", value, text)


def test_a_dns_provider_means_dns_01():
    """Without a word more; else it is http-01."""
    assert Settings.read(ACME).acme_challenge == "http-01"
    assert Settings.read(ACME | {"MAIL_ACME_DNS_PROVIDER": "hetzner"}).acme_challenge == "dns-01"


def test_variables_for_lego_are_secrets():
    """They pass through without their prefix, and none shows itself; with a line break they are refused."""
    settings = Settings.read({"LEGO_HETZNER_API_KEY": "canary"})
    (found,) = problems(LEGO_HETZNER_API_KEY="can\nary")

    assert str(settings.lego["HETZNER_API_KEY"]) == "canary"
    assert "canary" not in repr(settings)
    assert str(found).startswith("  LEGO_HETZNER_API_KEY holds a line break")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"NAME": "owner"}, "MAIL_DNS_TSIG_NAME and MAIL_DNS_TSIG_SECRET go together"),
        ({"SECRET": "c2VjcmV0"}, "MAIL_DNS_TSIG_NAME and MAIL_DNS_TSIG_SECRET go together"),
        ({"NAME": "owner", "SECRET": "no-base64"}, "MAIL_DNS_TSIG_SECRET (a secret: not shown) is not base64"),
    ],
)
def test_the_key_of_a_zone_is_whole(words: Mapping[str, str], said: str):
    """Half of it signs nothing; and what it is for must be known."""
    given = {f"MAIL_DNS_TSIG_{name}": value for name, value in words.items()}
    (found,) = problems(MAIL_DNS_SERVER="192.0.2.53", **given)

    assert str(found).startswith(f"  {said}")
    if len(words) > 1:
        given["MAIL_DNS_TSIG_SECRET"] = "c2VjcmV0"
        assert "needs MAIL_DNS_SERVER, which is not set" in str(problems(**given)[0])


def test_more_senders_than_receivers_look_up_are_refused():
    """Ten names are looked up for an SPF record, and one of them is our own."""
    names = [f"spf{number}.example" for number in range(10)]
    (found,) = problems(MAIL_SPF_INCLUDE=" ".join(names))

    assert str(found).startswith("  MAIL_SPF_INCLUDE names more than 9: receivers look up ten names")
    assert len(Settings.read({"MAIL_SPF_INCLUDE": " ".join(names[1:])}).spf_include) == 9


def test_the_largest_message_fits_into_a_mailbox():
    """Else it would be accepted by none and told late."""
    (found,) = problems(MAIL_QUOTA="10M", MAIL_MESSAGE_SIZE_LIMIT="25M")

    assert str(found) == "  MAIL_QUOTA is smaller than MAIL_MESSAGE_SIZE_LIMIT: such a message could never be delivered"


@pytest.mark.parametrize("variable", [one.variable for one in DECLARED.values() if one.kind.secret])
def test_a_secret_is_shown_nowhere(tmp_path: Path, variable: str):
    """Not in the settings' repr, and not in the report of a problem with it or beside it."""
    (tmp_path / "secret").write_text("canary 1\ncanary 2")
    relay = {"MAIL_RELAY_HOST": "smtp.example.com", "MAIL_RELAY_USER": "me", "MAIL_RELAY_PASSWORD": "canary 3"}
    reports = [problems(**{variable: "canary\n4"}), problems(**{f"{variable}_FILE": str(tmp_path / "secret")})]
    reports.append(problems(**{variable: "canary 5", "MAIL_TLS": "none"}))

    if variable.startswith("MAIL_LDAP_"):
        relay |= {"MAIL_DIRECTORY_URL": "ldap://ldap/dc=example", "MAIL_LDAP_BIND_DN": "cn=reader"}
    if variable.startswith("MAIL_DNS_"):
        relay |= {"MAIL_DNS_SERVER": "192.0.2.53", "MAIL_DNS_TSIG_NAME": "owner"}
    good = re.sub("hunter2|four|(zWND|c2Vj)[A-Za-z0-9]*", "canary66", DECLARED[variable].example)
    assert "canary" in good
    assert "canary" not in repr(Settings.read(relay | {variable: good}))
    assert "canary" not in "".join(str(SettingsError(report)) + repr(report) for report in reports)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MAIL_SPAM_JUNK": "16"}, "MAIL_SPAM_JUNK is above MAIL_SPAM_REJECT"),
        ({"MAIL_SPAM_GREYLIST": "7"}, "MAIL_SPAM_GREYLIST is above MAIL_SPAM_JUNK"),
    ],
)
def test_the_filters_scores_rise(environ: dict[str, str], said: str):
    """What is put off is less than what goes into Junk, and that less than what is refused."""
    (problem,) = problems(**environ)

    assert said in str(problem)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("100 / 1h", Rate(100, 3600)), ("20/m", Rate(20, 60)), ("500 / 2d", Rate(500, 172800)), ("no", None)],
)
def test_a_rate_is_so_many_in_a_time(text: str, rate: Rate | None, make_settings: Callable[..., Settings]):
    """With blanks or without; one of the unit where no number stands before it."""
    assert make_settings(rate_limit=text).rate_limit == rate


def test_settings_cannot_be_changed(make_settings: Callable[..., Settings]):
    """Whoever holds them holds what the owner wrote."""
    settings = make_settings(postfix={"mynetworks_style": "host"})

    with pytest.raises(FrozenInstanceError):
        settings.hostname = "other.example.org"
    with pytest.raises(TypeError):
        settings.postfix["mynetworks_style"] = "class"


def test_parameters_of_postfix_pass_through(make_settings: Callable[..., Settings]):
    """Sorted by name, so that the same environment in another order gives the same file."""
    settings = make_settings(postfix={"smtpd_banner": "hello", "delay_warning_time": "4h"})

    assert list(settings.postfix.items()) == [("delay_warning_time", "4h"), ("smtpd_banner", "hello")]


@pytest.mark.parametrize("variable", [one.variable for one in DECLARED.values() if one.compose])
def test_what_compose_reads_cannot_come_from_a_file(tmp_path: Path, variable: str):
    """Compose opens no file for it: the port would quietly stay what it was."""
    (tmp_path / "value").write_text(DECLARED[variable].example)
    (found,) = problems(**{f"{variable}_FILE": str(tmp_path / "value")})

    assert str(found) == f"  {variable}_FILE is not a setting; did you mean {variable}?"


@pytest.mark.parametrize("one", DECLARED.values(), ids=lambda one: one.variable)
def test_every_setting_is_used(one: Declared):
    """What is declared does something: in compose.yaml if compose reads it, else in the code or a template."""
    if one.compose:
        # A limit that is unset is Docker's 0, no limit; a port that is unset is not published.
        words = [f":-{word}}}" for word in ([one.default] if one.default else [one.example, "0"])]
        assert any(f"${{{one.variable}{word}" in compose() for word in (*words, ":+"))
    else:
        assert re.search(rf"settings\.{one.field_name}\b", code())


def compose() -> str:
    """Return what compose reads."""
    return "".join((REPOSITORY / name).read_text() for name in ("compose.yaml", "images/mail/by-settings.yaml"))


def code() -> str:
    """Return the package's code and templates, without the place where settings are declared."""
    package = REPOSITORY / "entrypoint" / "mailstead"
    files = [*package.rglob("*.py"), *package.rglob("*.j2")]
    return "\n".join(file.read_text() for file in files if file != package / "settings.py")
