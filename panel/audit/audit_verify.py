"""Checks the audit log of panel and commands against the registry's history (``izin verify``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consents.keys import Keyring
from consents.queries import log_rows
from consents.store import Snapshot
from panel.audit import audit_log


def verify(snapshot: Snapshot, keyring: Keyring, first: int = log_rows.FIRST, last: int = log_rows.LAST) -> str | None:
    """The number of the first changed, missing or inserted act, as a sentence; None when all match. ``first``,
    ``last``: the checked acts, numbered as in history."""
    kept = _kept(snapshot, first, last)
    row = next(kept, None)
    for number, sealed in log_rows.notes(snapshot, first, last):
        witnessed = keyring.unseal_evidence(bytes(sealed)).get(audit_log.EVIDENCE)
        if witnessed is None:
            continue
        if row is not None and row[0] < number:
            return f"panel act {row[0]} stands in no history"
        if row is None or row[0] > number:
            return f"panel act {number} is missing"
        if not audit_log.is_as_recorded(keyring, row, witnessed):
            return f"panel act {number} is not what was recorded"
        row = next(kept, None)
    return None if row is None else f"panel act {row[0]} stands in no history"


def _kept(snapshot: Snapshot, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    after = max(0, first - 1)
    while page := audit_log.rows(snapshot, after):
        yield from (row for row in page if row[0] <= last)
        after = page[-1][0]
        if after > last:
            return
