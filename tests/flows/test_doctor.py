"""The doctor: on a good stack he finds nothing wrong, and of each fault he says what it is and what to type."""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import pytest

from support import clients
from support.inbox import Inbox
from support.patient import Lines, Patient, free_network
from support.run import Run
from support.stack import Stack
from support.wait import wait_until

DOMAINS = ("example.test", "other.test", "a.test", "b.test", "c.test", "d.test", "e.test", "f.test")
POSTMASTER = "the postmaster whom the doctor writes to"
LONGEST = 30  # seconds
OURS = "mail.example.test"

# True of every stack in this world: it has signed its certificate itself, and nobody there signs the root of the DNS.
KNOWN = {"certificate.trusted", "resolver.validates"}


@pytest.fixture(scope="module")
def patient(open_stack: Callable[..., AbstractContextManager[Stack]], docker_run: Run) -> Iterator[Patient]:
    """A stack at a public address, with every record in its world's DNS; each test leaves it well."""
    settings = {"MAIL_DOMAINS": " ".join(DOMAINS), "MAIL_POSTMASTER_PASSWORD": POSTMASTER, "MAIL_BIND_ADDRESS": "0.0.0.0"}
    config = {"dovecot/own.conf": "# nothing yet\n"}
    network = free_network(docker_run)
    with open_stack(subnet=network, config=config, MAIL_DOCTOR_SERVERS="mx.outside.test", **settings) as stack:
        assert stack.world.outside.port
        stack.mailstead("domain", "add", "silent.test", "--null")
        yield Patient(stack)


def wrong(lines: Lines) -> dict[str, str]:
    """Return what is WARN or FAIL, beside what is known."""
    return {one.id: one.status for one in lines.values() if one.status in ("warn", "fail") and one.id not in KNOWN}


def named(lines: Lines, faults: Mapping[str, str]) -> None:
    """See that each fault has its line, and what to type; `faults`: the id to the status, a space, and words of it."""
    for id, claim in faults.items():
        status, _, words = claim.partition(" ")
        assert id in lines, f"{id} is not among {sorted(lines)}"
        assert (lines[id].status, words in lines[id].said) == (status, True), lines[id]
        assert lines[id].mend or status == "skip"


def test_on_a_good_stack_nothing_is_wrong(patient: Patient):
    """Nor is it slow; what cannot be tested from inside a container says why."""
    lines = patient.examine()

    assert wrong(lines) == {}
    assert patient.took < LONGEST
    assert re.search(r"in \d+ ms$", lines["delivery.round-trip"].said)
    assert {one.id for one in lines.values() if one.status == "skip"} <= {
        *(id for id in lines if id.startswith(("relay.gateway", "ports.clients", "settings.ldap", "machine.updates"))),
    }
    assert lines[f"ports.published:{patient.address}:25"].status == "pass"
    assert lines[f"relay.world:{patient.address}"].status == "pass"


def test_once_a_day_he_comes_by_himself(patient: Patient):
    """By the date of his last note; what he finds is in the container's log, and in a letter."""
    note = "/var/lib/mailstead/doctor.json"
    patient.stack.exec("sh", "-c", f"echo '{{}}' > {note}; touch -d '25 hours ago' {note}")
    wait_until(lambda: patient.stack.exec("cat", note) != "{}\n", within=60, what="the doctor to come")

    letter = Inbox(patient.stack, "postmaster@example.test", POSTMASTER).wait_for(subject=f"{OURS}: 2 things need you")
    assert "WARN certificate.trusted" in letter.text
    assert "mailstead: WARN certificate.trusted" in "".join(patient.stack.logs().values())


def test_the_letter_of_the_round_trip_is_nowhere_afterwards(patient: Patient):
    """Neither in its mailbox nor in the queue; and nobody else can write to that mailbox."""
    patient.examine("--only", "delivery")

    assert patient.stack.exec("doveadm", "mailbox", "status", "-u", "doctor@doctor.invalid", "messages", "INBOX").endswith("=0\n")
    assert patient.stack.queue() == {}
    with clients.smtp(patient.stack) as server:
        code, _ = clients.envelope(server, "carol@outside.test", "doctor@doctor.invalid")
    assert code == 554


