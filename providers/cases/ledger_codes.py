"""The field and value of a consent that the ledger refuses."""

from __future__ import annotations

from consents import dates
from consents.terms import Status
from web.iys_fields import Field

_ABOUT = {
    "H174": Field.STATUS,
    "H175": Field.STATUS,
    "H178": Field.DATE,
    "H462": Field.DATE,
    "H463": Field.SOURCE,
    "H467": Field.DATE,
    "H520": Field.STATUS,
    "H521": Field.STATUS,
    "H525": Field.STATUS,
    "Z425": Field.STATUS,
}


def about(code: str, status: int, at: int) -> tuple[str, str]:
    """``at``: decided_at (µs)."""
    field = _ABOUT[code]
    if field == Field.STATUS:
        return field, str(Status.of(status))
    return field, dates.wire(at) if at and field == Field.DATE else ""
