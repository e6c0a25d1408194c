"""Answers the CA's challenges while an order runs: on port 80, in a web server's folder, on port 443 (RFC 8555, 8; RFC 8737)."""

import socketserver
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

import josepy
from acme import challenges, standalone

from ...settings import Settings
from . import alpn
from .failed import Failed

_TIMEOUT = 5  # seconds for a client to ask
Asked = Sequence[tuple[str, challenges.KeyAuthorizationChallenge]]
"""The names to be proven, each with its challenge."""


@contextmanager
def given(settings: Settings, key: josepy.JWK, asked: Asked) -> Iterator[None]:
    """Have the answers where the CA looks for them, and take them away again; Failed where that cannot be done."""
    if not asked:
        yield
    elif settings.acme_challenge == "tls-alpn-01":
        with _listening(alpn.Server, 443, {name: sha256(one.key_authorization(key).encode()).digest() for name, one in asked}):
            yield
    elif settings.acme_webroot:
        with _laid_out(Path(settings.acme_webroot), [challenge for _, challenge in asked], key):
            yield
    else:
        resource = standalone.HTTP01RequestHandler.HTTP01Resource
        answers = {resource(chall=one, response=one.response(key), validation=one.validation(key)) for _, one in asked}
        with _listening(HttpServer, 80, answers, timeout=_TIMEOUT):
            yield


# A thread for each client: a stranger who connects and says nothing must not keep the CA waiting.
class HttpServer(socketserver.ThreadingMixIn, standalone.HTTP01Server):
    """Answers http-01."""

    daemon_threads = True


@contextmanager
def _listening(kind: type, port: int, *arguments: object, **rest: object) -> Iterator[None]:
    try:
        servers = standalone.BaseDualNetworkedServers(kind, ("", port), *arguments, **rest)
    except OSError as error:
        raise Failed(f"port {port} of the container cannot be listened on: {error.strerror}") from None
    servers.serve_forever()
    try:
        yield
    finally:
        servers.shutdown_and_server_close()


@contextmanager
def _laid_out(root: Path, asked: Sequence[challenges.HTTP01], key: josepy.JWK) -> Iterator[None]:
    with ExitStack() as laid:
        try:
            for challenge in asked:
                place = root / challenge.path.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                laid.callback(place.unlink, missing_ok=True)
                place.write_text(challenge.validation(key), encoding="ascii")
                place.chmod(0o644)
        except OSError as error:
            raise Failed(f"MAIL_ACME_WEBROOT={root} cannot be written: {error.strerror}") from None
        yield