def test_faults_in_the_records_of_domains_are_named(patient: Patient):
    """Each domain has others: where its mail is led, who may send for it, what its policy and its keys are."""
    tell, key = patient.world.tell, "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB"
    listed = [one for one in json.loads(patient.stack.mailstead("dns", "--json")) if one["name"].endswith("_domainkey.a.test")]
    (selector,) = [one["name"].partition(".")[0] for one in listed if "k=rsa" in one["value"]]
    tell("other.test MX 10 mx.elsewhere.test", 'other.test TXT "v=spf1 a:mx.elsewhere.test -all"')
    tell("a.test MX 0 .", 'a.test TXT "v=spf1 mx -all"', 'a.test TXT "v=spf1 a -all"')
    tell(f"b.test MX 20 {OURS}", "b.test MX 10 mx.elsewhere.test", 'b.test TXT "v=spf1 +all"')
    tell('c.test TXT "google-site-verification=x"')
    tell(f"d.test MX 10 {OURS}", 'd.test TXT "v=spf1 mx"')
    tell(f"e.test MX 10 {OURS}", 'e.test TXT "v=spf1 include:nowhere.test -all"')
    tell('_dmarc.other.test TXT "v=DMARC1; p=none"', '_dmarc.a.test TXT "v=DMARC1; p=rejct"', '_dmarc.b.test TXT "none"')
    tell('_dmarc.c.test TXT "v=DMARC1; p=reject"', '_dmarc.c.test TXT "v=DMARC1; p=quarantine"')
    tell(f'{selector}._domainkey.a.test TXT "{key}"', f'{selector}._domainkey.b.test TXT "gone"')
    tell(f'{selector}._domainkey.c.test TXT "{key}"', f'{selector}._domainkey.c.test TXT "{key}w"')

    lines = patient.examine("--only", "dns")
    patient.heal()

    named(
        lines,
        {
            "dns.mx:other.test": "fail mail goes to mx.elsewhere.test, and not to",
            "dns.mx:a.test": "fail it takes no mail",
            "dns.mx:b.test": "warn mail goes to mx.elsewhere.test first",
            "dns.mx:c.test": "fail there is no MX record",
            "dns.spf:other.test": "fail fail for",
            "dns.spf:a.test": "fail there are 2 SPF records",
            "dns.spf:b.test": "fail everybody in the world may send",
            "dns.spf:c.test": "fail there is no SPF record",
            "dns.spf:d.test": "warn it does not say that others may not send",
            "dns.spf:e.test": "fail permerror for",
            "dns.dmarc:other.test": "warn p=none",
            "dns.dmarc:a.test": "fail its policy (p=) is not one of",
            "dns.dmarc:b.test": "fail there is no DMARC record",
            "dns.dmarc:c.test": "fail there are 2 DMARC records",
            f"dns.dkim:{selector}._domainkey.a.test": "fail another key than mail is signed with",
            f"dns.dkim:{selector}._domainkey.b.test": "fail the DNS does not show",
            f"dns.dkim:{selector}._domainkey.c.test": "fail there are 2 records",
            f"dns.signature:{selector}._domainkey.a.test": "fail is not verified",
        },
    )
    assert {id: one for id, one in wrong(lines).items() if id.endswith((".f.test", ":f.test"))} == {}


def test_faults_in_the_records_of_the_server_are_named(patient: Patient):
    """It has no address, is an alias, has no reverse name or another one; nor is its digest for DANE that of its key."""
    tell = patient.world.tell
    tell(f'{OURS} TXT "no address"', f"{patient.backwards}.in-addr.arpa TXT none", f'_25._tcp.{OURS} TLSA 3 1 1 {"ab" * 32}')
    nowhere = patient.examine("--only", "dns.address", "--only", "dns.reverse", "--only", "dns.records")
    tell(f"{OURS} CNAME host.provider.test")
    alias = patient.examine("--only", "dns.address")
    tell(f"{OURS} A 192.168.1.2")
    home = patient.examine("--only", "dns.address", "--only", "dns.reverse", "--only", "world.block-lists")
    tell(f"{OURS} A {patient.address}")
    nameless = patient.examine("--only", "dns.reverse")
    tell(f"{patient.backwards}.in-addr.arpa PTR pool-7.provider.test")
    misnamed = patient.examine("--only", "dns.reverse")
    patient.heal()

    named(nowhere, {"dns.address": "fail has no address", f"dns.records:_25._tcp.{OURS}/TLSA": "fail different"})
    assert nowhere["dns.reverse"].status == "skip"
    named(alias, {"dns.address:alias": "fail is an alias (CNAME)"})
    named(home, {"dns.address:192.168.1.2": "warn the world cannot reach it"})
    assert home["dns.reverse"].status == home["world.block-lists"].status == "skip"
    named(misnamed, {f"dns.reverse:{patient.address}": "fail is called pool-7.provider.test"})
    named(nameless, {f"dns.reverse:{patient.address}": "fail has no reverse record"})
    assert nameless[f"dns.reverse:{patient.address}"].mend.endswith(f"{patient.address} PTR {OURS}.")


