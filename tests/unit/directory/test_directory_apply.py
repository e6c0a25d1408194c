"""A declared directory made: what differs is changed, by the rules, all of it or nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead.directory import Place, passwords, snapshot, yaml_keys, yaml_writing
from support.typed import Said

MANUAL = Path(__file__).parents[3] / "docs/accounts-yaml.md"
HASH, OTHER = "$y$j9T$abc$def", "$6$salt$hash"
Apply = Callable[..., Said]
Stored = Callable[[], snapshot.Snapshot]
TWO = f"""
accounts:
  Alice@example.org: {{password_hash: {HASH}, name: Alice, quota: 5G}}
  bob@example.org: {{password_hash: {HASH}, forward: [sales@example.org], keep_copy: no}}
aliases:
  info@example.org: [sales@example.org, dora@elsewhere.example]
  sales@example.org: alice@example.org
groups:
  team@example.org: {{members: [info@example.org, bob@example.org], post: members}}
"""


@pytest.fixture
def apply(mailstead: Callable[..., Said]) -> Apply:
    """Apply a file, as `mailstead apply - OPTIONS`: apply("accounts: ...", "--prune")."""
    return lambda text, *options: mailstead("apply", "-", *options, typed_in=text.encode())


def account(now: snapshot.Snapshot, address: str) -> snapshot.Account:
    """Return an account."""
    (found,) = [one for one in now.accounts if one.address == address]
    return found


def test_what_a_file_declares_is_made_and_the_second_time_nothing(apply: Apply, stored: Stored):
    """In whatever order things stand and lead to each other."""
    assert apply(TWO).out == (
        '+ account alice@example.org: name "Alice", quota 5G\n'
        "+ account bob@example.org: forward sales@example.org, without a copy\n"
        "+ alias info@example.org: targets dora@elsewhere.example, sales@example.org\n"
        "+ alias sales@example.org: targets alice@example.org\n"
        "+ group team@example.org: members bob@example.org, info@example.org, post members\n"
    )
    assert account(stored(), "alice@example.org").typed == "Alice@example.org"
    counter = stored().counter

    assert apply(TWO).out == "nothing to do: all is as standard input declares it\n"
    assert stored().counter == counter


def test_only_what_differs_is_changed(apply: Apply, stored: Stored):
    """What is not said of a declared thing is its default again."""
    apply(TWO)
    said = apply(
        f"""
        accounts:
          alice@example.org: {{password_hash: {OTHER}, name: Alice, quota: 10G}}
          bob@example.org: {{may_send: no}}
        aliases:
          sales@example.org: [bob@example.org]
        """
    )

    assert said.out.splitlines()[:3] == [
        "~ account alice@example.org: quota 5G -> 10G, new password",
        "~ account bob@example.org: may_send yes -> no, forward sales@example.org, without a copy -> none",
        "~ alias sales@example.org: targets alice@example.org -> bob@example.org",
    ]
    assert said.out.splitlines()[3:] == ["1 thing is here that standard input does not declare; --prune removes it"]
    now = stored()
    assert account(now, "alice@example.org").password_hash == OTHER
    assert account(now, "bob@example.org").password_hash == HASH
    assert (now.aliases["sales@example.org"], len(now.groups)) == (("bob@example.org",), 1)
    assert now.aliases["info@example.org"] == ("dora@elsewhere.example", "sales@example.org")


def test_a_dry_run_tells_and_changes_nothing(apply: Apply, stored: Stored):
    """Its status says whether there is something to do; no password is made for it to show."""
    text = "accounts: {alice@example.org: }"
    before = stored()
    said = apply(text, "--dry-run")

    assert (said.status, said.out) == (1, "+ account alice@example.org\n")
    assert stored() == before
    apply(text)
    assert apply(text, "--dry-run").status == 0


def test_a_dry_run_tells_what_would_be_refused(apply: Apply):
    """By rules that only the directory knows."""
    text = "domains: {example.org: {most_accounts: 1}}\naccounts: {a@example.org: , b@example.org: }"

    said = apply(text, "--dry-run")
    assert (said.status, said.out) == (1, "")
    assert "example.org may have at most 1 account; this would make 2" in said.err


def test_one_refusal_refuses_all(apply: Apply, stored: Stored):
    """Each is told, with its path; nothing is half done."""
    before = stored()
    said = apply(TWO + "  other@example.org: {members: [nobody@example.org]}\ndomains: {example.net: {alias_of: example.com}}")

    assert (said.status, said.out) == (78, "")
    assert "2 things need attention; nothing was changed." in said.err
    assert "  domains.example.net: there is no domain example.com here" in said.err
    assert "  groups.other@example.org: nobody@example.org is no account, alias or group" in said.err
    assert stored() == before


def test_a_generated_password_is_told_once_and_opens(apply: Apply, stored: Stored):
    """Where no hash is declared; an account that is there keeps the password it has."""
    said = apply("accounts: {alice@example.org: {must_change: yes}}", "--json").facts

    alice = account(stored(), "alice@example.org")
    password = said["passwords"]["alice@example.org"]
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash
    assert alice.must_change
    assert apply("accounts: {alice@example.org: {name: Alice}}", "--json").facts["passwords"] == {}
    assert account(stored(), "alice@example.org").password_hash == alice.password_hash


def test_a_first_password_is_given_once(mailstead: Callable[..., Said], apply: Apply, stored: Stored):
    """Who has changed it keeps what he has; a hash without must_change is the password at each apply."""
    first = f"accounts: {{alice@example.org: {{must_change: yes, password_hash: {HASH}}}}}"
    apply(first)
    assert account(stored(), "alice@example.org").must_change
    mailstead("account", "passwd", "alice@example.org", "--password-stdin", typed_in=b"her own\n")
    own = account(stored(), "alice@example.org").password_hash

    assert apply(first).out == "nothing to do: all is as standard input declares it\n"
    assert account(stored(), "alice@example.org").password_hash == own
    apply(f"accounts: {{alice@example.org: {{password_hash: {HASH}}}}}")
    assert account(stored(), "alice@example.org").password_hash == HASH


def test_prune_removes_what_is_not_declared_and_says_so(
    mailstead: Callable[..., Said], apply: Apply, stored: Stored, place: Place
):
    """An account's mail is kept, and comes back with it; a section that is not declared is left alone."""
    apply(TWO + "domains: {example.com: }\nexpressions: [{match: x.*@example.org, targets: alice@example.org}]")
    (place.mail / "example.org/bob").mkdir(parents=True)
    (place.mail / "example.org/bob/letter").touch()

    said = apply(f"accounts: {{alice@example.org: {{password_hash: {HASH}, name: Alice, quota: 5G}}}}\ndomains: {{}}", "--prune")

    assert said.out == "- account bob@example.org\n- domain example.com\n"
    now = stored()
    assert now.groups[0].members == ("info@example.org",)
    assert (len(now.aliases), len(now.patterns), [one.name for one in now.domains]) == (2, 1, ["example.org"])
    mailstead("account", "restore", "bob@example.org")
    assert (place.mail / "example.org/bob/letter").exists()


