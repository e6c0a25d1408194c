"""A queue full of letters that wait, across new containers and a new image: none is lost, none begins anew."""

import io
from collections.abc import Callable

import docker

from faults import inventory
from support import clients
from support.people import Person
from support.stack import IMAGE, Stack
from support.wait import wait_until

FEW, MANY = 100, 1000
TO = "dora@elsewhere.test"


def send(person: Person, count: int) -> set[str]:
    """Send so many letters to somebody who does not take them; return their subjects."""
    subjects = {f"Waiting {number}" for number in range(count)}
    with person.signed_in() as server:
        for subject in subjects:
            server.sendmail(person.address, [TO], f"Subject: {subject}\r\n\r\nLater.\r\n")
    return subjects


def rebuilt(client: docker.DockerClient, name: str) -> str:
    """Build our image anew with the same content; return the name of the new one."""
    tag = f"{IMAGE}-of-{name}"
    client.images.build(fileobj=io.BytesIO(f"FROM {IMAGE}\nLABEL rebuilt={name}\n".encode()), tag=tag, rm=True)
    return tag


def test_what_waits_outlives_new_containers_and_a_new_image(open_stack: Callable[..., object], make_person, long: bool):
    """A hundred letters (a thousand in the long form) keep their numbers and the time they came; all arrive, each once."""
    with open_stack(MAIL_RATE_LIMIT="5000 / 1h") as stack:
        person, count = make_person("Will", stack=stack), MANY if long else FEW
        with stack.world.sink.refusing("451 4.3.2 Come back later"):
            subjects = send(person, count)
            before = wait_until(lambda: all_deferred(stack, count), 60, what="all letters to be put off")
            stack.recreate()
            assert inventory.waiting(stack) == before
            upgrade_image(stack)
            assert inventory.waiting(stack) == before
        wait_until(lambda: inventory.all_gone(stack), 120, what="the queue to be empty")

        assert sorted(kept.letter.subject for kept in stack.world.sink.kept()) == sorted(subjects)
        assert clients.opening(stack, person.address, person.password) == set(clients.WAYS)


def all_deferred(stack: Stack, count: int) -> dict[str, list[object]] | None:
    """Return the queue once so many letters are put off in it."""
    return inventory.waiting(stack) if len(stack.deferred()) == count else None


def upgrade_image(stack: Stack) -> None:
    """Have the stack run another image with the same content, as after a rebuild."""
    client, old = stack.run.client, stack.container("mail").image.id
    new = rebuilt(client, stack.name)
    try:
        stack.use(new)
        stack.up()
        assert stack.container("mail").image.id != old
    finally:
        stack.use(IMAGE)
        client.images.remove(new, force=True)
