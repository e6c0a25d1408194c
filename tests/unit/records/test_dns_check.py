"""What is there against what shall be there: each status, and what is harmful, by answers as servers give them. Pure."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from mailstead.dns import Facts, Record, records
from mailstead.dns.check import check
from support.dkim_keys import RSA

NS = "ns.example.org"
GOOD = "v=spf1 mx ~all"
DKIM = "m1r._domainkey.example.org"


def zone(facts: Facts, *others: tuple[str, str, Sequence[str]]) -> dict[tuple[str, str], list[str]]:
    """Return a zone with every record in it, but for `others`: name, type, the values there are instead."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in records(facts):
        found.setdefault((one.name, one.type), []).append(one.value or "203.0.114.10")
    return found | {(name, kind): [*values] for name, kind, values in others}


def looked_up(facts: Facts, *zones: Mapping[tuple[str, str], Sequence[str]] | None) -> Sequence[Record]:
    """Check the records against servers ns1, ns2, ... with these zones; None is a server that does not answer."""
    def ask(name: str, kind: str) -> dict[str, Sequence[str] | None]:
        return {f"ns{i}": None if one is None else one.get((name, kind), []) for i, one in enumerate(zones, 1)}

    return check(records(facts), ask)


def not_right(found: Sequence[Record]) -> dict[tuple[str, str, str | None], str]:
    """Return what is not right: name, type and value to status."""
    return {(one.name, one.type, one.value): one.status for one in found if one.status != "right"}


def test_a_zone_with_all_of_it_is_right(make_facts: Callable[..., Facts]):
    """Nothing is wrong, and nothing is extra."""
    facts = make_facts()

    assert not_right(looked_up(facts, zone(facts))) == {}
    assert not_right(looked_up(make_facts(addresses=()), zone(make_facts(addresses=())))) == {}


@pytest.mark.parametrize(
    ("name", "kind", "there"),
    [
        ("example.org", "MX", "20 mail.example.org."),
        ("example.org", "TXT", "v=spf1 mx a:other.example include:spf.news.example -all"),
        ("example.org", "TXT", "V=SPF1 MX ~ALL"),
        ("_dmarc.example.org", "TXT", "v=DMARC1;p=reject;rua=mailto:reports@dmarc.example.org;pct=100"),
        (DKIM, "TXT", f"p={RSA}; k=rsa"),
        (DKIM, "TXT", f"v=DKIM1; p={RSA}"),
        (DKIM, "TXT", f"v=DKIM1; k=rsa; p={RSA[:80]} {RSA[80:]}"),
        ("_smtp._tls.example.org", "TXT", "v=TLSRPTv1; rua=https://reports.example/in"),
        ("_imaps._tcp.example.org", "SRV", "10 5 993 mail.example.org."),
    ],
)
def test_another_way_to_say_it_is_right_too(make_facts: Callable[..., Facts], name: str, kind: str, there: str):
    """An owner may have more senders, a stricter policy, reports elsewhere."""
    facts = make_facts()

    assert not_right(looked_up(facts, zone(facts, (name, kind, [there])))) == {}


@pytest.mark.parametrize(
    ("name", "kind", "there"),
    [
        ("example.org", "MX", "10 mx.provider.example."),
        ("example.org", "TXT", "v=spf1 include:spf.provider.example -all"),
        ("example.org", "TXT", "v=spf1 mx ?all"),
        ("example.org", "TXT", "v=spf1 mx +all"),
        ("_dmarc.example.org", "TXT", "v=DMARC1; p=none"),
        ("_dmarc.example.org", "TXT", "v=DMARC1; p=quarantine; t=y"),
        ("_dmarc.example.org", "TXT", "v=DMARC1; p=quarantine; pct=10"),
        ("_dmarc.example.org", "TXT", "v=DMARC1; p=quarantin"),
        (DKIM, "TXT", f"v=DKIM1; k=rsa; p={RSA[:-8]}"),
        (DKIM, "TXT", "v=DKIM1; p="),
        (DKIM, "TXT", f"v=DKIM1; t=y; p={RSA}"),
        ("mail.example.org", "A", "192.168.1.10"),
        ("mail.example.org", "A", "CNAME host.provider.example."),
        ("10.114.0.203.in-addr.arpa", "PTR", "pool-10.provider.example."),
    ],
)
def test_what_stands_in_its_place_is_shown(make_facts: Callable[..., Facts], name: str, kind: str, there: str):
    """The record is different, and behind it comes what there is: both can be read."""
    facts = make_facts()
    found = looked_up(facts, zone(facts, (name, kind, [there])))
    alias = there.startswith("CNAME ")

    (wanted,) = [one for one in records(facts) if (one.name, one.type) == (name, kind)]
    assert not_right(found) == {
        (name, kind, wanted.value): "different",
        (name, "CNAME" if alias else kind, there.removeprefix("CNAME ")): "extra",
    }
    assert any(one.is_wrong for one in found)
    assert alias or found[[one.status for one in found].index("extra")].reason.startswith("This stands in its place")


