"""What the disk can do at most: files made and synced, in the volume the mail is in."""

import json

from .stacks import Stack

# Run in the container. As in the fastest server there could be, each file is written once, where it stays.
_PROBE = """
import json, os, sys, tempfile, threading, time
size, writers, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
text, made = os.urandom(size), []
with tempfile.TemporaryDirectory(dir="/var/mail") as folder:
    def write(writer):
        count = 0
        while time.monotonic() < end:
            place = os.open(f"{folder}/{writer}.{count}", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(place, text)
            os.fsync(place)
            os.close(place)
            count += 1
        made.append(count)
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    begun = time.monotonic()
    end = begun + seconds
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(json.dumps(sum(made) / (time.monotonic() - begun)))
"""


def files_a_second(stack: Stack, size: int, writers: int, seconds: float = 2) -> float:
    """Return how many files of a size that many writers make and sync in a second, on the volume of a stack of ours."""
    return json.loads(stack.exec("python3", "-c", _PROBE, str(size), str(writers), str(seconds)))
