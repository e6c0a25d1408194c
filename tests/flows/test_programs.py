"""The mail programs people use send and fetch through the published ports, and verify the certificate."""

from urllib.parse import quote

import pytest

BY_PORT = pytest.mark.parametrize("port", ["SUBMISSIONS", "SUBMISSION"], ids=["465", "587"])
LETTER = "Grüße aus dem Terminal.\n"

MUTTRC = """
set from="{address}" realname="Alice" smtp_url="{scheme}://{user}@{host}:{port}/" smtp_pass="{password}"
set ssl_force_tls=yes ssl_starttls=yes ssl_verify_host=yes ssl_ca_certificates_file="server.pem" certificate_file="server.pem"
set copy=no charset="utf-8" send_charset="utf-8"
"""
MAILRC = """
set v15-compat from="{address}" mta={scheme}://{user}:{secret}@{host}:{port} {starttls}
set smtp-auth=plain tls-ca-file=server.pem tls-ca-no-defaults tls-verify=strict ttycharset=utf-8
"""
MBSYNCRC = """
IMAPAccount server
Host {host}
Port {port}
User {address}
Pass "{password}"
TLSType IMAPS
CertificateFile server.pem
SystemCertificates no

IMAPStore far
Account server

MaildirStore near
Path ./Mail/
Inbox ./Mail/INBOX
SubFolders Verbatim

Channel everything
Far :far:
Near :near:
Patterns *
Create Near
SyncState *
"""


@pytest.fixture
def facts(stack, alice):
    """What a mail program asks its new owner: names, ports, a password."""

    def of(port):
        return {
            "address": alice.address,
            "user": quote(alice.address, safe=""),
            "password": alice.password,
            "secret": quote(alice.password, safe=""),
            "host": stack.hostname,
            "port": stack.ports[port],
            "scheme": "smtps" if port == "SUBMISSIONS" else "smtp",
            "starttls": "" if port == "SUBMISSIONS" else "smtp-use-starttls",
        }

    return of


@BY_PORT
def test_mutt_sends(desk, facts, bob, port):
    """mutt sends by its own SMTP."""
    files = {"muttrc": MUTTRC.format(**facts(port)), "letter": LETTER}

    ran = desk.run(f"mutt -n -F muttrc -s 'From mutt' -- {bob.address} <letter", files)

    assert ran.status == 0, ran.output
    assert bob.inbox.wait_for(subject="From mutt").text == LETTER.strip()


@BY_PORT
def test_s_nail_sends(desk, facts, bob, port):
    """s-nail, the mailx of scripts, sends by SMTP."""
    files = {"mailrc": MAILRC.format(**facts(port)), "letter": LETTER}

    ran = desk.run(f"MAILRC=mailrc s-nail -n -s 'From s-nail' {bob.address} <letter", files)

    assert ran.status == 0, ran.output
    assert bob.inbox.wait_for(subject="From s-nail").text == LETTER.strip()


@BY_PORT
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_sends(desk, facts, bob, port, mechanism):
    """swaks, the admin's probe, signs in by either mechanism."""
    known = facts(port)
    files = {"password": known["password"]}
    tls = "--tlsc" if port == "SUBMISSIONS" else "--tls"

    ran = desk.run(
        f"swaks --server {known['host']} --port {known['port']} {tls} --tls-verify --tls-ca-path server.pem"
        f' --auth {mechanism} --auth-user {known["address"]} --auth-password "$(cat password)"'
        f" --from {known['address']} --to {bob.address} --h-Subject 'From swaks'",
        files,
    )

    assert ran.status == 0, ran.output
    assert bob.inbox.wait_for(subject="From swaks")


def test_mbsync_fetches(desk, facts, alice, bob):
    """mbsync brings every folder home."""
    bob.send(to=alice, subject="To be fetched", text="In a Maildir of her own.")
    alice.inbox.wait_for(subject="To be fetched")

    ran = desk.run("mkdir Mail && mbsync -c mbsyncrc --all", {"mbsyncrc": MBSYNCRC.format(**facts("IMAPS"))})

    assert ran.status == 0, ran.output
    fetched = [file.read_text() for file in ran.home.glob("Mail/INBOX/*/*")]
    assert ["In a Maildir of her own." in letter for letter in fetched] == [True]
    assert {folder.name for folder in ran.home.glob("Mail/*")} >= {"INBOX", "Sent", "Drafts", "Archive"}


@pytest.mark.parametrize(
    ("port", "starttls"),
    [("SMTP", "smtp"), ("SUBMISSIONS", ""), ("SUBMISSION", "smtp"), ("IMAPS", ""), ("POP3S", ""), ("SIEVE", "sieve")],
    ids=["25", "465", "587", "993", "995", "4190"],
)
def test_openssl_verifies_every_port(desk, stack, port, starttls):
    """openssl finds the certificate good for the server's name at each port."""
    begin = f"-starttls {starttls}" if starttls else ""

    ran = desk.run(
        f"openssl s_client -connect {stack.hostname}:{stack.ports[port]} {begin} -CAfile server.pem"
        f" -verify_hostname {stack.hostname} -verify_return_error </dev/null"
    )

    assert ran.status == 0, ran.output
    assert "Verification: OK" in ran.output