def test_faults_of_the_world_are_named(patient: Patient):
    """The provider blocks port 25, a list has us, another refuses to answer (which is no fault), and the clock is wrong."""
    patient.world.tell(
        f"mx.outside.test A {patient.world.resolver}",
        f"{patient.backwards}.zen.spamhaus.org A 127.0.0.4",
        f"{patient.backwards}.bl.spamcop.net A 127.255.255.254",
    )
    patient.time_differs(600)
    lines = patient.examine("--only", "world")
    relay = patient.examine("--only", "world.port-25", environment={"MAIL_RELAY_HOST": "smtp.provider.test"})
    dead = patient.examine("--only", "resolver", resolver=patient.address)
    patient.world.tell(*(f"{patient.backwards}.{name} TXT none" for name in ("zen.spamhaus.org", "bl.spamcop.net")))
    patient.heal()

    named(lines, {"world.port-25": "fail no server can be reached", "world.clock": "fail 600."})
    assert "MAIL_RELAY_HOST=" in lines["world.port-25"].mend
    named(lines, {f"world.block-lists:zen.spamhaus.org:{patient.address}": "fail listed: 127.0.0.4"})
    assert lines[f"world.block-lists:bl.spamcop.net:{patient.address}"].status == "skip"
    named(relay, {"world.port-25": "fail smtp.provider.test port 587, which takes all mail, cannot be reached"})
    named(dead, {"resolver.answers": f"fail the DNS at {patient.address} does not answer"})


def test_settings_that_open_a_hole_or_contradict_each_other_are_named(patient: Patient):
    """Before they are in force: the doctor reads what a start would read."""
    network = ipaddress.ip_interface(f"{patient.address}/28").network
    lines = patient.examine(
        "--offline", "--only", "settings", "--only", "daemons.configuration",
        environment={
            "MAIL_HOSTNAME": "",
            "MAIL_TRUSTED_NETWORKS": f"{network} 8.8.8.0/24",
            "MAIL_BIND_ADDRESS": "127.0.0.1",
            "MAIL_DNSBL": "zen.spamhaus.org",
            "MAIL_RESOLVER": "8.8.8.8",
            "MAIL_DIRECTORY_URL": "ldap://ldap.example.org/dc=example,dc=org",
            "MAIL_LDAP_STARTTLS": "no",
            "MAIL_POSTMASTER_PASSWORD": "",
            "POSTFIX_soft_bounce": "yes",
        },
    )  # fmt: skip

    named(
        lines,
        {
            "settings.hostname": "fail MAIL_HOSTNAME is not set",
            "settings.trusted-networks:gateway": "fail Docker's gateway",
            "settings.trusted-networks:8.8.8.0/24": "fail a network of the internet",
            "settings.bind-address": "warn only this machine itself",
            "settings.block-lists": "warn through 8.8.8.8",
            "settings.ldap": "fail in clear",
            "daemons.configuration:/etc/postfix/main.cf": "warn is not what the settings make",
        },
    )
    assert "POSTFIX_soft_bounce" in lines["settings.overrides"].said


