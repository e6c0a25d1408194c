"""Public halves of DKIM keys, as a domain has them from the first day; nobody signs with them."""

from mailstead.dkim import Key

RSA = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + "MIIBCgKCAQEAw" * 27 + "IDAQAB"
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def a_pair(domain: str) -> tuple[Key, ...]:
    """Return the two keys of a domain."""
    return (
        Key(domain=domain, selector="m1r", algorithm="rsa", state="signing", public=RSA),
        Key(domain=domain, selector="m1e", algorithm="ed25519", state="signing", public=ED25519),
    )
