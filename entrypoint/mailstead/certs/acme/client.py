"""Speaks ACME (RFC 8555) with a CA, by the library that certbot uses (https://acme-python.readthedocs.io)."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import josepy
import requests
from acme import client, errors, messages
from cryptography.hazmat.primitives.asymmetric import ec

from ...settings import Settings
from . import answers
from .failed import Failed

_PATIENCE = timedelta(minutes=5)
_NONCES = 5
_CLOSED = 3600  # seconds to stay away from a CA that says "too many" and not until when


class Network(client.ClientNetwork):
    """The library's network, with more patience for nonces, and an ear for Retry-After, which the library drops with an error."""

    def __init__(self, settings: Settings, key: josepy.JWK) -> None:
        super().__init__(key, alg=josepy.ES256, verify_ssl=settings.acme_ca or True, user_agent="mailstead")
        self.retry_after: int | None = None
        self.session.hooks["response"].append(self._hear)

    def _hear(self, response: requests.Response, **_rest: object) -> None:
        said = response.headers.get("Retry-After", "")
        self.retry_after = int(said) if said.isascii() and said.isdigit() else None

    def post(self, *arguments: object, **rest: object) -> requests.Response:
        """Post, again with another nonce as often as it takes; the library would ask twice."""
        for _ in range(_NONCES):
            try:
                return super().post(*arguments, **rest)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*arguments, **rest)


@dataclass(frozen=True)
class Authority:
    """A CA, the key of our account there, and the account's URL."""

    acme: client.ClientV2
    private: ec.EllipticCurvePrivateKey
    account: str

    @property
    def issuer(self) -> str:
        """The CA's first name in CAA records (RFC 8555, 7.1.1); empty where it says none."""
        return next(iter(self.acme.directory.meta.caa_identities or ()), "")

    @property
    def key(self) -> josepy.JWK:
        """The account's key as JSON has it (RFC 7517)."""
        return josepy.JWKEC(key=self.private)


def connect(settings: Settings, key: ec.EllipticCurvePrivateKey) -> Authority:
    """Reach a CA and sign in, with a new account where it knows none for this key; Failed where that cannot be."""
    jwk = josepy.JWKEC(key=key)
    with spoken(settings, network := Network(settings, jwk)):
        acme = client.ClientV2(client.ClientV2.get_directory(settings.acme_server, network), network)
        _check_profile(settings, acme.directory)
        # Asked each time: nothing to remember, and a CA that has forgotten us gets to know us again.
        try:
            account = acme.new_account(_registration(settings, acme.directory, jwk))
        except errors.ConflictError as known:
            account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
        network.account = account
        return Authority(acme, key, account.uri)


def _check_profile(settings: Settings, directory: messages.Directory) -> None:
    offered = directory.meta.profiles or {}
    if settings.acme_profile and settings.acme_profile not in offered:
        raise Failed(f"the CA has no profile {settings.acme_profile}; it offers: {', '.join(offered) or 'none'}")


def _registration(settings: Settings, directory: messages.Directory, key: josepy.JWK) -> messages.NewRegistration:
    binding = None
    if settings.acme_eab_kid:
        secret = str(settings.acme_eab_hmac)
        public = key.public_key()
        binding = messages.ExternalAccountBinding.from_data(public, settings.acme_eab_kid, secret, directory)
    return messages.NewRegistration.from_data(
        email=settings.acme_email, terms_of_service_agreed=True, external_account_binding=binding
    )


def order(settings: Settings, authority: Authority, csr: bytes) -> str:
    """Order the certificate a CSR (PEM) asks for, show the CA that its names are ours; return the chain in PEM, or Failed."""
    acme = authority.acme
    with spoken(settings, acme.net):
        placed = acme.new_order(csr, settings.acme_profile)
        open_ones = [one for one in placed.authorizations if one.body.status == messages.STATUS_PENDING]
        asked = [(one.body.identifier.value, _challenge(settings.acme_challenge, one)) for one in open_ones]
        with answers.given(settings, authority.key, [(name, challenge.chall) for name, challenge in asked]):
            for _, challenge in asked:
                acme.answer_challenge(challenge, challenge.response(authority.key))
            # The library counts in local time.
            return acme.poll_and_finalize(placed, datetime.now() + _PATIENCE).fullchain_pem


def _challenge(kind: str, authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
    for challenge in authorization.body.challenges:
        if challenge.chall.typ == kind:
            return challenge
    name = authorization.body.identifier.value
    offered = ", ".join(challenge.chall.typ for challenge in authorization.body.challenges)
    raise Failed(f"the CA does not accept {kind} for {name}, but {offered}; see MAIL_ACME_CHALLENGE", [name])


@contextmanager
def spoken(settings: Settings, network: Network) -> Iterator[None]:
    """Turn whatever goes wrong into Failed, with a sentence that names the CA and its reason."""
    host = urlsplit(settings.acme_server).hostname
    try:
        yield
    except errors.ValidationError as error:
        raise _refused(host, error) from None
    except errors.IssuanceError as error:
        raise _said(host, error.error, network) from None
    except messages.Error as error:
        raise _said(host, error, network) from None
    except errors.TimeoutError:
        raise Failed(f"{host} did not finish the order within {_PATIENCE}") from None
    except (OSError, errors.Error, josepy.errors.Error, ValueError, KeyError, AttributeError) as error:
        raise Failed(f"{host} cannot be reached, or does not speak ACME: {_reason(error)}", (), network.retry_after) from None


def _refused(host: str, error: errors.ValidationError) -> Failed:
    found = {one.body.identifier.value: _fault(one) for one in error.failed_authzrs}
    reasons = "; ".join(f"{name}: {said}" for name, said in found.items())
    return Failed(f"{host} could not see that the name is ours: {reasons}", [*found])


def _fault(authorization: messages.AuthorizationResource) -> str:
    return next((str(one.error.detail) for one in authorization.body.challenges if one.error), "no reason given")


def _said(host: str, error: messages.Error, network: Network) -> Failed:
    details = [error, *(error.subproblems or ())]
    names = [one.identifier.value for one in details if one.identifier]
    retry_after = network.retry_after or (_CLOSED if error.code == "rateLimited" else None)
    return Failed(f"{host} says {error.code or error.typ}: " + "; ".join(str(one.detail) for one in details), names, retry_after)


def _reason(error: Exception) -> str:
    """Return the innermost reason: requests wraps urllib3's errors, which wrap the system's."""
    while isinstance(error, requests.RequestException) and error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    inner = getattr(error, "reason", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its own certificate is not trusted: {inner.verify_message}"
    return str(inner).rpartition(">: ")[2] or type(inner).__name__
