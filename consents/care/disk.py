"""How full the disks are that acknowledged changes go to."""

from __future__ import annotations

import shutil
from pathlib import Path

from consents.store.engines import sqlite_file

LOW = 0.2  # of a disk: with less free an operator should look after it


def free(database_url: str, witness: Path) -> dict[str, float]:
    """The free part (0 to 1) of the witness file's disk and, with SQLite, of the database's; unreadable ones are left
    out."""
    found = {"witness": _free(witness)}
    if (database := sqlite_file(database_url)) is not None:
        found["database"] = _free(database)
    return {of: part for of, part in found.items() if part is not None}


def _free(file: Path) -> float | None:
    try:
        usage = shutil.disk_usage(file.parent)
    except OSError:
        return None
    return usage.free / usage.total if usage.total else None