def test_prune_leaves_the_postmaster_and_the_settings_domains(mailstead: Callable[..., Said], apply: Apply, stored: Stored):
    """The next start would make them again."""
    mailstead("account", "add", "postmaster@example.org")
    apply(TWO)

    said = apply("domains: {}\naccounts: {}\naliases: {}\nexpressions: []\ngroups: {}", "--prune")

    assert [line[0] for line in said.out.splitlines()] == ["-"] * 5
    now = stored()
    assert [one.address for one in now.accounts] == ["postmaster@example.org"]
    assert [one.name for one in now.domains] == ["example.org"]


def test_links_that_change_places_are_no_loop(apply: Apply, stored: Stored):
    """Only what is declared in the end counts."""
    apply("accounts: {x@example.org: }\naliases: {a@example.org: b@example.org, b@example.org: x@example.org}")

    assert apply("aliases: {a@example.org: x@example.org, b@example.org: a@example.org}").status == 0
    assert stored().aliases == {"a@example.org": ("x@example.org",), "b@example.org": ("a@example.org",)}


def test_a_loop_is_refused_with_its_way(apply: Apply):
    """Through aliases, groups and forwarding."""
    said = apply("accounts: {a@example.org: {forward: b@example.org}}\naliases: {b@example.org: a@example.org}")

    assert said.status == 78
    assert "mail for b@example.org would come back to it by way of a@example.org" in said.err or (
        "mail for a@example.org would come back to it by way of b@example.org" in said.err
    )


def test_an_alias_that_becomes_a_group_keeps_what_leads_to_it(apply: Apply, stored: Stored):
    """With --prune, which removes the alias; without it, the address is taken."""
    apply(TWO)
    text = TWO.replace("  sales@example.org: alice@example.org\n", "") + "  sales@example.org: {members: [alice@example.org]}\n"

    assert "groups.sales@example.org: sales@example.org is an alias" in apply(text).err
    assert apply(text, "--prune").status == 0
    now = stored()
    assert [one.address for one in now.groups] == ["sales@example.org", "team@example.org"]
    assert now.aliases["info@example.org"] == ("dora@elsewhere.example", "sales@example.org")
    assert now.aliases["bob@example.org"] == ("sales@example.org",)


