"""Which records there are: pure, from facts; and the forms they are printed in, read back by who reads them."""

import re
from collections.abc import Callable
from pathlib import Path

import dns.name
import dns.rdatatype
import dns.rrset
import dns.zonefile
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from mailstead.directory.snapshot import Domain
from mailstead.dns import Facts, Record, forms, notes, records, sts, txt
from mailstead.dns.asking import shown
from mailstead.dns.record import as_json
from support.dkim_keys import a_pair

DIGEST, NEXT_DIGEST = "ab" * 32, "cd" * 32
GOLDEN = Path(__file__).parent / "golden"
MANY = (
    Domain(name="example.com", alias_of="example.org"),
    Domain(name="example.net", receives=False),
    Domain(name="example.org", catch_all="alice@example.org"),
)


def shown_values(facts: Facts) -> dict[tuple[str, str], list[str | None]]:
    """Return what the records say: name and type to values."""
    found: dict[tuple[str, str], list[str | None]] = {}
    for one in records(facts):
        found.setdefault((one.name, one.type), []).append(one.value)
    return found


def everything(make_facts: Callable[..., Facts]) -> Facts:
    """Return the facts of a server that has all there is."""
    return make_facts(
        domains=MANY,
        profiles="web",
        managesieve="yes",
        tls="acme",
        acme_email="alice@example.org",
        spf_include="spf.provider.example",
        digests=(DIGEST, NEXT_DIGEST),
        addresses=("203.0.114.10", "2001:4:112::10"),
        issuer="letsencrypt.org",
        account="https://acme-v02.api.letsencrypt.org/acme/acct/1",
    )


def test_what_mail_needs_is_required(make_facts: Callable[..., Facts]):
    """And nothing else is: whoever has these few gets mail, and gets it delivered."""
    required = [(one.name, one.type) for one in records(make_facts()) if one.level == "required"]

    assert required == [
        ("mail.example.org", "A"),
        ("10.114.0.203.in-addr.arpa", "PTR"),
        ("example.org", "MX"),
        ("example.org", "TXT"),
        ("m1r._domainkey.example.org", "TXT"),
        ("_dmarc.example.org", "TXT"),
    ]


def test_the_authentication_is_what_large_receivers_ask_for(make_facts: Callable[..., Facts]):
    """One SPF record that ends in ~all and takes few lookups (RFC 7208, 4.6.4), a DMARC policy that says something."""
    found = shown_values(make_facts(spf_include="spf.provider.example news.example"))

    assert found["example.org", "TXT"] == ["v=spf1 mx include:spf.provider.example include:news.example ~all"]
    assert found["_dmarc.example.org", "TXT"] == ["v=DMARC1; p=quarantine; rua=mailto:postmaster@example.org"]
    assert found["mail.example.org", "TXT"] == ["v=spf1 a -all"]


def test_a_domain_that_is_anothers_alias_has_all_that_the_other_has(make_facts: Callable[..., Facts]):
    """People send from it too, and strangers forge it."""
    found = shown_values(make_facts(domains=(Domain(name="example.org"), Domain(name="example.com", alias_of="example.org"))))

    assert {name.replace("example.com", "") for name, _ in found if "example.com" in name} == {
        name.replace("example.org", "") for name, _ in found if "example.org" in name and "mail." not in name
    }


@pytest.mark.parametrize("kind", [Domain(name="quiet.net", receives=False), Domain(name="quiet.net", alias_of="null.net")])
def test_a_domain_without_mail_says_so(make_facts: Callable[..., Facts], kind: Domain):
    """It takes none, sends none, and the postmaster of another domain gets the reports about it, which that domain allows."""
    found = shown_values(make_facts(domains=(Domain(name="example.org"), Domain(name="null.net", receives=False), kind)))

    assert {name: values for name, values in found.items() if name[0].endswith("quiet.net")} == {
        ("quiet.net", "MX"): ["0 ."],
        ("quiet.net", "TXT"): ["v=spf1 -all"],
        ("_dmarc.quiet.net", "TXT"): ["v=DMARC1; p=reject; rua=mailto:postmaster@example.org"],
    }
    assert found["quiet.net._report._dmarc.example.org", "TXT"] == ["v=DMARC1"]


