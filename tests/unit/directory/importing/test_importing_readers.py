"""Each reader: what a line of its file becomes, and what is said of a line that cannot become anything."""

import pytest

from mailstead.directory import DirectoryError
from mailstead.directory.snapshot import Relay
from mailstead.importing.dms import hashes
from mailstead.importing.report import CHANGED, KEPT, LEFT_OUT, TAKEN

SUM = {22: "a" * 22, 43: "b" * 43, 53: "c" * 53, 86: "d" * 86}
SHA512 = f"$6$Zz9${SUM[86]}"
ACCOUNTS = f"alice@example.org|{{SHA512-CRYPT}}{SHA512}\nbob@example.org|{{SHA512-CRYPT}}{SHA512}\n"


@pytest.mark.parametrize(
    ("field", "bare"),
    [
        (f"{{SHA512-CRYPT}}{SHA512}", SHA512),
        (f"{{sha512-crypt}}$6$rounds=100000$salt${SUM[86]}", f"$6$rounds=100000$salt${SUM[86]}"),
        (f"{{SHA256-CRYPT}}$5$salt${SUM[43]}", f"$5$salt${SUM[43]}"),
        (f"{{BLF-CRYPT}}$2y$10${SUM[53]}", f"$2y$10${SUM[53]}"),
        (f"{{CRYPT}}$y$j9T$salt${SUM[43]}", f"$y$j9T$salt${SUM[43]}"),
        (SHA512, SHA512),
    ],
)
def test_a_crypt_hash_is_taken_without_its_scheme(field: str, bare: str):
    """PAM does not know Dovecot's {SCHEME}."""
    assert hashes.crypt_hash(field) == bare


@pytest.mark.parametrize(
    "field",
    [
        *("", "x", "!", "{PLAIN}secret", "{SSHA512}abc", "{ARGON2ID}$argon2id$v=19$x", "{CRYPT}abJnggxhB/yWI", "{SHA512-CRYPT}"),
        *(f"{{SHA256-CRYPT}}{SHA512}", f"{{SSHA512}}{SHA512}", SHA512[:-1], SHA512 + "x", f"$2x$10${SUM[53]}", "{}{}"),
        *(f"{{MD5-CRYPT}}$1$salt${SUM[22]}", f"$1$salt${SUM[22]}"),
        *(f"{{PBKDF2}}$1$salt${SUM[22]}", f"$6$sa:lt${SUM[86]}", f"$2y$99${SUM[53]}", f"{{SHA512-CRYPT.B64}}{SHA512}"),
    ],
)
def test_what_crypt_cannot_check_is_no_hash(field: str):
    """A scheme of Dovecot's own, half a hash, or one whose scheme says that it is another."""
    assert hashes.crypt_hash(field) is None


def test_accounts_are_read_whatever_their_lines_end_with(read):
    """A byte order mark, CRLF, comments, blank lines, a missing last line end, capitals."""
    text = f"\ufeff# people\r\n\r\n  # more\r\nAlice@Example.ORG|{{SHA512-CRYPT}}{SHA512}\r\nbob@example.org|{SHA512}"
    done = read({"postfix-accounts.cf": text})

    assert {one: account.typed for one, account in done.found.accounts.items()} == {
        "alice@example.org": "Alice@Example.ORG", "bob@example.org": "bob@example.org"
    }
    assert {account.password_hash for account in done.found.accounts.values()} == {SHA512}
    assert done.report.complete


def test_of_two_lines_for_one_account_the_first_holds(read):
    """As in Dovecot; the same said twice is no loss."""
    line = f"alice@example.org|{SHA512}\n"
    done = read({"postfix-accounts.cf": f"{line}{line}ALICE@example.org|{{PLAIN}}x\n"})

    assert done.found.accounts["alice@example.org"].password_hash == SHA512
    assert done.said(TAKEN) == ["postfix-accounts.cf:2 alice@example.org: says what line 1 says"]
    assert done.said(LEFT_OUT) == ["postfix-accounts.cf:3 alice@example.org: line 1 is about it already, and holds"]