def test_what_is_missing_is_wrong_where_it_is_required(make_facts: Callable[..., Facts]):
    """Recommended records can wait."""
    facts = make_facts()
    found = looked_up(facts, zone(facts, ("example.org", "MX", []), ("_imaps._tcp.example.org", "SRV", [])))

    assert {key[:2]: status for key, status in not_right(found).items()} == {
        ("example.org", "MX"): "missing",
        ("_imaps._tcp.example.org", "SRV"): "missing",
    }
    assert [one.name for one in found if one.is_wrong] == ["example.org"]


def test_other_texts_of_a_name_are_nobodys_business(make_facts: Callable[..., Facts]):
    """A domain has many: of search engines, of office suites."""
    facts = make_facts()

    assert not_right(looked_up(facts, zone(facts, ("example.org", "TXT", ["google-site-verification=x", GOOD, "MS=ms1"])))) == {}


@pytest.mark.parametrize("second", ["v=spf1 include:spf.provider.example -all", "v=spf1 mx a ~all"])
def test_a_second_spf_record_is_wrong(make_facts: Callable[..., Facts], second: str):
    """Receivers count two as an error (RFC 7208, 4.5), whatever they say."""
    facts = make_facts()
    found = looked_up(facts, zone(facts, ("example.org", "TXT", [GOOD, second])))

    assert not_right(found) == {("example.org", "TXT", second): "extra"}
    assert any(one.is_wrong for one in found)


def test_a_second_mail_exchanger_is_shown(make_facts: Callable[..., Facts]):
    """It may be a backup of the owner's own: nothing fails by it."""
    facts = make_facts()
    found = looked_up(facts, zone(facts, ("example.org", "MX", ["10 mail.example.org.", "20 backup.example.net."])))

    assert not_right(found) == {("example.org", "MX", "20 backup.example.net."): "extra"}
    assert not any(one.is_wrong for one in found)


def test_an_address_of_the_other_family_that_is_not_ours_is_shown(make_facts: Callable[..., Facts]):
    """Many senders try IPv6 first, and a forgotten record leads them astray; where it is ours, it is right."""
    facts, there = make_facts(), {("mail.example.org", "AAAA"): ["2001:4:112::99"]}
    both = make_facts(addresses=("203.0.114.10", "2001:4:112::99"))

    assert not_right(looked_up(facts, zone(facts) | there)) == {("mail.example.org", "AAAA", "2001:4:112::99"): "extra"}
    assert not_right(looked_up(both, zone(both))) == {}


def test_the_digest_of_another_key_keeps_mail_away(make_facts: Callable[..., Facts]):
    """No TLSA record is well; one that no key of ours matches is worse than none, and an old one beside ours only untidy."""
    facts = make_facts()
    place, old, ours = ("_25._tcp.mail.example.org", "TLSA"), f"3 1 1 {'ef' * 32}", f"3 1 1 {'ab' * 32}"

    none, wrong, both = (looked_up(facts, zone(facts, (*place, values))) for values in ([], [old], [old, ours]))
    assert not any(one.is_wrong for one in none)
    assert [one.value for one in wrong if one.is_wrong] == [ours]
    assert not_right(both) == {(*place, old): "extra"}
    assert not any(one.is_wrong for one in both)