def test_an_open_relay_and_weak_parameters_are_named(patient: Patient):
    """As they are in force: whatever the settings say, a neighbour is tried at once."""
    patient.main_cf(mynetworks="0.0.0.0/0", smtpd_tls_auth_only="no", smtpd_forbid_bare_newline="no", soft_bounce="yes")
    patient.main_cf(smtpd_tls_security_level="none", smtp_helo_name="localhost", smtpd_sasl_auth_enable="yes")
    areas = [word for area in ("relay", "settings.postfix", "daemons.configuration", "dns.helo") for word in ("--only", area)]
    lines = patient.examine(*areas)
    patient.give_back()

    named(
        lines,
        {
            "relay.networks": "fail mynetworks trusts 0.0.0.0/0",
            f"relay.neighbour:{patient.address}": "fail an open relay",
            f"relay.world:{patient.address}": "fail an open relay",
            "settings.postfix:smtpd_tls_auth_only": "fail without encryption",
            "settings.postfix:smtpd_tls_security_level": "fail 25 offers no encryption",
            "settings.postfix:smtpd_forbid_bare_newline": "fail smuggled",
            "settings.postfix:soft_bounce": "fail refused for now",
            "settings.postfix:smtpd_sasl_auth_enable": "fail passwords to guess",
            "daemons.configuration:/etc/postfix/main.cf": "warn by hand",
            "dns.helo": "fail Postfix says localhost",
        },
    )


def test_the_owners_dovecot_files_are_looked_at(patient: Patient):
    """One that Dovecot could not start with, one that it has not read yet, and what one opens."""
    lines = ("auth_allow_cleartext = yes", "mail_fsync = never", "auth_verbose_passwords = plain", "")
    patient.stack.configure("dovecot/own.conf", "\n".join(lines))
    weak = patient.examine("--only", "settings.dovecot", "--only", "daemons.own-files")
    patient.stack.configure("dovecot/own.conf", "no_such_setting = yes\n")
    broken = patient.examine("--only", "settings.dovecot")
    patient.stack.configure("dovecot/own.conf", "# nothing\n")

    named(
        weak,
        {
            "settings.dovecot:auth_allow_cleartext": "fail in clear",
            "settings.dovecot:mail_fsync": "fail may be lost",
            "settings.dovecot:auth_verbose_passwords": "fail written into the log",
            "daemons.own-files": "warn has not read own.conf yet",
        },
    )
    named(broken, {"settings.dovecot": "fail no_such_setting"})


def test_what_the_files_of_the_daemons_lack_is_named(patient: Patient):
    """A line that somebody took out, a table that is gone, an owner's file that was not applied; the mend mends it."""
    stack = patient.stack
    projection = "/var/lib/mailstead/projection"
    stack.exec("sh", "-c", f"sed -i /postmaster@example.test/d {projection}/passwd; rm {projection}/small_quotas.cdb")
    lines = patient.examine("--only", "auth.files", "--only", "auth.postmaster")
    mend = lines["auth.files:passwd"].mend
    stack.exec(*mend.removeprefix("docker compose exec mail ").partition(" (")[0].split())
    again = wait_until(lambda: _all_good(patient, "auth.files"), what="the files to be made anew")

    named(
        lines,
        {
            "auth.files:passwd": "fail does not say what the directory says",
            "auth.files:small_quotas.cdb": "fail does not say",
            "auth.postmaster": "fail there is no account postmaster@example.test",
        },
    )
    assert again


def _all_good(patient: Patient, area: str) -> bool:
    return not wrong(patient.examine("--only", area))


def test_what_is_in_the_queue_is_told(patient: Patient):
    """What has waited for a day with its reason, what is on hold, what cannot be read, and a mailbox that takes nothing."""
    stack = patient.stack
    with clients.submissions(stack) as server:
        clients.smtp_plain(server, "postmaster@example.test", POSTMASTER)
        patient.main_cf(defer_transports="smtp")
        server.sendmail("postmaster@example.test", ["carol@outside.test"], "Subject: old\r\n\r\nx\r\n")
        server.sendmail("postmaster@example.test", ["carol@outside.test"], "Subject: held\r\n\r\nx\r\n")
    old, held = sorted(wait_until(lambda: _two(stack), what="two letters to be put off"))
    stack.exec("postsuper", "-h", held)
    stack.exec("python3", "-c", _A_DAY_OLDER, f"/var/spool/postfix/deferred/{old[0]}/{old}")
    stack.exec("sh", "-c", "echo broken > /var/spool/postfix/corrupt/0A1B2C")
    stack.exec("mv", "/run/dovecot/lmtp", "/run/dovecot/away")
    lines = patient.examine("--only", "delivery")
    stack.exec("mv", "/run/dovecot/away", "/run/dovecot/lmtp")
    stack.exec("rm", "/var/spool/postfix/corrupt/0A1B2C")
    stack.exec("postsuper", "-d", "ALL")
    patient.give_back()

    named(
        lines,
        {
            "delivery.queue": "fail the oldest",
            "delivery.frozen:hold": "warn 1 on hold",
            "delivery.frozen:corrupt": "fail cannot read 1",
            "delivery.round-trip": "fail was not in its mailbox",
        },
    )
    assert "deferred transport" in lines["delivery.queue"].said