def test_no_password_gets_into_the_report(read):
    """Neither of a line that cannot be read, nor of a third column."""
    secret = "{PLAIN}hunter2"
    done = read({"postfix-accounts.cf": f"alice|{secret}\n{secret}\nbob@example.org|{secret}|pass=hunter2 userdb_x=hunter2\n"})

    assert "hunter2" not in repr(done.report) + repr(done.found) + "\n".join(done.report.lines())
    assert len(done.said(LEFT_OUT)) == 4


def test_quotas_in_every_unit(read):
    """Powers of 1024, in either letter case; 0 is as much as fits on any disk."""
    sizes = {"5G": 5 * 2**30, "12B": 12, "3k": 3072, "7m": 7 * 2**20, "1T": 2**40, "99": 99, "0": 2**50}
    for text, size in sizes.items():
        done = read({"postfix-accounts.cf": ACCOUNTS, "dovecot-quotas.cf": f"alice@example.org:{text}\n"})
        assert done.found.accounts["alice@example.org"].quota == size
        assert done.report.complete
    assert len(done.said(CHANGED)) == 1


@pytest.mark.parametrize("line", ["alice@example.org:5X", "alice@example.org:-1", "alice@example.org", "x@example.org:5G", ":5G"])
def test_what_is_no_quota_is_said(read, line: str):
    """With its line."""
    done = read({"postfix-accounts.cf": ACCOUNTS, "dovecot-quotas.cf": f"# quotas\n{line}\n"})

    assert done.found.accounts["alice@example.org"].quota is None
    assert done.said(LEFT_OUT)[0].startswith("dovecot-quotas.cf:2 ")


def test_who_was_refused_to_send_may_not_send(read):
    """Whatever is behind REJECT; other actions are said."""
    access = "alice@example.org \t\t REJECT no\nbob@example.org HOLD\nexample.org REJECT\n"
    done = read({"postfix-accounts.cf": ACCOUNTS, "postfix-send-access.cf": access})

    assert [one for one, account in done.found.accounts.items() if not account.may_send] == ["alice@example.org"]
    assert [said.split()[0] for said in done.said(LEFT_OUT)] == ["postfix-send-access.cf:2", "postfix-send-access.cf:3"]


def test_a_line_of_postfix_goes_on_after_a_blank(read):
    """postconf(5): a comment between does not end it."""
    done = read({"postfix-virtual.cf": "info@example.org a@example.org,\n# more\n\tb@example.org\n\nx@example.org y@example.org"})

    assert done.found.aliases["info@example.org"].targets == ("a@example.org", "b@example.org")
    assert done.found.aliases["x@example.org"].targets == ("y@example.org",)


@pytest.mark.parametrize(
    ("rule", "read_as"),
    [
        (r"/^shop-[0-9]+@example\.org$/ a@b.example", ("shop-[0-9]+", "example.org")),
        (r"/^shop@example.org/ a@b.example", ("shop", "example.org")),
        (r"/shop@EXAMPLE\.org$/   a@b.example", (".*shop", "example.org")),
        (r"/.*shop\@example\.org$/ a@b.example", (".*shop", "example.org")),
        (r"/^(a|b)[|]\|@example\.org$/ a@b.example", (r"(a|b)[|]\|", "example.org")),
    ],
)
def test_an_expression_for_a_local_part_is_taken(read, rule: str, read_as: tuple[str, str]):
    """Not anchored at its begin, anything may come before; its domain is the one it names."""
    assert list(read({"postfix-regexp.cf": rule + "\n"}).found.patterns) == [read_as]


