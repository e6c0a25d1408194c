"""A PostgreSQL server, Debian's own, in a container."""

from pathlib import Path

from docker.models.containers import Container

from .run import Run
from .wait import wait_until

IMAGE = "mailstead/postgresql"
PASSWORD = "hunter2-of-the-tests"


class Database:
    """A server called `name` in a Docker network, with the database `mailstead` of the user of that name.

    `url` is how this machine reaches it, `inside` how containers in its network do.
    """

    def __init__(self, run: Run, name: str, network: str = "bridge") -> None:
        run.client.images.build(path=str(Path(__file__).with_name("postgresql")), tag=IMAGE, rm=True)
        self.name = name
        self._container: Container = run.client.containers.run(
            IMAGE,
            name=name,
            detach=True,
            network=network,
            labels=run.labels,
            environment={"PASSWORD": PASSWORD, "NAME": name},
            ports={"5432/tcp": ("127.0.0.1", None)},
        )
        self.inside = f"postgresql://mailstead:{PASSWORD}@{name}:5432/mailstead"
        self.wait()

    @property
    def url(self) -> str:
        """How this machine reaches it; another port after each start."""
        self._container.reload()
        port = self._container.ports["5432/tcp"][0]["HostPort"]
        return f"postgresql://mailstead:{PASSWORD}@127.0.0.1:{port}/mailstead"

    def wait(self) -> None:
        """Wait until it takes connections."""
        ready = "pg_isready --quiet --host 127.0.0.1 --username mailstead"
        wait_until(lambda: self._container.exec_run(ready).exit_code == 0, what=f"{self.name} to take connections")

    def psql(self, statements: str) -> str:
        """Run SQL by psql(1) as the owner of the database, and return what it prints, without heads."""
        command = ["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-U", "mailstead", "mailstead", "-c", statements]
        status, output = self._container.exec_run(command)
        assert status == 0, output.decode()
        return output.decode().strip()

    @property
    def certificate(self) -> str:
        """The certificate it has signed itself, in PEM."""
        return self._container.exec_run("cat /var/lib/postgresql/data/server.crt").output.decode()

    def stop(self) -> None:
        """Stop it at once; whoever is connected is cut off."""
        self._container.stop(timeout=10)

    def start(self) -> None:
        """Start it again with what it has."""
        self._container.start()
        self.wait()

    def remove(self) -> None:
        """Remove it and its data."""
        self._container.remove(force=True, v=True)