def _two(stack: Stack) -> set[str]:
    deferred = stack.deferred()
    return deferred if len(deferred) == 2 else set()


# The time a message came stands in its queue file as digits; it stays where it is, by which Postfix knows the file.
_A_DAY_OLDER = """
import re, sys
with open(sys.argv[1], "r+b") as file:
    content = file.read()
    came = re.search(rb"T[^0-9]([0-9]{10}) ", content)
    file.seek(came.start(1))
    file.write(b"%d" % (int(came[1]) - 90000))
"""


def test_daemons_that_hang_are_named_in_time(patient: Patient):
    """saslauthd, Dovecot and Unbound answer nobody: every stage says so, and the doctor does not hang with them."""
    patient.stack.exec("sh", "-c", _signal("STOP"))
    lines = patient.examine(resolver="")
    patient.stack.exec("sh", "-c", _signal("CONT"))
    wait_until(lambda: _all_good(patient, "daemons.answer"), what="the daemons to answer again")

    assert patient.took < LONGEST
    assert {id: lines[id].status for id in _HANGING} == dict.fromkeys(_HANGING, "fail")


_HANGING = (
    "daemons.answer:saslauthd", "daemons.answer:dovecot", "daemons.answer:unbound",
    "auth.saslauthd", "auth.imap", "delivery.round-trip", "resolver.answers", "ports.listening:993",
)  # fmt: skip


def _signal(name: str) -> str:
    # By the names of the programs, since the container has no pkill.
    return (
        f"for one in /proc/[0-9]*; do [ $one = /proc/$$ ] || case $(tr '\\0' ' ' < $one/cmdline) in "
        f"*saslauthd*|*unbound*|*dovecot*) kill -{name} ${{one#/proc/}};; esac; done"
    )


def test_why_somebody_cannot_sign_in_is_told_stage_by_stage(patient: Patient):
    """The first stage that fails is the one to mend."""
    stack, who = patient.stack, "dora@example.test"
    stack.mailstead("account", "add", who, "--password-stdin", text="right\n")
    stack.mailstead("alias", "add", "info@example.test", who)
    phone = json.loads(stack.mailstead("app-password", "add", who, "phone", "--scope", "read", "--json"))["password"]

    good = patient.asked_about(who, "right")
    assert {one.status for one in good.values()} == {"pass"}
    assert list(good) == ["auth.account", "auth.password", "auth.files", "auth.saslauthd", "auth.smtp", "auth.imap"]
    silent = patient.asked_about(who)
    assert {id for id, one in silent.items() if one.status == "pass"} == {"auth.account", "auth.files"}
    assert {one.status for one in silent.values()} == {"pass", "skip"}
    named(patient.asked_about("nobody@example.test"), {"auth.account": "fail there is no account"})
    named(patient.asked_about("nobody@nowhere.test"), {"auth.account": "fail there is no domain nowhere.test"})
    named(patient.asked_about("info@example.test"), {"auth.account": f"fail is an alias of {who}"})
    wrong_one = patient.asked_about(who, "wrong")
    named(wrong_one, {"auth.password": "fail neither the account's own", "auth.saslauthd": "fail NO", "auth.smtp": "fail 535"})
    named(wrong_one, {"auth.imap": "fail AUTHENTICATIONFAILED"})
    half = patient.asked_about(who, phone)
    named(half, {"auth.password": "warn opens only what it takes to read", "auth.smtp": "fail 535"})
    assert half["auth.imap"].status == "pass"
    stack.mailstead("account", "set", who, "--may-send", "no")
    named(patient.asked_about(who, "right"), {"auth.account": "warn may read and not send", "auth.smtp": "fail 535"})
    stack.mailstead("account", "passwd", who, "--must-change", "--password-stdin", text="first\n")
    named(patient.asked_about(who), {"auth.account": "fail must be changed"})
    stack.mailstead("account", "disable", who)
    named(patient.asked_about(who, "first"), {"auth.account": "fail disabled", "auth.imap": "fail"})


