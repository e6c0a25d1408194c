"""What the doctor makes of what he sees: each answer of the world has its verdict."""

import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailstead.directory import passwords
from mailstead.dkim import Key
from mailstead.dns import Record
from mailstead.doctor import Status, delivery, dkim, dmarc, dns, listed, machine, pending, relay, spf, world
from mailstead.doctor.chain import is_right
from mailstead.doctor.checks import Untestable
from mailstead.doctor.context import own_ipv4, own_ipv6

PASS, WARN, FAIL, SKIP = Status
HERE = ipaddress.ip_address("203.0.113.7")
NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("code", "status"), [(554, PASS), (550, PASS), (250, FAIL), (251, FAIL), (450, SKIP), (421, SKIP)]
)
def test_a_relay_is_open_where_a_foreign_recipient_is_taken(code: int, status: Status):
    """A refusal for now says nothing either way."""
    assert relay.judged(code, "words", "192.0.2.1").status is status


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([], FAIL),
        (["0 ."], FAIL),
        (["10 mx.example.com"], FAIL),
        (["10 mail.example.org"], PASS),
        (["10 mail.example.org", "20 backup.example.com"], PASS),
        (["100 mail.example.org", "20 other.example.com"], WARN),
    ],
)
def test_mail_must_be_led_here_before_others(records: list[str], status: Status):
    """By numbers, not by letters."""
    assert dns.led("example.org", "mail.example.org", records).status is status


def spf_of(texts: Sequence[str], result: str = "pass") -> Status:
    """Return the verdict about the records of example.org, where an evaluation ends with this result."""
    return spf.judged("example.org", texts, [HERE], lambda _: (result, "words")).status


@pytest.mark.parametrize(
    ("texts", "result", "status"),
    [
        (["v=spf1 mx ~all"], "pass", PASS),
        (["v=spf1 mx -all", "google-site-verification=x"], "pass", PASS),
        (["v=spf1 redirect=_spf.example.org"], "pass", PASS),
        ([], "none", FAIL),
        (["v=spf10 mx -all"], "none", FAIL),
        (["v=spf1 mx ~all", "v=spf1 a ~all"], "permerror", FAIL),
        (["v=spf1 a -all"], "fail", FAIL),
        (["v=spf1 a ~all"], "softfail", FAIL),
        (["v=spf1 mx +all"], "pass", FAIL),
        (["v=spf1 all"], "pass", FAIL),
        (["v=spf1 mx ?all"], "pass", WARN),
        (["V=SPF1 MX"], "pass", WARN),
    ],
)
def test_spf_lets_us_send_and_others_not(texts: list[str], result: str, status: Status):
    """One record, which passes for each address, and says that the rest may not."""
    assert spf_of(texts, result) is status


def test_spf_is_not_evaluated_for_nobody():
    """Where the server is is not known; what is wrong with the record alone is said all the same."""
    assert spf.judged("example.org", ["v=spf1 mx -all"], [], lambda _: ("pass", "")).status is SKIP
    assert spf.judged("example.org", ["v=spf1 +all"], [], lambda _: ("pass", "")).status is FAIL


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["v=DMARC1; p=reject; rua=mailto:a@example.org"], PASS),
        (["v=DMARC1;p=Quarantine"], PASS),
        (["v=DMARC1; p=none"], WARN),
        (["v=DMARC1; rua=mailto:a@example.org"], FAIL),
        (["v=DMARC1; p=rejct"], FAIL),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], FAIL),
        ([], FAIL),
        (["something else"], FAIL),
    ],
)
def test_dmarc_must_be_one_record_that_stops_forged_mail(texts: list[str], status: Status):
    """A policy of none stops nothing; what cannot be read counts for nothing."""
    assert dmarc.judged("example.org", texts, "alice@example.org").status is status


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([], PASS),
        (["127.0.0.2"], FAIL),
        (["127.0.0.10", "127.0.0.4"], FAIL),
        (["127.255.255.254"], SKIP),
        (["127.255.255.252", "127.0.0.2"], SKIP),
        (["127.0.0.1"], PASS),
        (["192.0.2.1"], PASS),
    ],
)
def test_a_list_that_refuses_to_answer_has_not_listed_us(answers: list[str], status: Status):
    """Nor has one that has died, and says another address to everything (RFC 5782, 2.1 and 5)."""
    assert world.listed("zen.spamhaus.org", HERE, answers).status is status


def test_the_owners_block_lists_are_asked_by_their_zones():
    """Without filter and weight; what speaks for a client (dnswl) has no say here, and nothing is asked twice."""
    own = ["zen.spamhaus.org*3", "bl.example.org=127.0.0.[2..4]", "list.dnswl.org=127.0.[0..254].[1..3]*-2"]

    assert set(world.lists(own)) - set(world.lists([])) == {"bl.example.org"}
    assert len(world.lists(own)) == len(world.lists([])) + 1