def test_both_keys_of_the_certificate_are_there_before_the_switch(make_facts: Callable[..., Facts]):
    """So that no sender meets a key it does not know."""
    found = shown_values(make_facts(digests=(DIGEST, NEXT_DIGEST)))

    assert found["_25._tcp.mail.example.org", "TLSA"] == [f"3 1 1 {DIGEST}", f"3 1 1 {NEXT_DIGEST}"]


def test_a_next_and_a_retired_key_stay_in_the_dns(make_facts: Callable[..., Facts]):
    """Each with its own reason; only what signs now is required."""
    rsa, _ = a_pair("example.org")
    keys = [rsa, *(type(rsa)(**{**vars(rsa), "selector": state, "state": state}) for state in ("next", "retired"))]
    facts = make_facts(keys={"example.org": keys})
    found = {one.name.partition(".")[0]: one for one in records(facts) if "._domainkey" in one.name}

    assert {name: one.level for name, one in found.items()} == {
        "m1r": "required",
        "next": "recommended",
        "retired": "recommended",
    }
    assert "once it is seen" in found["next"].reason
    assert "leave it" in found["retired"].reason


def test_the_ports_are_those_that_are_published(make_facts: Callable[..., Facts]):
    """What is not served is not announced."""
    found = shown_values(make_facts(port_imaps="2993", pop3="no", submission_starttls="no"))

    assert {name: value for (name, kind), value in found.items() if kind == "SRV"} == {
        "_imaps._tcp.example.org": ["0 1 2993 mail.example.org."],
        "_submissions._tcp.example.org": ["0 1 465 mail.example.org."],
    }


def test_only_the_ca_that_was_asked_may_issue(make_facts: Callable[..., Facts]):
    """For the account there that is ours, and only for the server's name: the web site may have another CA."""
    found = shown_values(make_facts(issuer="letsencrypt.org", account="https://ca.example/acct/1"))

    assert found["mail.example.org", "CAA"] == ['0 issue "letsencrypt.org; accounturi=https://ca.example/acct/1"']
    assert found["example.org", "CAA"] == ['0 issuemail ";"']
    assert ("mail.example.org", "CAA") not in shown_values(make_facts())


def test_the_id_of_the_policy_follows_its_text(make_facts: Callable[..., Facts]):
    """It waits for web pages, and for a certificate that strangers trust; without both it does no good."""

    def record(**words: str) -> Record:
        return next(one for one in records(make_facts(**words)) if one.name == "_mta-sts.example.org")

    one = record()

    assert re.fullmatch(r"v=STSv1; id=[0-9a-f]{32}", one.value)
    assert sts.identity("mail.example.org") != sts.identity("mail.example.net")
    assert sts.policy("mail.example.org").split("\r\n")[:3] == ["version: STSv1", "mode: enforce", "mx: mail.example.org"]
    assert "certificate" in one.waits
    assert "certificate" not in record(tls="files").waits
    assert record(tls="files", profiles="web").waits is None


def test_a_name_that_is_a_domain_too_has_one_spf_record(make_facts: Callable[..., Facts]):
    """Two would count as none."""
    found = shown_values(make_facts(hostname="example.org"))

    assert found["example.org", "TXT"] == ["v=spf1 mx ~all"]
    assert ("_dmarc.mail.example.org", "TXT") not in found


def test_a_name_is_no_alias_of_itself(make_facts: Callable[..., Facts]):
    """Somebody may have called the server as mail programs guess."""
    found = shown_values(make_facts(hostname="autoconfig.example.org"))

    assert ("autoconfig.example.org", "CNAME") not in found
    assert found["autodiscover.example.org", "CNAME"] == ["autoconfig.example.org."]


def test_a_name_outside_all_domains_has_a_policy_of_its_own(make_facts: Callable[..., Facts]):
    """No other covers it."""
    found = shown_values(make_facts(hostname="mx.hosting.example"))

    assert found["_dmarc.mx.hosting.example", "TXT"] == ["v=DMARC1; p=reject"]
    assert found["example.org", "MX"] == ["10 mx.hosting.example."]


def test_what_only_the_owner_knows_is_said(make_facts: Callable[..., Facts]):
    """The address, the relay's SPF name, keys that are not there: each in a sentence with what to type."""
    said = notes(make_facts(addresses=(), relay_host="smtp.provider.example", keys={}))

    assert any("MAIL_PUBLIC_ADDRESS" in one for one in said)
    assert any("MAIL_SPF_INCLUDE" in one and "smtp.provider.example" in one for one in said)
    assert any("no DKIM key yet for example.org" in one for one in said)
    assert not any("MAIL_SPF_INCLUDE" in one for one in notes(make_facts(relay_host="a.example", spf_include="b.example")))
    assert any("Assumed: 203.0.114.10" in one for one in notes(make_facts()))
    assert not any("Assumed" in one for one in notes(make_facts(public_address="203.0.114.10")))


