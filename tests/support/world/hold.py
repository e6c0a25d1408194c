"""Hold connections that say nothing: `python3 hold.py SERVER PORT COUNT SOURCE...`, so many from each address of this machine.

Prints a line with how many were let in, and holds them until standard input ends.
"""

import socket
import sys

PATIENCE = 30  # seconds


def let_in(server, port, source):
    try:
        return socket.create_connection((server, int(port)), PATIENCE, (source, 0))
    except OSError:
        return None


server, port, count, *sources = sys.argv[1:]
held = [let_in(server, port, source) for source in sources for _ in range(int(count))]
print(len([one for one in held if one]), flush=True)
sys.stdin.read()