def test_an_address_is_asked_about_backwards():
    """By octets, and by nibbles (RFC 5782, 2.1 and 2.4)."""
    assert world.reversed_(HERE) == "7.113.0.203"
    assert world.reversed_(ipaddress.ip_address("2001:db8::1")).endswith(".8.b.d.0.1.0.0.2")


def test_port_25_is_open_where_a_server_greets():
    """One is enough; one greeting in the place of all is somebody on the way."""
    assert world.heard(["220 mx.google.com ESMTP x"], ["b (timed out)"]).status is PASS
    assert world.heard(["220 mx.google.com ESMTP", "220 mx.outlook.com ESMTP"], []).status is PASS
    assert world.heard(["220 trap.isp.example ESMTP", "220 trap.isp.example ESMTP"], []).status is FAIL
    assert world.heard(["554 go away"], []).status is FAIL
    blocked = world.heard([], ["a (timed out)", "b (timed out)"])
    assert blocked.status is FAIL
    assert "MAIL_RELAY_HOST=" in blocked.mend
    with pytest.raises(Untestable, match="MAIL_DOCTOR_SERVERS"):
        world.heard([], [])


@pytest.mark.parametrize(("seconds", "status"), [(0.2, PASS), (-4, PASS), (6, WARN), (-30, WARN), (61, FAIL), (-3600, FAIL)])
def test_a_clock_may_be_off_by_seconds(seconds: float, status: Status):
    """Ahead or behind."""
    assert world.off(seconds).status is status


MIB, GIB = 2**20, 2**30


@pytest.mark.parametrize(
    ("total", "free", "status"),
    [(100 * GIB, 50 * GIB, PASS), (100 * GIB, 4 * GIB, WARN), (4000 * GIB, 100 * GIB, PASS), (100 * GIB, 70 * MIB, FAIL)],
)
def test_a_volume_needs_room(total: int, free: int, status: Status):
    """A small share of a large disk is still much; too little for a message is none."""
    assert machine.room("mail", total, free, 75 * MIB).status is status


@pytest.mark.parametrize(("total", "free", "status"), [(0, 0, PASS), (1000, 500, PASS), (1000, 49, WARN), (1000, 0, WARN)])
def test_a_volume_needs_room_for_files(total: int, free: int, status: Status):
    """Where its file system counts them."""
    assert machine.files_left("mail", total, free).status is status


@pytest.mark.parametrize(("days", "status"), [(0, PASS), (30, PASS), (31, WARN), (91, FAIL)])
def test_an_old_image_lacks_security_updates(days: int, status: Status):
    """After a month perhaps, after three for certain."""
    assert machine.aged(days).status is status


@pytest.mark.parametrize(
    ("events", "number"),
    [("low 0\noom 3\noom_kill 2\n", 2), ("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", 1), ("oom_kill_disable 0\n", 0)],
)
def test_killed_processes_are_counted(events: str, number: int):
    """By either kind of cgroups."""
    assert machine.kills(events) == number


def waiting(age: int, queue: str = "deferred", reason: str = "host mx.example.com said: 451 later") -> dict:
    """Return an entry of postqueue(1) -j of this age in seconds."""
    return {
        "queue_name": queue,
        "queue_id": f"A{age}",
        "arrival_time": NOW - age,
        "recipients": [{"address": "x@example.com"}, {"address": "y@example.com", "delay_reason": reason}],
    }


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([], PASS),
        ([waiting(5, "active"), waiting(9999, "incoming")], PASS),
        ([waiting(600)], PASS),
        ([waiting(600), waiting(7200)], WARN),
        ([waiting(90_000), waiting(5)], FAIL),
    ],
)
def test_what_has_waited_long_is_told(entries: list[dict], status: Status):
    """By the oldest of it; what is on its way does not wait."""
    assert delivery.judged(entries, NOW).status is status


def test_the_oldest_is_told_with_its_reason():
    """In one line, and how to drop it."""
    found = delivery.judged([waiting(600), waiting(7260, reason="connect to\nmx: timed out")], NOW)

    assert found.said == "2 put off; the oldest (A7260) for 2 h 1 min: connect to mx: timed out"
    assert "postsuper -d A7260" in found.mend
    json.dumps(found.said)


TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 172.18.0.3
        /32 host LOCAL
     |-- 172.18.255.255
        /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
Local:
     |-- 172.18.0.3
        /32 host LOCAL
