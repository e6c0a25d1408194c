"""A mirror of Debian's security updates, in a stack's world: it says what the test likes, and has no key to sign it with."""

import hashlib

from .stack import Stack

SUITE = "trixie-security"
_PACKAGE = """Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: Nobody <nobody@debian.test>
Description: no more than its version
Filename: pool/{name}.deb
Size: 1

"""
_RELEASE = """Origin: Debian
Label: Debian-Security
Codename: trixie-security
Date: Thu, 01 Jan 2026 00:00:00 UTC
Architectures: {architecture}
Components: main
SHA256:
 {digest} {size} main/binary-{architecture}/Packages
"""
_SILENT = "import signal, socket; kept = socket.create_server(('', 81)); signal.pause()"


class Mirror:
    """A web server with a list of packages; on port 81 it takes connections and says nothing. `host` is its name."""

    def __init__(self, stack: Stack) -> None:
        self.host = "mirror.debian.test"
        self._stack = stack
        self._architecture = stack.exec("dpkg", "--print-architecture").strip()
        self._suite = stack.run.folder(stack.name, "mirror", "dists", SUITE)
        (self._suite / f"main/binary-{self._architecture}").mkdir(parents=True)
        volumes = {str(self._suite.parents[1]): {"bind": "/mirror", "mode": "ro"}}
        serve = f'python3 -c "{_SILENT}" & exec python3 -m http.server --directory /mirror 80'
        container = stack.world.start("mirror", ["sh", "-c", serve], volumes=volumes)
        stack.world.tell(f"{self.host} A {stack.world.address(container)}")

    def offers(self, **versions: str) -> None:
        """Have it list some packages, name to version, and nothing else."""
        text = "".join(
            _PACKAGE.format(name=name, version=version, architecture=self._architecture) for name, version in versions.items()
        )
        digest = hashlib.sha256(text.encode()).hexdigest()
        release = _RELEASE.format(architecture=self._architecture, digest=digest, size=len(text))
        (self._suite / f"main/binary-{self._architecture}/Packages").write_text(text)
        (self._suite / "Release").write_text(release)

    def forges(self) -> None:
        """Have it list another version than its release vouches for."""
        listed = self._suite / f"main/binary-{self._architecture}/Packages"
        listed.write_text(listed.read_text().replace("Version: ", "Version: 9"))

    def sources(self, options: str = "[trusted=yes]", port: int = 80) -> dict[str, str]:
        """Write apt's sources in the mail container: this mirror's, taken without a signature; return the variables by which apt
        goes by them.
        """
        line = f"deb {options} http://{self.host}:{port}/ {SUITE} main"
        configuration = 'Dir::Etc::SourceList "/tmp/mirror.list";\nDir::Etc::SourceParts "/dev/null";\n'
        for name, text in {"mirror.list": f"{line}\n", "mirror.conf": configuration}.items():
            self._stack.exec("sh", "-c", f"cat > /tmp/{name}", text=text)
        return {"APT_CONFIG": "/tmp/mirror.conf"}
