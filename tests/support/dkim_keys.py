"""Public halves of DKIM keys, as a domain has them from the first day, and records of keys as a verifier asks for them."""

from collections.abc import Callable, Mapping

from mailstead.dkim import Key

RSA = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + "MIIBCgKCAQEAw" * 27 + "IDAQAB"
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def a_pair(domain: str) -> tuple[Key, ...]:
    """Return the two keys of a domain."""
    return (
        Key(domain=domain, selector="m1r", algorithm="rsa", state="signing", public=RSA),
        Key(domain=domain, selector="m1e", algorithm="ed25519", state="signing", public=ED25519),
    )


def shown(records: Mapping[str, str]) -> Callable[..., bytes]:
    """Return what answers dkimpy's questions to the DNS with these records, name to text."""
    return lambda name, timeout=5: records[name.decode().rstrip(".")].encode()
