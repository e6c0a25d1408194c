"""Who signs in with what: the files of PAM and Dovecot."""

import string

from mailstead.directory import SHEETS
from mailstead.directory.logins import forms
from mailstead.directory.snapshot import AppPassword, Domain
from mailstead.settings import Settings
from support.projection import HASH, NET, ORG, person, projected, sheets

ALIAS = Domain(name="example.com", alias_of="example.org")
HOME = "5000:5000::/var/mail"


def test_an_account_is_a_whole_line_of_passwd(settings: Settings):
    """Name, hash, uid, gid, home and quota: Dovecot takes no half line."""
    lines = projected(settings, person("alice@example.org"), person("bob@example.net", quota=2**30))["passwd"]

    assert lines[:2] == [
        f"alice@example.org:{HASH}:{HOME}/example.org/alice::userdb_quota_storage_size=5368709120B",
        f"bob@example.net:{HASH}:{HOME}/example.net/bob::userdb_quota_storage_size=1073741824B",
    ]


def test_a_disabled_account_gets_mail_and_signs_in_nowhere(settings: Settings):
    """No password has the hash `!`; the rest of the line, and the address, stay. The log can say why."""
    files = projected(settings, person("Alice@example.org", enabled=False))

    assert files["passwd"][0].startswith("alice@example.org:!:5000:5000::/var/mail/example.org/alice::")
    assert not [line for line in (*sheets(files, "send"), *sheets(files, "send-forms")) if "alice" in line.lower()]
    assert "alice@example.org alice@example.org" in files["addresses"]
    assert files["refusals"] == ["alice@example.org the account is disabled"]


def test_a_first_password_is_known_and_opens_nothing(settings: Settings):
    """Dovecot finds it where it is told to let nobody in; PAM finds nothing; the log can say what to type."""
    app = AppPassword(name="phone", slot=0, scope="both", password_hash="$6$app")
    files = projected(settings, person("alice@example.org", must_change=True, app_passwords=(app,)), domains=(ALIAS, NET, ORG))

    assert files["first"] == [f"alice@example.com:{HASH}", f"alice@example.org:{HASH}"]
    assert files["passwd"][0].startswith("alice@example.org:!:")
    assert files["logins"][0].startswith("alice@example.com:!:")
    assert files["app-read-0"] == files["app-send-0"] == []
    assert files["refusals"][1] == (
        "alice@example.org its first password must be changed: mailstead account passwd alice@example.org"
    )


def test_who_may_not_send_still_reads(settings: Settings):
    """The account is Dovecot's, and none of PAM's."""
    files = projected(settings, person("alice@example.org", may_send=False))

    assert files["passwd"][0].startswith(f"alice@example.org:{HASH}:")
    assert not [line for line in (*sheets(files, "send"), *sheets(files, "send-forms")) if "alice" in line.lower()]
    assert files["refusals"] == ["alice@example.org the account may not send"]


def test_other_spellings_of_a_login_are_for_pam(settings: Settings):
    """As typed when made, with a capital letter as phones write it, in capitals; none of them twice, nor the address."""
    people = [person("ALICE.B@Example.org"), person("Bob@example.org"), person("7even@example.org")]

    assert [forms(one) for one in people] == [
        ["ALICE.B@EXAMPLE.ORG", "ALICE.B@Example.org", "Alice.b@example.org"],
        ["BOB@EXAMPLE.ORG", "Bob@example.org"],
        ["7EVEN@EXAMPLE.ORG"],
    ]
    files = projected(settings, *people)
    assert f"alice.b@example.org:{HASH}" in sheets(files, "send")
    assert {f"ALICE.B@EXAMPLE.ORG:{HASH}", f"ALICE.B@Example.org:{HASH}"} < set(sheets(files, "send-forms"))


def test_passwords_for_sending_stand_in_sheets_by_the_sign_before_the_at(settings: Settings):
    """PAM's patterns choose the file: every login, however it is typed, is where they look for it."""
    people = [person(f"x{sign}@example.org") for sign in string.ascii_letters[:26] + string.digits + "_-"]
    files = projected(settings, *people, domains=(ALIAS, NET, ORG))

    for number, signs in enumerate(SHEETS):
        others = "".join(SHEETS) if not signs else ""
        for kind in ("send", "send-forms"):
            before_at = {line[line.index("@") - 1].lower() for line in files[f"{kind}-{number}"]}
            assert before_at == set(signs) if signs else not before_at & set(others)
    assert len(sheets(files, "send")) == 2 * (len(people) + 1)


def test_a_login_in_a_domain_alias_is_the_same_account(settings: Settings):
    """Dovecot is told whose mailbox it is, and its limit; PAM knows it in each spelling."""
    files = projected(settings, person("alice@example.org"), domains=(ALIAS, NET, ORG))

    account = "user=alice@example.org userdb_user=alice@example.org userdb_quota_storage_size=5368709120B"
    assert files["logins"][0] == f"alice@example.com:{HASH}:5000:5000::::{account}"
    assert {f"alice@example.org:{HASH}", f"alice@example.com:{HASH}"} <= set(sheets(files, "send"))
    assert {f"Alice@example.com:{HASH}", f"ALICE@EXAMPLE.COM:{HASH}"} <= set(sheets(files, "send-forms"))


def test_a_former_address_is_known_to_dovecot_and_signs_nobody_in(settings: Settings):
    """Mail that was in the queue when the account was renamed still arrives; once the address is another's, that one's."""
    robert = person("robert@example.org", former=("bob@example.org", "rob@example.org"))
    files = projected(settings, robert, person("rob@example.org"))

    (line,) = files["logins"]
    assert line.startswith("bob@example.org:!:5000:5000::::user=robert@example.org userdb_user=robert@example.org ")
    assert not [line for line in sheets(files, "send") if line.startswith("bob@")]


def test_each_app_password_is_in_the_files_of_its_slot_and_scope(settings: Settings):
    """One to read with, one to send with, one for both; reading tells Dovecot which it was."""
    apps = [
        AppPassword(name=scope, slot=slot, scope=scope, password_hash=f"$6${scope}")
        for slot, scope in enumerate(("read", "send", "both"))
    ]
    files = projected(settings, person("alice@example.org", app_passwords=tuple(apps)))

    assert [files[f"app-read-{slot}"] for slot in range(4)] == [
        ["alice@example.org:$6$read::::::user=alice@example.org userdb_app=0"],
        [],
        ["alice@example.org:$6$both::::::user=alice@example.org userdb_app=2"],
        [],
    ]
    assert [len(files[f"app-send-{slot}"]) for slot in range(4)] == [0, 1, 1, 0]
    assert files["app-send-1"] == ["alice@example.org:$6$send"]
    assert files["app-forms-1"] == ["ALICE@EXAMPLE.ORG:$6$send", "Alice@example.org:$6$send"]
