"""What a publication would change, and what it never touches. Pure."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailstead.dns import Facts, Record, ledger, records
from mailstead.dns.fit import serves
from mailstead.dns.ledger import Entry
from mailstead.dns.plan import Plan, entry_of, plan, publishable

SPF = Record(name="example.org", type="TXT", value="v=spf1 mx ~all", level="required", reason="SPF.")
MX = Record(name="example.org", type="MX", value="10 mail.example.org.", level="required", reason="MX.")
ALIAS = Record(name="autoconfig.example.org", type="CNAME", value="mail.example.org.", level="recommended", reason="It.")
TLSA = Record(name="_25._tcp.mail.example.org", type="TLSA", value="3 1 1 ab", level="recommended", reason="DANE.")
WANTED = (SPF, MX, ALIAS, TLSA)

Zone = dict[tuple[str, str], list[str]]


def carried_out(made: Plan, found: Zone) -> Zone:
    """Return what is there once a plan is carried out."""
    after = {key: list(values) for key, values in found.items()}
    for one in made.remove:
        after[one.name, one.type].remove(one.value)
    for one in made.add:
        after.setdefault((one.name, one.type), []).append(one.value)
    return {key: values for key, values in after.items() if values}


def test_an_empty_zone_gets_everything():
    """And then there is nothing more to do, and all of it is ours."""
    made = plan(WANTED, {}, ())

    assert (made.add, made.remove, made.blocked) == (WANTED, (), ())
    again = plan(WANTED, carried_out(made, {}), ())
    assert again.is_empty
    assert again.kept == {entry_of(one) for one in WANTED}


def test_only_what_can_be_published_is(make_facts: Callable[..., Facts]):
    """Not what nobody knows, what the provider of the address sets, or what web pages are needed for."""
    found = publishable(records(make_facts(addresses=())))

    assert {"mail.example.org", "autoconfig.example.org"} & {one.name for one in found if one.type in ("A", "CNAME")} == set()
    assert not any(one.type == "PTR" for one in found)
    assert any(one.name == "autoconfig.example.org" for one in publishable(records(make_facts(profiles="web"))))


def test_what_was_published_before_and_is_wanted_no_more_goes():
    """A key that is retired, another SPF text; also where the old text would do as well."""
    old = Entry("example.org", "TXT", "v=spf1 mx include:spf.old.example ~all")
    made = plan([SPF], {("example.org", "TXT"): [old.value, "MS=ms1"]}, {old, Entry("gone.example.org", "A", "203.0.114.1")})

    assert made.remove == (old,)
    assert made.add == (SPF,)


@pytest.mark.parametrize(
    ("wanted", "theirs"),
    [
        (SPF, Entry("example.org", "TXT", "v=spf1 include:spf.provider.example -all")),
        (MX, Entry("example.org", "MX", "10 mx.provider.example.")),
        (MX, Entry("example.org", "CNAME", "www.provider.example.")),
        (ALIAS, Entry("autoconfig.example.org", "A", "203.0.114.77")),
        (ALIAS, Entry("autoconfig.example.org", "CNAME", "autoconfig.provider.example.")),
    ],
)
def test_what_somebody_else_has_put_there_stays(wanted: Record, theirs: Entry):
    """It is shown, and ours is not published beside it; unless the owner says that it shall go."""
    value = theirs.value if theirs.type != "CNAME" or wanted.type == "CNAME" else f"CNAME {theirs.value}"
    found = {(wanted.name, wanted.type if value.startswith("CNAME ") else theirs.type): [value]}

    assert plan([wanted], found, ()) == Plan(blocked=((wanted, theirs),))
    assert plan([wanted], found, (), replace=True) == Plan(add=(wanted,), remove=(theirs,))


def test_beside_others_digests_ours_is_published():
    """Such records do not get into each other's way."""
    made = plan([TLSA], {(TLSA.name, "TLSA"): ["3 1 1 ef"]}, ())

    assert (made.add, made.remove, made.blocked) == ((TLSA,), (), ())


def texts() -> st.SearchStrategy[list[str]]:
    """Return TXT records of a domain: ours, others', of no concern."""
    kinds = ["v=spf1 mx ~all", "v=spf1 mx a -all", "v=spf1 -all", "MS=ms1", "v=spf1 include:a.example ~all"]
    return st.lists(st.sampled_from(kinds), unique=True)


@given(
    texts(),
    st.lists(st.sampled_from(["10 mail.example.org.", "20 mail.example.org.", "10 mx.a.example.", "0 ."]), unique=True),
    st.lists(st.sampled_from(["3 1 1 ab", "3 1 1 ef", "2 1 1 01"]), unique=True),
    st.sets(st.integers(0, 8)),
)
def test_nothing_of_others_is_ever_taken_away(txt: list[str], mx: list[str], tlsa: list[str], ours: set[int]):
    """And whatever is not blocked is there afterwards; a second publication finds nothing to do."""
    found = {("example.org", "TXT"): txt, ("example.org", "MX"): mx, (TLSA.name, "TLSA"): tlsa}
    everything = [Entry(*key, value) for key, values in found.items() for value in values]
    known = {one for index, one in enumerate(everything) if index in ours}
    made = plan(WANTED, found, known)
    after = carried_out(made, found)

    assert set(made.remove) <= known
    for one in set(WANTED) - {record for record, _ in made.blocked}:
        assert any(serves(one.type, one.value, value) for value in after[one.name, one.type])
    assert plan(WANTED, after, known | {entry_of(one) for one in made.add}).is_empty


def test_what_is_ours_outlives_a_restart(tmp_path):
    """For root alone; where the file is torn or gone nothing is ours, so nothing is taken away."""
    place = tmp_path / "dns.json"
    entries = {entry_of(one) for one in WANTED}
    ledger.keep(entries, place)

    assert ledger.read(place) == entries
    assert place.stat().st_mode & 0o777 == 0o600
    for torn in ("", "[", "[7]", "[[1, 2]]", "{}"):
        place.write_text(torn)
        assert ledger.read(place) == frozenset()
    assert ledger.read(tmp_path / "none") == frozenset()
