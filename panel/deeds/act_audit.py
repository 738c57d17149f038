"""Whether the log of the panel's acts is what the registry's history bears witness to (``izin verify``)."""

from __future__ import annotations

from collections.abc import Iterator

from consents.keys import Keyring
from consents.reading import log_rows
from consents.store import Snapshot
from panel.deeds import panel_acts


def verify(snapshot: Snapshot, keyring: Keyring) -> str | None:
    """The first act of the panel that was changed, taken out or put in, named by number; None when all stand."""
    kept = _kept(snapshot)
    row = next(kept, None)
    for number, sealed in log_rows.notes(snapshot):
        witnessed = keyring.unseal_evidence(bytes(sealed)).get(panel_acts.EVIDENCE)
        if witnessed is None:
            continue
        if row is not None and row[0] < number:
            return f"panel act {row[0]} stands in no history"
        if row is None or row[0] > number:
            return f"panel act {number} is missing"
        if row[1] != witnessed:
            return f"panel act {number} is not what was recorded"
        row = next(kept, None)
    return None if row is None else f"panel act {row[0]} stands in no history"


def _kept(snapshot: Snapshot) -> Iterator[tuple[int, str]]:
    after = 0
    while page := panel_acts.rows(snapshot, after):
        yield from page
        after = page[-1][0]
