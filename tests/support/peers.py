"""Other people's mail servers, each with its own promise of encryption: TLSA records in signed zones, MTA-STS policies."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import names
from .authority import Authority
from .sink import Kept, kept_in
from .wait import wait_until
from .world import World

SIGNED, BOGUS, UNSIGNED = "signed.test", "bogus.test", "unsigned.test"
POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A domain and its mail server `mx.DOMAIN`.

    `certificate`: whether it is good, expired, forged (of an authority nobody trusts), or there is no STARTTLS (none).
    `tlsa`: the first three numbers of its record, "" for none; `right`: whether the record is that of the certificate.
    `policy`: the mode of its MTA-STS policy, "" for none; `names`: what that names as mail server; `web`: the certificate it is
    served under. `host`: the mail server, if it is not that of the domain.
    """

    domain: str
    certificate: str = "good"
    tlsa: str = ""
    right: bool = True
    policy: str = ""
    names: str = ""
    web: str = "good"
    host: str = ""

    @property
    def server(self) -> str:
        """The name of its mail server."""
        return self.host or f"mx.{self.domain}"


class Peers:
    """The servers of `peers` in a world, and their signed DNS. `unbound` is what a resolver must be told of it."""

    def __init__(self, world: World, peers: Mapping[str, Peer]) -> None:
        self._world = world
        self.peers = peers
        self._strangers = Authority("Nobody's")
        self._shown = world.run.folder(world.name, "shown")
        self._kept = world.run.folder(world.name, "peers")
        self._policies = world.run.folder(world.name, "shown", "policies")
        self._certificates = {peer.server: self._certificate(peer.server, peer.certificate) for peer in peers.values()}
        self._write_shown()
        self._tls, self._plain = self._start("peers"), self._start("plain", "plain")
        self.unbound = self._start_names()

    def _certificate(self, name: str, kind: str) -> str:
        if kind == "forged":
            return self._strangers.issue(name)
        authority = self._world.run.authority
        return authority.issue(name, expired=kind == "expired") + authority.pem

    def _write_shown(self) -> None:
        certificates = self._certificates | {"anybody": self._certificate("anybody.test", "good")}
        certificates |= {
            f"mta-sts.{peer.domain}": self._certificate(f"mta-sts.{peer.domain}", peer.web)
            for peer in self.peers.values() if peer.policy
        }
        for name, pem in certificates.items():
            (self._shown / f"{name}.pem").write_text(pem)
        for peer in self.peers.values():
            if peer.policy:
                text = POLICY.format(mode=peer.policy, mx=peer.names or peer.server)
                (self._policies / f"{peer.domain}.txt").write_text(text)

    def forget_policy(self, name: str) -> None:
        """Let the web server of a peer have its policy no more."""
        (self._policies / f"{self.peers[name].domain}.txt").unlink()

    def _start(self, part: str, *words: str) -> str:
        volumes = {str(self._kept / part): {"bind": "/kept", "mode": "rw"}, str(self._shown): {"bind": "/shown", "mode": "ro"}}
        (self._kept / part).mkdir(mode=0o777)
        (self._kept / part).chmod(0o777)
        container = self._world.start(part, ["python3", "/world/peers.py", "/kept", "/shown", *words], volumes=volumes)
        wait_until(lambda: b"listening" in container.logs(), what=f"{part} to listen")
        return self._world.address(container)

    def _start_names(self) -> str:
        container = names.start(self._world, {zone: self._records(zone) for zone in (SIGNED, BOGUS, UNSIGNED)}, [SIGNED, BOGUS])
        found = names.wait_ds(container, SIGNED)
        anchors = [found, f"{BOGUS}. DS {found.split(' DS ')[1]}"]  # another key than the one it has
        return names.trust_in(anchors, (SIGNED, BOGUS, UNSIGNED), self._world.address(container))

    def _records(self, zone: str) -> Iterator[str]:
        yield f"mx 60 A {self._tls}"  # of a zone whose own domain has no peer
        for peer in self.peers.values():
            if peer.server.endswith(f".{zone}"):
                yield f"{peer.server}. 60 A {self._plain if peer.certificate == 'none' else self._tls}"
                if peer.tlsa:
                    yield f"_25._tcp.{peer.server}. 60 TLSA {peer.tlsa} {self._digest(peer)}"
            if peer.domain.endswith(f".{zone}"):
                yield f"{peer.domain}. 60 MX 10 {peer.server}."
                if peer.policy:
                    yield f'_mta-sts.{peer.domain}. 60 TXT "v=STSv1; id=1;"'
                    yield f"mta-sts.{peer.domain}. 60 A {self._tls}"

    def _digest(self, peer: Peer) -> str:
        if not peer.right:
            return hashlib.sha256(b"another key").hexdigest()
        leaf, *issuers = x509.load_pem_x509_certificates(self._certificates[peer.server].encode())
        certificate = issuers[0] if peer.tlsa.startswith("2") else leaf
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(key).hexdigest()

    def kept(self, name: str) -> list[Kept]:
        """Return the letters that a peer got."""
        domain = self.peers[name].domain
        every = [one for part in ("peers", "plain") for one in kept_in(self._kept / part)]
        return [one for one in every if one.recipients[0].endswith(f"@{domain}")]