def test_what_is_wrong_with_the_certificate_is_named(patient: Patient):
    """Another one is served than the one in service; it has ended; it is for another name; nobody knows which it is."""
    place = "/var/lib/mailstead/certificates/served.json"
    note = patient.stack.exec("cat", place)

    def looked_at(**facts: object) -> Lines:
        patient.write(place, json.dumps(json.loads(note) | facts))
        return patient.examine("--only", "certificate", "--only", "ports.published")

    other, ended, foreign = looked_at(serial="0BAD"), looked_at(not_after=1_700_000_000), looked_at(names=["mail.a.test"])
    patient.write(place, "")
    lost = patient.examine("--only", "certificate")
    patient.write(place, note)

    named(other, {f"certificate.served:{port}": "fail serves another one" for port in (25, 465, 587, 993, 995)})
    named(other, {f"ports.published:{patient.address}:25": "fail another server answers there"})
    named(ended, {"certificate.valid": f"fail not valid for {OURS} now"})
    named(foreign, {"certificate.valid": "fail it is for mail.a.test"})
    named(lost, {"certificate.valid": "fail there is none"})
    assert lost["certificate.served"].status == "skip"


def test_clients_that_all_arrive_as_the_gateway_are_told(patient: Patient):
    """As they do behind Docker's proxy; a single one of its own address is enough to know better."""
    gateway = ipaddress.ip_interface(f"{patient.address}/28").network[1]
    counted = patient.stack.exec("cat", "/run/mailstead/clients")
    patient.write("/run/mailstead/clients", f"{gateway} 30\n")
    hidden = patient.examine("--only", "ports.clients")
    patient.write("/run/mailstead/clients", f"{gateway} 30\n198.51.100.7 1\n")

    assert re.search(rf"^({gateway}|{patient.address}) \d+$", counted, re.MULTILINE)
    named(hidden, {"ports.clients": "warn all of the last 30 clients came as"})
    assert patient.examine("--only", "ports.clients")["ports.clients"].status == "pass"


def test_little_memory_is_told(patient: Patient):
    """Docker limits the container while it runs."""
    container = patient.stack.run.client.containers.get(f"{patient.stack.name}-mail-1")
    container.update(mem_limit="200m", memswap_limit="200m")
    lines = patient.examine("--only", "machine")
    container.update(mem_limit="2g", memswap_limit="2g")

    named(lines, {"machine.memory": "warn limited to 200 MiB"})


def test_what_has_changed_is_told_once_and_mailed(patient: Patient):
    """By a letter to the postmaster with the words to type; none when all is as it was."""
    inbox = Inbox(patient.stack, "postmaster@example.test", POSTMASTER)
    patient.examine("--only", "dns.mx", "--changes", "--mail")
    patient.world.tell("other.test MX 10 mx.elsewhere.test")
    first = patient.examine("--only", "dns.mx", "--changes", "--mail")
    second = patient.examine("--only", "dns.mx", "--changes", "--mail")
    letter = inbox.wait_for(subject=f"{OURS}: 1 thing needs you")
    patient.heal()
    third = patient.examine("--only", "dns.mx", "--changes", "--mail")

    assert list(first) == list(third) == ["dns.mx:other.test"]
    assert second == {}
    assert "put into the DNS of other.test: other.test. MX 10 mail.example.test." in letter.text
    assert inbox.wait_for(subject=f"{OURS}: 1 thing is in order again")


def test_a_mistyped_area_is_refused(patient: Patient):
    """With what is allowed; an address that is none, too."""
    assert patient.stack.attempt("mailstead", "doctor", "--only", "dnss").status == 2
    assert patient.stack.attempt("mailstead", "doctor", "--resolver", "dns.example.org").status == 2
