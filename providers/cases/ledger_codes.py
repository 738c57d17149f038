"""The field and value of a consent that the ledger refuses."""

from __future__ import annotations

from consents import dates
from consents.terms import Status
from web.codes import CODES
from web.iys_fields import Field


def about(code: str, status: int, at: int) -> tuple[str, str]:
    """``at``: decided_at (µs)."""
    field = CODES[code].about
    if field == Field.STATUS:
        return field, str(Status.of(status))
    return field, dates.wire(at) if at and field == Field.DATE else ""
