"""The YAML file that declares a directory: what it says, and every way in which it can be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailstead.directory import yaml_keys, yaml_reading, yaml_tree
from mailstead.directory.declaration import Declaration, DeclaredAccount
from mailstead.directory.problems import DeclarationError
from mailstead.directory.snapshot import Domain, Group, Pattern

WHOLE = r"""
domains:
  Example.org: {postmaster: alice@example.org, most_accounts: 20, total_quota: 200G, receives: yes}
  example.net: {alias_of: example.org}
  example.com:
accounts:
  Alice@example.org:
    name: No
    password_hash: $y$j9T$abc$def
    quota: 10g
    enabled: no
    may_send: off
    must_change: true
    forward: Dora@elsewhere.example
    keep_copy: no
    senders: [sales@example.org, info@example.org]
  123@example.org: {quota: default}
  no@example.org: ~
aliases:
  sales@example.org: [alice@example.org, 123@example.org]
  one@example.org: alice@example.org
expressions:
  - match: x\d+@example.org
    targets: [alice@example.org]
  - {match: "a.*@example.org", targets: 123@example.org}
groups:
  team@example.org:
    members: [alice@example.org]
    post: members
    list_id: yes
    reply_to: team@example.org
  nobody@example.org: {}
"""


def refused(text: str | bytes) -> list[str]:
    """Return what is said of each problem of a file: line, path and words, without what is allowed."""
    with pytest.raises(DeclarationError) as caught:
        yaml_reading.read(text if isinstance(text, bytes) else text.encode())
    return [str(problem).splitlines()[0].strip() for problem in caught.value.problems]


def read_or_refused(data: bytes) -> Declaration | list:
    """Return what a file declares, or its problems."""
    try:
        return yaml_reading.read(data)
    except DeclarationError as error:
        return error.problems


def test_everything_a_file_can_say_is_read():
    """Names as they are written: YAML's own ideas of no, 123 and off come in nowhere but where yes or no is asked."""
    alice = DeclaredAccount(
        typed="Alice@example.org",
        password_hash="$y$j9T$abc$def",
        name="No",
        quota=10 * 2**30,
        enabled=False,
        may_send=False,
        must_change=True,
        targets=("Dora@elsewhere.example",),
        keeps_copy=False,
        senders=("sales@example.org", "info@example.org"),
    )
    assert yaml_reading.read(WHOLE.encode()) == Declaration(
        domains=(
            Domain(name="example.org", postmaster="alice@example.org", most_accounts=20, total_quota=200 * 2**30),
            Domain(name="example.net", alias_of="example.org"),
            Domain(name="example.com"),
        ),
        accounts=(alice, DeclaredAccount(typed="123@example.org"), DeclaredAccount(typed="no@example.org")),
        aliases={
            "sales@example.org": ("alice@example.org", "123@example.org"),
            "one@example.org": ("alice@example.org",),
        },
        groups=(
            Group(
                address="team@example.org",
                members=("alice@example.org",),
                post="members",
                list_id=True,
                reply_to="team@example.org",
            ),
            Group(address="nobody@example.org"),
        ),
        patterns=(
            Pattern(pattern=r"x\d+", domain="example.org", targets=("alice@example.org",)),
            Pattern(pattern="a.*", domain="example.org", targets=("123@example.org",)),
        ),
    )


