"""A time server (SNTP, RFC 5905) whose clock is some seconds ahead of this machine's.

    python3 clock.py SECONDS
"""

import socket
import struct
import sys
import time

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


def stamp(seconds: float) -> bytes:
    return struct.pack("!II", int(seconds) + NTP_EPOCH, int(seconds % 1 * 2**32))


def serve(ahead: float) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", 123))
        print("clock: listening", flush=True)
        while True:
            question, client = server.recvfrom(512)
            now = stamp(time.time() + ahead)
            # Version 4, a server's answer, of stratum 2; the client's own time comes back to it.
            server.sendto(b"\x24\x02\x06\xe9" + bytes(12) + now + question[40:48] + now + now, client)


if __name__ == "__main__":
    serve(float(sys.argv[1]))
