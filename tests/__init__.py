"""The proof. Its folders are those of the product."""

from __future__ import annotations

import os
import random
import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "tests" / "corpus"
HOST = "127.0.0.1"
LONG = os.environ.get("LONG_TESTS") == "1"
"""Whether this is ``make long``: as many crashes and invented examples as an hour has room for."""
_HELD: deque[socket.socket] = deque()  # the names of ports whose servers may not listen yet


def repeats(short: int, long: int) -> int:
    """How often something is repeated in ``make test``, and in ``make long``."""
    return long if LONG else short


@contextmanager
def case(*what: object) -> Iterator[None]:
    """One of many cases in a loop: a failure in it names it."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"case: {what!r}")
        raise


def scratch() -> Path:
    """The folder for databases of tests: in memory where there is room for them, because PostgreSQL makes and drops one
    for each test, and a disk takes six times as long. What fsync makes durable is tried by tests/crash/disk.py."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        return memory
    return Path(tempfile.gettempdir())


def free_port() -> int:
    """A port that nobody listens on, below those the system hands out: so no client of it can meet itself.

    No other process of this machine gets it, of this run or of another one, which could take it before its server
    listens: its number is the name of a socket, which one process can hold and which ends with it. The last hundred
    are held, because a test may ask for several before the first of its servers listens.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0izin-port-{port}")
        except OSError:  # another process holds it
            name.close()
            continue
        if listening(port):
            name.close()
            continue
        _HELD.append(name)
        if len(_HELD) > 100:
            _HELD.popleft().close()
        return port


def listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((HOST, port)) == 0
