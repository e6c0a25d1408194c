"""A directory of many people: the next one waits for none of them."""

import json

from support import clients

MANY = 40_000
LOCAL_PARTS = "abcdefghijklmnopqrstuvwxyz0123456789_-"
_FILL = f"""
import sqlite3
from mailstead.directory import passwords
hashed = passwords.hash("the password of many")
people = (f"u{{number}}{{sign}}@example.test" for number in range({MANY} // {len(LOCAL_PARTS)}) for sign in "{LOCAL_PARTS}")
with sqlite3.connect("/var/lib/mailstead/directory.sqlite") as database:
    database.executemany(
        "INSERT INTO accounts (address, domain, typed, name, password_hash, enabled, may_send, must_change, keeps_copy)"
        " VALUES (?1, 'example.test', ?1, '', ?2, TRUE, TRUE, FALSE, TRUE)", ((one, hashed) for one in people))
    database.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'counter'")
"""
_WORK = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(used.ru_utime + used.ru_stime))
"""


def _work_of_adding(stack, name):
    """Return the processor's seconds for an account: those of the clock tell how busy the machine is."""
    command = ["python3", "-c", _WORK, "mailstead", "account", "add"]
    return min(json.loads(stack.exec(*command, f"{name}{number}@example.test")) for number in range(3))


def test_an_account_among_many_is_no_more_work(make_stack, make_person):
    """Adding one looks at nobody else, and it opens every way at once; each of the others sends, however he types his login."""
    stack = make_stack()
    alone = _work_of_adding(stack, "before")
    stack.exec("python3", "-c", _FILL)
    stack.mailstead("project")

    assert _work_of_adding(stack, "after") < 2 * alone

    alice = make_person("Alice", stack=stack)
    assert clients.opening(stack, alice.address, alice.password) == set(clients.WAYS)
    alice.send(to=alice, subject="Among many")
    assert alice.inbox.wait_for(subject="Among many")
    for sign in LOCAL_PARTS:
        for login in (f"u500{sign}@example.test", f"U501{sign}@EXAMPLE.TEST".upper(), f"U502{sign}@example.test"):
            with clients.submissions(stack) as server:
                clients.smtp_plain(server, login, "the password of many")
