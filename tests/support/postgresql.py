"""A PostgreSQL server, Debian's own, in a container."""

from pathlib import Path

from docker.models.containers import Container

from .run import Run
from .wait import wait_until

IMAGE = "mailstead/postgresql"
NAME = "db"
PASSWORD = "hunter2-of-the-tests"
INSIDE = f"postgresql://mailstead:{PASSWORD}@{NAME}:5432/mailstead"


class Database:
    """A server called `db` in its Docker network, with the database `mailstead` of the user of that name.

    INSIDE is its URL in that network, `url` that on this machine; the run's authority has signed its certificate.
    """

    def __init__(self, run: Run, network: str = "bridge") -> None:
        run.client.images.build(path=str(Path(__file__).with_name("postgresql")), tag=IMAGE, rm=True)
        named = {} if network == "bridge" else {network: run.client.api.create_endpoint_config(aliases=[NAME])}
        self._container: Container = run.client.containers.run(
            IMAGE,
            name=f"{run.name}-{network}-{NAME}",
            detach=True,
            network=network,
            networking_config=named or None,
            labels=run.labels,
            environment={"PASSWORD": PASSWORD, "CERTIFICATE": run.authority.issue(NAME)},
            ports={"5432/tcp": ("127.0.0.1", None)},
        )
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
        wait_until(lambda: self._container.exec_run(ready).exit_code == 0, what="PostgreSQL to take connections")

    def psql(self, statements: str) -> str:
        """Run SQL by psql(1) as the owner of the database, and return what it prints, without heads."""
        command = ["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-U", "mailstead", "mailstead", "-c", statements]
        status, output = self._container.exec_run(command)
        assert status == 0, output.decode()
        return output.decode().strip()

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