def test_one_domain_can_be_asked_for(make_facts: Callable[..., Facts]):
    """All that stands in it, and nothing of the others."""
    facts = everything(make_facts)

    assert {one.name for one in records(facts, "example.net")} == {"example.net", "_dmarc.example.net"}
    assert any(one.type == "PTR" for one in records(facts, "example.org"))
    assert not any(one.type == "PTR" for one in records(facts, "example.com"))


def test_every_record_has_a_sentence_of_reason(make_facts: Callable[..., Facts]):
    """In one line of a zone file, ending as a sentence does; programs are told seven things."""
    for one in records(everything(make_facts)):
        assert one.reason.endswith((".", ")."))
        assert "\n" not in one.reason
        assert list(as_json(one)) == ["name", "type", "ttl", "value", "level", "reason", "status"]


def test_the_forms_are_as_they_were(make_facts: Callable[..., Facts], request: pytest.FixtureRequest):
    """For a person, for BIND, for octoDNS; --update-golden writes them, and the review reads the difference."""
    facts = everything(make_facts)
    found = records(facts)
    texts = {
        "words.txt": forms.words(facts, found, notes(facts)),
        "zone": forms.zone_file(found, notes(facts)),
        "octodns.yaml": forms.octodns(facts, found),
    }
    for name, text in texts.items():
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_text(text)
        assert (GOLDEN / name).read_text() == text


def read_zone(text: str) -> list[dns.rrset.RRset]:
    """Return what dnspython reads in a zone file."""
    return dns.zonefile.read_rrsets(text, rdclass=None, origin=dns.name.root, relativize=False)


def test_a_zone_file_reads_as_the_records_it_was_made_of(make_facts: Callable[..., Facts]):
    """By dnspython: a long key in pieces that are one text again; the reverse record is the provider's and only a comment."""
    found = records(everything(make_facts))
    sets = read_zone(forms.zone_file(found, ["a note"]))
    read = {(one.name.to_text(True), shown(value)) for one in sets for value in one}

    assert read == {(one.name, one.value) for one in found if one.type != "PTR"}


def test_what_is_not_known_is_a_comment_in_a_zone_file(make_facts: Callable[..., Facts]):
    """Nobody shall publish a guess."""
    found = records(make_facts(addresses=()))
    sets = read_zone(forms.zone_file(found, []))

    assert "; mail.example.org. 3600 IN A your public address\n" in forms.zone_file(found, [])
    assert ("mail.example.org", dns.rdatatype.A) not in {(one.name.to_text(True), one.rdtype) for one in sets}


def test_octodns_reads_its_yaml(make_facts: Callable[..., Facts], tmp_path: Path):
    """All of it, by octoDNS's own provider, which checks each record."""
    facts = everything(make_facts)
    found = records(facts)
    read = set()
    for document in forms.octodns(facts, found).split("---\n# ")[1:]:
        name, _, text = document.partition("\n")
        (tmp_path / name).write_text(text)
        zone = Zone(name.removesuffix("yaml"), [])
        YamlProvider("ours", str(tmp_path), escaped_semicolons=True).populate(zone)
        read |= {(one.fqdn.removesuffix("."), one._type) for one in zone.records}

    assert yaml.safe_load(text)
    assert read == {(one.name, one.type) for one in found if one.type != "PTR"}


def one_line() -> st.SearchStrategy[str]:
    """Return texts of one line of ASCII."""
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=1000)


@given(one_line())
def test_any_text_comes_back_from_its_pieces(value: str):
    """Quotes and backslashes in it, and however long it is."""
    (found,) = read_zone(f"a.b. 60 IN TXT {txt.quoted(value)}\n")

    assert shown(found[0]) == value
    assert all(len(piece) <= 255 for piece in found[0].strings)


def test_a_record_that_was_not_looked_for_is_not_wrong():
    """A required one that was, and is not right, is."""
    one = Record(name="a.b", type="A", value="203.0.114.1", level="required", reason="It is.")

    assert not one.is_wrong
    assert not Record(**{**vars(one), "status": "right"}).is_wrong
    assert Record(**{**vars(one), "status": "missing"}).is_wrong
