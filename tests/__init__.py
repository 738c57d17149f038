"""The proof. Its folders are those of the product."""

from __future__ import annotations

import os
import random
import shutil
import socket
import tempfile
from collections import deque
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "tests" / "corpus"
HOST = "127.0.0.1"
WORKERS = 16  # processes of one run that look for ports at the same time
LONG = os.environ.get("LONG_TESTS") == "1"
"""Whether this is ``make long``: as many crashes and invented examples as an hour has room for."""
_GIVEN: deque[int] = deque(maxlen=100)  # ports whose servers may not listen yet


def repeats(short: int, long: int) -> int:
    """How often something is repeated in ``make test``, and in ``make long``."""
    return long if LONG else short


def scratch() -> Path:
    """The folder for databases of tests: in memory where there is room for them, because PostgreSQL makes and drops one
    for each test, and a disk takes six times as long. What fsync makes durable is tried by tests/crash/disk.py."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        return memory
    return Path(tempfile.gettempdir())


def free_port() -> int:
    """A port that nobody listens on, below those the system hands out: so no client of it can meet itself.

    The processes of a run each have ports of their own, because another one could take this port before its server
    listens. By chance among them, because two runs at the same time would take it from each other. None of the last
    hundred is given again, because a test may ask for several before the first of its servers listens.
    """
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    while True:
        port = random.SystemRandom().randrange(20_000 + mine, 32_000, WORKERS)
        if port not in _GIVEN and not listening(port):
            _GIVEN.append(port)
            return port


def listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((HOST, port)) == 0
