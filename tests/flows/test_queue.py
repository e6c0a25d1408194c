"""Mail that must wait is kept, whatever happens to the containers meanwhile."""

import pytest

from support.stack import Stack
from support.wait import wait_until


@pytest.mark.parametrize("interruption", [Stack.restart, Stack.recreate], ids=["restart", "recreate"])
def test_mail_that_waits_outlives_the_container(stack, alice, sink, interruption):
    """Letters deferred because the world is away are still in the queue, by the same ids, and leave when it is back."""
    subject = f"Wait through {interruption.__name__}"
    with sink.refusing("451 4.3.2 Come back later"):
        alice.send(to="dora@elsewhere.test", subject=subject)
        before = wait_until(stack.deferred, what="the letter to be deferred")

        interruption(stack)

        assert before <= stack.queue().keys()
    stack.exec("postfix", "flush")
    assert sink.wait_for(subject=subject)
    wait_until(lambda: not before & stack.queue().keys(), what="the letter to leave the queue")