"""
INTERFACES = """00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000004200fffe120003 02 40 20 80     eth0
fd000000000000000000000000000003 02 40 00 80     eth0
"""


def test_the_containers_own_addresses_are_read_from_the_kernel(tmp_path: Path):
    """Each once, loopback and those of a link left out; where the kernel shows none there are none."""
    (tmp_path / "trie").write_text(TRIE)
    (tmp_path / "interfaces").write_text(INTERFACES)

    assert list(map(str, own_ipv4(tmp_path / "trie"))) == ["172.18.0.3"]
    assert list(map(str, own_ipv6(tmp_path / "interfaces"))) == ["fd00::3"]
    assert own_ipv4(tmp_path / "no") == own_ipv6(tmp_path / "no") == []


def test_a_password_is_compared_by_its_hash():
    """What is no hash is no password's, whatever it says."""
    assert is_right("two words", passwords.hash("two words"))
    assert not is_right("two words", passwords.hash("others"))
    assert not is_right("!", "!")
    assert not is_right("\udc80", passwords.hash("x"))


def key(algorithm: str = "rsa", state: str = "signing") -> Key:
    """Return a key of example.org."""
    return Key(domain="example.org", selector="s1", algorithm=algorithm, state=state, public="MIIB")


@pytest.mark.parametrize(
    ("one", "texts", "status"),
    [
        (key(), ["v=DKIM1; k=rsa; p=MIIB"], PASS),
        (key(), ["k=rsa; p=MI IB"], PASS),
        (key(), [], FAIL),
        (key(), ["v=DKIM1; k=rsa; p=OTHER"], FAIL),
        (key(), ["v=DKIM1; p="], FAIL),
        (key(), ["v=DKIM1; p=MIIB", "v=DKIM1; p=OTHER"], FAIL),
        (key("ed25519"), [], WARN),
        (key(state="next"), [], WARN),
    ],
)
def test_the_dns_must_show_the_key_that_signs(one: Key, texts: list[str], status: Status):
    """The very key, in one record; the next one is waited for."""
    assert dkim.judged(one, texts).status is status


@pytest.mark.parametrize(
    ("level", "found", "status"),
    [
        ("required", "missing", FAIL),
        ("required", "different", FAIL),
        ("recommended", "missing", WARN),
        ("recommended", "extra", WARN),
    ],
)
def test_what_the_responsible_servers_answer_is_judged_by_what_is_required(level: str, found: str, status: Status):
    """What is recommended is no fault."""
    record = Record(name="_25._tcp.mail.example.org", type="TLSA", value="3 1 1 ab", level=level, reason="DANE.", status=found)

    said = listed.said_of([record])
    assert (said.status, said.of) == (status, "_25._tcp.mail.example.org/TLSA")
    assert said.mend.startswith("take out of the DNS: " if found == "extra" else "put into the DNS: ")


POLICY = """postfix:
  Installed: 3.10.13-0+deb13u1
  Candidate: {}
  Version table:
     3.10.14 500
libc6:
  Installed: 2.41-12
  Candidate: 2.41-12
gone:
  Installed: (none)
  Candidate: 1
"""


@pytest.mark.parametrize(("candidate", "status"), [("3.10.13-0+deb13u1", PASS), ("3.10.14", WARN)])
def test_updates_wait_where_another_version_is_offered(candidate: str, status: Status):
    """Of what is installed; where apt says nothing of anything, that is no PASS."""
    assert machine.awaited(pending.compared(POLICY.format(candidate))).status is status
    with pytest.raises(Untestable):
        pending.compared("N: Unable to locate package\n")


def test_of_many_updates_the_first_are_named():
    """The line stays one that can be read."""
    said = machine.awaited([pending.Package(f"p{number}", "1", "2") for number in range(7)]).said

    assert said.startswith("7 wait: p0 1 -> 2, p1 ")
    assert said.endswith("p4 1 -> 2 and 2 more")


def test_the_sources_of_security_are_found_in_both_forms():
    """That of one line (scripts/engine makes such an image), and that of the image of Docker's hub."""
    security = "deb [signed-by=/k.gpg] http://deb.debian.org/debian-security/ trixie-security main"
    listed = f"# deb http://x/ y-security main\ndeb http://deb.debian.org/debian trixie main\n{security}\n"
    stanza = "Types: deb\nURIs: http://deb.debian.org/debian-security\nSuites: trixie-security\nSigned-By: /k.gpg"
    other = "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie trixie-updates"

    assert pending.lines(listed) == security
    assert pending.stanzas(f"{other}\n\n# comment\n{stanza}\n").splitlines()[-4:] == stanza.splitlines()
    assert pending.lines("deb http://deb.debian.org/debian forky main\n") == pending.stanzas(other) == ""
