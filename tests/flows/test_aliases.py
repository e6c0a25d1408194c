"""Addresses that lead to others: several, elsewhere, beside a mailbox, by an expression."""

from support import clients


def test_an_alias_at_a_mailbox_delivers_and_forwards(stack, alice, bob, carol):
    """Its owner keeps the mail, and others get it too."""
    stack.mailstead("alias", "add", alice.address, bob.address, carol.address)

    carol.send(to=alice, subject="For three")

    for reader in (alice, bob, carol):
        assert reader.inbox.wait_for(subject="For three")


def test_an_expression_is_for_addresses_that_do_not_exist(stack, make_domain, make_person, bob, carol):
    """What it matches arrives, and may be sent as; an address that exists is never taken, nor a detail of one."""
    domain = make_domain()
    shop, ann = (make_person(name, domain=domain, local_part=name) for name in ("shop", "shop-ann"))
    stack.mailstead("alias", "add", "--regexp", f"shop-.*@{domain}", shop.address, bob.address)

    for local in ("shop-7", "Shop-X", "shop-ann", "shop-ann+detail"):
        carol.send(to=f"{local}@{domain}", subject=f"To {local}")

    for local in ("shop-7", "Shop-X"):
        for reader in (shop, bob):
            assert reader.inbox.wait_for(subject=f"To {local}")
    for local in ("shop-ann", "shop-ann+detail"):
        assert ann.inbox.wait_for(subject=f"To {local}")
    assert len(shop.inbox.subjects()) == len(bob.inbox.subjects()) == 2
    with clients.smtp(stack) as stranger, shop.signed_in() as ours:
        assert clients.envelope(stranger, carol.address, f"xshop-7@{domain}")[0] == 550
        assert clients.envelope(ours, f"shop-anything@{domain}", carol.address)[0] == 250
        assert clients.envelope(ours, ann.address, carol.address)[0] == 553


def test_expressions_come_and_go_at_once(stack, make_domain, alice, carol):
    """For the next connection, like every other address."""
    domain = make_domain()
    replies = []
    for change in (("add", alice.address), ("delete",)):
        verb, *targets = change
        stack.mailstead("alias", verb, "--regexp", f"x[0-9]+@{domain}", *targets)
        with clients.smtp(stack) as stranger:
            replies.append(clients.envelope(stranger, carol.address, f"x1@{domain}")[0])

    assert replies == [250, 550]


def test_a_bad_expression_is_refused_with_a_sentence(stack, alice):
    """Postfix never sees it."""
    for bad, why in (
        ("a(@example.test", "missing ), unterminated subpattern"),
        ("x.*@elsewhere.test", "there is no domain elsewhere.test here"),
        ("a b@example.test", "allowed: a regular expression"),
    ):
        ran = stack.attempt("mailstead", "alias", "add", "--regexp", bad, alice.address)
        assert ran.status == 1
        assert why in ran.output
