"""The proof. Its folders are those of the product."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "tests" / "corpus"


def scratch() -> Path:
    """The folder for databases of tests: in memory where there is room for them, because PostgreSQL makes and drops one
    for each test, and a disk takes six times as long. What fsync makes durable is tried by tests/crash/disk.py."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        return memory
    return Path(tempfile.gettempdir())