@pytest.mark.parametrize(
    ("there", "harmful"),
    [
        ('0 issue "other-ca.example"', True),
        ('0 issue "ca.example; accounturi=https://ca.example/acct/2"', True),
        ('0 issue "ca.example"', False),
        ('0 issuewild ";"', False),
    ],
)
def test_a_caa_record_for_others_keeps_the_next_certificate_away(make_facts: Callable[..., Facts], there: str, harmful: bool):
    """The order would be refused, months from now."""
    facts = make_facts(issuer="ca.example", account="https://ca.example/acct/1")
    found = looked_up(facts, zone(facts, ("mail.example.org", "CAA", [there])))

    assert any(one.is_wrong for one in found) == harmful


def test_servers_that_do_not_agree_are_named(make_facts: Callable[..., Facts]):
    """Every server is asked: one that has not heard of a change answers half the world."""
    facts = make_facts()
    found = looked_up(facts, zone(facts), zone(facts, ("example.org", "MX", [])))
    (one,) = [one for one in found if one.status != "right"]

    assert (one.type, one.status) == ("MX", "missing")
    assert one.reason.startswith("Not so at ns2; the others have it.")


def test_a_server_that_is_away_is_named_and_the_others_are_believed(make_facts: Callable[..., Facts]):
    """Where none answers, nothing is known."""
    facts = make_facts()
    half, none, nobody = looked_up(facts, zone(facts), None), looked_up(facts, None), looked_up(facts)

    assert {one.status for one in half} == {"right"}
    assert half[0].reason.startswith("No answer from ns2.")
    assert {one.status for one in [*none, *nobody]} == {"unreachable"}
    assert any(one.is_wrong for one in none)
    assert none[0].reason.startswith("No answer from ns1.")
    assert nobody[0].reason.startswith("Nobody in the DNS says which servers are responsible.")


def test_an_spf_record_that_leads_too_far_is_wrong(make_facts: Callable[..., Facts]):
    """Receivers give up after ten lookups, those of all includes counted; ten are well."""
    facts = make_facts(spf_include="spf.provider.example")
    for many, status in ((8, "right"), (9, "different")):
        others = " ".join(f"a:host{number}.provider.example" for number in range(many))
        there = zone(facts, ("spf.provider.example", "TXT", ["of no concern", f"v=spf1 {others} ip4:203.0.114.0/24 -all"]))
        (one,) = [one for one in looked_up(facts, there) if one.value == "v=spf1 mx include:spf.provider.example ~all"]

        assert one.status == status
        assert ("more than 10 lookups" in one.reason) == (status == "different")


def test_an_spf_record_that_leads_to_itself_comes_to_an_end(make_facts: Callable[..., Facts]):
    """Its lookups never end, so it is wrong."""
    facts = make_facts(spf_include="spf.provider.example")
    there = zone(facts, ("spf.provider.example", "TXT", ["v=spf1 include:spf.provider.example redirect=spf.provider.example"]))

    assert "different" in {one.status for one in looked_up(facts, there) if one.name == "example.org" and one.type == "TXT"}


def test_reports_to_others_need_their_consent(make_facts: Callable[..., Facts]):
    """Large senders look for it, and send none without (RFC 7489, 7.1)."""
    facts, policy = make_facts(), "_dmarc.example.org"
    there = zone(facts, (policy, "TXT", ["v=DMARC1; p=reject; rua=mailto:x@reports.example!10m,mailto:y@sub.example.org"]))
    found = {one.name: one for one in looked_up(facts, there)}

    assert found[policy].status == "different"
    assert found[policy].reason.startswith("Reports go to reports.example, which has no record that it agrees")
    consent = {("example.org._report._dmarc.reports.example", "TXT"): ["v=DMARC1;"]}
    assert not_right(looked_up(facts, there | consent)) == {}


@pytest.mark.parametrize(("signed", "said"), [(True, False), (False, True), (None, False)])
def test_a_digest_in_a_zone_that_is_not_signed_is_vain(make_facts: Callable[..., Facts], signed: bool | None, said: bool):
    """It is right, and yet nobody heeds it: the owner is told."""
    facts = make_facts()
    there = zone(facts)
    found = check(records(facts), lambda name, kind: {NS: there.get((name, kind), [])}, lambda _: signed)
    (one,) = [one for one in found if one.type == "TLSA"]

    assert one.status == "right"
    assert one.reason.startswith("The zone is not signed") == said
