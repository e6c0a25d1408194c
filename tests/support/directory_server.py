"""ldap.example.test: somebody's directory server (slapd), with people in it, before ours asks it."""

import base64
from collections.abc import Mapping
from pathlib import Path

from .wait import wait_until
from .world import World

IMAGE = "mailstead/slapd"
NAME = "ldap.example.test"
BASE = "dc=example,dc=test"
READER, PASSWORD = f"cn=mailstead,{BASE}", r'reads %{user} 100% "all" of \it # $ENV:HOME'
_ROOT = ["-x", "-H", "ldapi://%2Frun%2Fldapi", "-D", f"cn=admin,{BASE}", "-w", "the root of the flows"]

Value = str | bytes | list[str] | list[bytes]
Attributes = Mapping[str, Value]


class DirectoryServer:
    """slapd with a tree of its own: its reader, people below ou=people and groups below ou=groups."""

    def __init__(self, world: World) -> None:
        world.run.client.images.build(path=str(Path(__file__).with_name("slapd")), tag=IMAGE, rm=True)
        self._world = world
        self.shared = world.run.folder(world.name, "slapd")
        (self.shared / "server.pem").write_text(world.run.authority.issue(NAME))
        (self.shared / "data.ldif").write_text("\n".join(_ldif(dn, values) for dn, values in _tree()))
        (self.shared / "limits.conf").write_text("")
        volumes = {str(self.shared): {"bind": "/shared", "mode": "ro"}}
        self._container = world.start("ldap", ["sh", "/slapd/start.sh"], image=IMAGE, volumes=volumes)
        self._arrive()

    def _arrive(self) -> None:
        # For a second: when it is started again its address may be another.
        self._world.tell(f"{NAME} 1 IN A {self._world.address(self._container)}")
        wait_until(self._answers, what="slapd to answer")

    def _answers(self) -> bool:
        return self._container.exec_run(["ldapsearch", *_ROOT, "-b", BASE, "-s", "base"]).exit_code == 0

    def add(self, dn: str, **values: Value) -> None:
        """Add an entry below the base."""
        self.change(_ldif(f"{dn},{BASE}", values))

    def add_person(self, uid: str, **values: Value) -> None:
        """Add somebody with the address UID@example.test and the password "the password of UID", unless others are given."""
        own = {"objectClass": ["inetOrgPerson", "mailAccount"], "cn": uid, "sn": uid, "mail": f"{uid}@example.test"}
        self.add(f"uid={uid},ou=people", **own | {"userPassword": f"the password of {uid}"} | values)

    def add_group(self, name: str, *uids: str, **values: Value) -> None:
        """Add a group with the address NAME@example.test, and people as its members."""
        own = {"objectClass": ["groupOfNames", "mailGroup"], "cn": name, "mail": f"{name}@example.test"}
        members = [f"uid={uid},ou=people,{BASE}" for uid in uids]
        self.add(f"cn={name},ou=groups", **own | {"member": members} | values)

    def set(self, dn: str, **values: Value) -> None:
        """Replace attributes of an entry below the base; an empty list takes one away."""
        parts = "".join(f"replace: {name}\n{_lines({name: value})}-\n" for name, value in values.items())
        self.change(f"dn: {dn},{BASE}\nchangetype: modify\n{parts}")

    def delete(self, dn: str) -> None:
        """Delete an entry below the base."""
        self._exec(["ldapdelete", *_ROOT, f"{dn},{BASE}"])

    def change(self, ldif: str) -> None:
        """Do what an LDIF says; what it adds need not say so."""
        (self.shared / "change.ldif").write_text(ldif)
        self._exec(["ldapmodify", "-a", *_ROOT, "-f", "/shared/change.ldif"])

    def _exec(self, command: list[str]) -> None:
        status, output = self._container.exec_run(command)
        assert status == 0, output.decode()

    def stop(self) -> None:
        """Stop the server: connections are refused."""
        self._container.stop(timeout=2)

    def start(self) -> None:
        """Start it again."""
        self._container.start()
        self._arrive()

    def limit(self, line: str) -> None:
        """Start the server again with a line of slapd.conf(5) about its limits."""
        self.stop()
        (self.shared / "limits.conf").write_text(line + "\n")
        self.start()

    def pause(self) -> None:
        """Let it hang: alive, and answering nothing."""
        self._container.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._container.unpause()


def settings(**more: str) -> dict[str, str]:
    """Return the settings of a stack that reads this server; its config needs `ldap-ca.pem`."""
    return {
        "MAIL_DIRECTORY_URL": f"ldap://{NAME}/{BASE}",
        "MAIL_LDAP_BIND_DN": READER,
        "MAIL_LDAP_BIND_PASSWORD": PASSWORD,
        "MAIL_LDAP_CA_FILE": "/config/ldap-ca.pem",
        "MAIL_POSTMASTER_PASSWORD": "",
    } | more


def _tree() -> list[tuple[str, Attributes]]:
    return [
        (BASE, {"objectClass": ["dcObject", "organization"], "dc": "example", "o": "Example"}),
        (READER, {"objectClass": ["applicationProcess", "simpleSecurityObject"], "cn": "mailstead", "userPassword": PASSWORD}),
        (f"ou=people,{BASE}", {"objectClass": "organizationalUnit", "ou": "people"}),
        (f"ou=groups,{BASE}", {"objectClass": "organizationalUnit", "ou": "groups"}),
    ]


def _ldif(dn: str, values: Attributes) -> str:
    return f"dn: {dn}\n{_lines(values)}"


def _lines(values: Attributes) -> str:
    pairs = ((name, one) for name, several in values.items() for one in (several if isinstance(several, list) else [several]))
    return "".join(f"{name}:: {_base64(one)}\n" for name, one in pairs)


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