def test_expressions_are_tried_in_the_order_of_the_file(apply: Apply, stored: Stored):
    """Those that are out of their place are made anew, behind those that are not declared."""
    start = "accounts: {x@example.org: }\nexpressions:\n"
    one, two, three = ("- {match: " + name + ".*@example.org, targets: x@example.org}\n" for name in "abc")
    apply(start + one + two + three)

    assert apply(start + one + three + two).out == (
        "~ expression c.*@example.org: new place\n~ expression b.*@example.org: new place\n"
    )
    assert [pattern.pattern for pattern in stored().patterns] == ["a.*", "c.*", "b.*"]


def test_a_domain_becomes_an_alias_and_its_own_again(apply: Apply, stored: Stored):
    """Targets in it are those of the domain that is meant."""
    apply("domains: {example.com: {alias_of: example.org}}\naccounts: {x@example.org: }\naliases: {a@example.org: X@Example.com}")
    assert stored().aliases == {"a@example.org": ("x@example.org",)}

    assert apply("domains: {example.com: {total_quota: 1G, receives: no}}").err == ""
    assert vars(stored().domains[0]) == vars(snapshot.Domain(name="example.com", total_quota=2**30, receives=False))


def test_app_passwords_are_kept(mailstead: Callable[..., Said], apply: Apply, stored: Stored):
    """They are the business of their owners, and not declared."""
    apply(TWO)
    mailstead("app-password", "add", "alice@example.org", "phone")

    apply(TWO.replace("5G", "6G"), "--prune")
    assert [app.name for app in account(stored(), "alice@example.org").app_passwords] == ["phone"]


def test_the_audit_says_that_it_was_applied(mailstead: Callable[..., Said], apply: Apply):
    """Each change is there as if it had been typed."""
    apply(TWO)

    entries = mailstead("audit", "--json").facts[1:]
    assert {entry["interface"] for entry in entries} == {"apply"}
    assert "bob@example.org forwards its mail" in {entry["words"] for entry in entries}


def test_a_wrong_file_ends_with_78(mailstead: Callable[..., Said]):
    """One that is not there says how to hand over one of the host's."""
    said = mailstead("apply", "-", typed_in=b"acounts: {}")
    assert (said.status, said.out) == (78, "")
    assert said.err.startswith("-: 1 thing needs attention; nothing was changed.")

    said = mailstead("apply", "/no/such/file")
    assert (said.status, said.err.split(";")[0]) == (1, "/no/such/file cannot be read: No such file or directory")


def test_the_example_of_the_manual_is_a_file(apply: Apply):
    """Every key of it is taken, and the second time nothing differs."""
    (example,) = re.findall(r"```yaml\n(.*?)```", MANUAL.read_text(), re.DOTALL)

    assert apply(example, "--json").status == 0
    assert apply(example, "--prune").out == "nothing to do: all is as standard input declares it\n"
    keys = {*yaml_keys.DOMAIN, *yaml_keys.ACCOUNT, *yaml_keys.GROUP, *yaml_keys.EXPRESSION}
    assert keys <= set(re.findall(r"([a-z_]+):", example))


def test_an_export_is_a_file_a_person_can_read(mailstead: Callable[..., Said], apply: Apply, stored: Stored):
    """Without what is a default."""
    apply(TWO + "expressions: [{match: 'x[0-9]@example.org', targets: [alice@example.org]}]")

    assert mailstead("export").out == (
        yaml_writing._HEAD
        + f"""
domains:
  example.org: {{}}

accounts:
  Alice@example.org:
    name: Alice
    password_hash: {HASH}
    quota: 5G
  bob@example.org:
    password_hash: {HASH}
    forward: [sales@example.org]
    keep_copy: no

aliases:
  info@example.org: [dora@elsewhere.example, sales@example.org]
  sales@example.org: [alice@example.org]

expressions:
  - match: "x[0-9]@example.org"
    targets: [alice@example.org]

groups:
  team@example.org:
    members: [bob@example.org, info@example.org]
    post: members

relays: {{}}
"""
    )
    before = stored()
    assert apply(mailstead("export").out, "--prune").out == "nothing to do: all is as standard input declares it\n"
    assert apply(mailstead("export", "--json").out, "--prune").status == 0
    assert stored() == before