def test_a_section_that_is_not_there_is_not_an_empty_one():
    """Nor is one all of which was commented out: only {} says that there shall be none."""
    assert yaml_reading.read(b"") == Declaration()
    assert yaml_reading.read(b"accounts:\n  # alice@example.org: {}\n") == Declaration()
    assert yaml_reading.read(b"accounts: {}\nexpressions: []\n") == Declaration(accounts=(), patterns=())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acounts: {}", "line 1, acounts: there is no such key; did you mean accounts?"),
        ("accounts: [alice@example.org]", "line 1, accounts: here is no list of names, each with a colon"),
        ("accounts:\n  alice: {}", "line 2, accounts.alice: this name is not accepted"),
        (
            "accounts:\n  a@b.example:\n    qouta: 5G",
            "line 3, accounts.a@b.example.qouta: there is no such key; did you mean quota?",
        ),
        ("accounts: {a@b.example: {quota: 5 gigs}}", 'line 1, accounts.a@b.example.quota: "5 gigs" is not accepted'),
        ("accounts: {a@b.example: {quota: 0}}", 'line 1, accounts.a@b.example.quota: "0" is not accepted'),
        ("accounts: {a@b.example: {enabled: maybe}}", 'line 1, accounts.a@b.example.enabled: "maybe" is not accepted'),
        ("accounts: {a@b.example: {name: [x]}}", "line 1, accounts.a@b.example.name: here is no list and no map, but a text"),
        (
            "accounts: {a@b.example: {}, A@b.example: {}}",
            "line 1, accounts.A@b.example: a@b.example is written twice, in different letter case; keep one of them",
        ),
        (
            "accounts: {a@b.example: {}, a@b.example: {}}",
            "line 1, accounts.a@b.example: it is written twice, first in line 1; keep one of them",
        ),
        (
            "accounts: {a@b.example: }\ngroups: {a@b.example: }",
            "line 2, groups.a@b.example: a@b.example stands below accounts already",
        ),
        ("domains: {b.example: {alias_of: no}}", 'line 1, domains.b.example.alias_of: "no" is not accepted'),
        ("domains: {no: {}}", "line 1, domains.no: this name is not accepted"),
        (
            "domains: {b.example: {alias_of: c.example, receives: no}}",
            "line 1, domains.b.example: with alias_of it has nothing of its own; leave out the other keys",
        ),
        ("domains: {b.example: {most_accounts: -1}}", 'line 1, domains.b.example.most_accounts: "-1" is not accepted'),
        ("aliases: {a@b.example: []}", "line 1, aliases.a@b.example: it leads nowhere"),
        ("aliases: {a@b.example: [x, c@b.example]}", 'line 1, aliases.a@b.example: "x" is not accepted'),
        ("expressions: {x: y}", "line 1, expressions: here is no list, each of it after a dash"),
        (
            "expressions: [{match: '(@b.example', targets: a@b.example}]",
            'line 1, expressions[1].match: "(@b.example" is not accepted: missing ), unterminated subpattern at position 0',
        ),
        ("expressions: [{match: x@b.example}]", "line 1, expressions[1]: it has no targets"),
        ('domains: {"a\\e[2J\\n": {}}', r"line 1, domains.a\u001b[2J\u000a: this name is not accepted"),
        ("groups: {a@b.example: {post: all}}", 'line 1, groups.a@b.example.post: "all" is not accepted'),
        ("a: 1\n b: 2", "line 2: this is not YAML: mapping values are not allowed in this context"),
        (
            "accounts:\n\ta@b.example:",
            "line 2: this is not YAML: found character that cannot start any token while scanning for the next token",
        ),
        ("a: &x 1", "line 1: anchors and references (& and *) are not read; write out what is meant, or put the text in quotes"),
        ("a: !!python/object/apply:os.system [id]", "line 1: tags (!) are not read; leave it out, or put the text in quotes"),
        ("? [a]\n: 1", "line 1: a list or a map cannot be the name of something"),
        ("a: 1\n---\nb: 1", "line 2: a second document begins here (---); a file holds one"),
        ("[" * 300_000, "line 1: lists and maps are nested more than 8 deep"),
        (b"accounts: {}\n# \xff", "line 2: this is not UTF-8 text"),
        ("a: 1\nb: \x01", "line 2: this is not YAML: it holds a control character"),
        (b" " * (yaml_tree.LARGEST + 1), "the file: it is larger than 64 MB"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_path(text: str | bytes, said: str):
    """In words that say what to do."""
    assert said in refused(text)


def test_all_problems_are_told_at_once_with_what_is_allowed():
    """In the order of the file."""
    text = "accounts:\n  a@b.example: {quota: x}\ndomains:\n  c: {}\naccounts: {}\n"
    with pytest.raises(DeclarationError) as caught:
        yaml_reading.read(text.encode())

    assert str(caught.value) == (
        "3 things need attention; nothing was changed.\n\n"
        '  line 2, accounts.a@b.example.quota: "x" is not accepted\n'
        "      allowed: a size such as 500M or 10G, or default\n"
        "      example: quota: 10G\n\n"
        "  line 4, domains.c: this name is not accepted\n"
        "      allowed: a domain name such as example.org (an international name in its xn-- form)\n"
        "      example: example.org: {}\n\n"
        "  line 5, accounts: it is written twice, first in line 1; keep one of them"
    )


def test_a_secret_is_not_shown():
    """Neither what stands in place of a hash, nor a password that does not belong here."""
    text = "accounts:\n  a@b.example: {password_hash: hunter2}\n  c@b.example: {password: hunter3}\n"
    with pytest.raises(DeclarationError) as caught:
        yaml_reading.read(text.encode())

    assert "hunter" not in str(caught.value)
    assert "a password never stands in this file, only its hash: password_hash" in str(caught.value)


def test_a_thousand_problems_are_not_a_flood():
    """The first fifty tell enough."""
    text = "domains:\n" + "".join(f"  d{number}: {{}}\n" for number in range(1000))
    with pytest.raises(DeclarationError) as caught:
        yaml_reading.read(text.encode())

    assert str(caught.value).startswith("1000 things need attention")
    assert str(caught.value).endswith("  and 950 more")


def test_json_is_read_too():
    """Every JSON text is YAML."""
    text = json.dumps({"accounts": {"a@b.example": {"quota": "5G", "enabled": False, "name": "é"}}})

    (account,) = yaml_reading.read(text.encode()).accounts or ()
    assert (account.quota, account.enabled, account.name) == (5 * 2**30, False, "é")


TREES = st.recursive(
    st.text(max_size=5) | st.sampled_from(["a@b.example", "yes", "5G", "members", "b.example"]) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([*yaml_keys.SECTIONS, "a@b.example", "b.example", "quota", "targets", "match", "members", "forward"]),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)


@hypothesis_settings(max_examples=300)
@given(tree=TREES)
def test_no_file_breaks_the_reading(tree: object):
    """Whatever stands where: it is a declaration, or problems with words."""
    assert read_or_refused(json.dumps(tree).encode())


@hypothesis_settings(max_examples=300)
@given(data=st.binary(max_size=30) | st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t", max_size=40).map(str.encode))
def test_no_bytes_break_the_reading(data: bytes):
    """Nor does what is no YAML at all."""
    assert read_or_refused(data)