@pytest.mark.parametrize(
    "rule",
    [
        *(r"/^a|b@example\.org$/ a@b.example", r"/^a@.*$/ a@b.example", r"/^a@(x|y)\.example$/ a@b.example"),
        *(r"!/^a@example\.org$/ x", r"/^(.*)@example\.org$/ $1@b.example", r"/^a@example\.org$/i a@b.example"),
        *(r"if /x/", r"endif", r"/^a@example\.org$/", r"%^a@example\.org$% a@b.example", r"/^.*$/ a@b.example"),
        *(r"/^a(?=b)@example\.org$/ a@b.example", r"/^(a@example\.org$/ a@b.example", r"/^a b@example\.org$/ a@b.example"),
    ],
)
def test_any_other_expression_is_said(read, rule: str):
    """And none is taken for something it does not say."""
    done = read({"postfix-regexp.cf": rule + "\n"})

    assert not done.found.patterns
    assert done.said(LEFT_OUT)[0].startswith("postfix-regexp.cf:1 ")


def test_keys_and_secrets_are_kept_as_they_are(read):
    """Byte for byte."""
    key = "opendkim/keys/example.org/mail.private"
    files = {key: b"\xff\x00key", "postsrsd.secret": b"s"}
    done = read(files)

    assert done.found.kept == files
    assert len(done.said(KEPT)) == 2
    assert done.report.complete


def test_a_domain_keeps_its_relay_and_its_login(read, connection):
    """With a login the relay's certificate is looked at; the report has no password."""
    ways = "@Example.org [smtp.example.com]:587\n@example.net relay.example.net:25\n@gone.example [smtp.example.com]:587\n"
    done = read({"postfix-relaymap.cf": ways, "postfix-sasl-password.cf": "@example.org me:hunter2:x\n"})

    assert done.declared(connection).relays == (
        Relay(domain="example.org", host="smtp.example.com", login="me", password="hunter2:x"),
        Relay(domain="example.net", host="relay.example.net", port=25, tls="opportunistic"),
    )
    assert "its mail leaves by smtp.example.com, port 587, with the login me" in done.said(TAKEN)[0]
    assert done.said(LEFT_OUT) == ["postfix-relaymap.cf:3 @gone.example: there is no domain gone.example here"]
    assert "hunter2" not in "\n".join(done.report.lines())


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("postfix-relaymap.cf", "alice@example.org [smtp.example.com]:587"),
        ("postfix-relaymap.cf", "@example.org"),
        ("postfix-relaymap.cf", "@example.org smtp:[smtp.example.com]:587"),
        ("postfix-sasl-password.cf", "[smtp.example.com]:587 me:hunter2"),
        ("postfix-sasl-password.cf", "@example.org me:hunter2"),
    ],
)
def test_any_other_way_is_said_and_its_file_kept(read, file: str, line: str):
    """Without what stands behind the key: it may be a password."""
    done = read({file: f"{line}\n"})

    assert not done.found.relays
    assert done.said(LEFT_OUT)[0].startswith(f"{file}:1 {line.split()[0]}: ")
    assert "hunter2" not in "\n".join(done.report.lines())
    assert done.found.kept == {file: f"{line}\n".encode()}


def test_a_script_that_runs_programs_is_left_out(read):
    """Sieve here has no extension for it, and a script that cannot be compiled filters nothing."""
    done = read({"alice@example.org.dovecot.sieve": 'require ["copy", "vnd.dovecot.pipe"];\npipe "x";'})

    assert not done.found.scripts
    assert "it requires vnd.dovecot.pipe" in done.said(LEFT_OUT)[0]


def test_a_link_is_not_followed(read, tmp_path):
    """Neither that of a file nor that of a folder."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "dms").mkdir()
    (tmp_path / "dms" / "postfix-relaymap.cf").symlink_to(tmp_path / "secret")
    (tmp_path / "dms" / "opendkim").symlink_to(tmp_path)
    done = read({"postfix-virtual.cf": ""})

    assert not done.found.kept
    assert {said.split()[0] for said in done.said(LEFT_OUT)} == {"opendkim", "postfix-relaymap.cf"}


@pytest.mark.parametrize("files", [{}, {"readme.txt": "hello"}])
def test_a_folder_of_something_else_is_refused(read, tmp_path, files):
    """Or one that is not there."""
    if files:
        (tmp_path / "dms").mkdir()
    with pytest.raises(DirectoryError, match=r"dms (holds none of|cannot be read)"):
        read(files)
