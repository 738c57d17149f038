"""The states of a dispute, as a table: a citizen denies an ONAY that a company declared, and the company shows its
evidence or withdraws the ONAY within five business days. Silence refuses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from consents import business_days
from consents.dates import day_bounds

DAYS = 5  # business days that the company has


class DisputeState(IntEnum):
    """The store keeps the number."""

    OPEN = 0
    KEPT = 1  # the company showed evidence; what stood goes on
    WITHDRAWN = 2  # the company declared a RET
    SILENT = 3  # the registry refused for the citizen
    TAKEN_BACK = 4  # the citizen took the refusal back, or approved


class DisputeStep(IntEnum):
    ASK = 0
    SHOW = 1
    WITHDRAW = 2
    EXPIRE = 3
    TAKE_BACK = 4
    LOSE = 5  # the evidence that was shown is taken back


_OPEN = DisputeState.OPEN
NEXT: Mapping[tuple[DisputeState | None, DisputeStep], DisputeState] = {
    (None, DisputeStep.ASK): _OPEN,
    (_OPEN, DisputeStep.SHOW): DisputeState.KEPT,
    (_OPEN, DisputeStep.WITHDRAW): DisputeState.WITHDRAWN,
    (_OPEN, DisputeStep.EXPIRE): DisputeState.SILENT,
    (_OPEN, DisputeStep.TAKE_BACK): DisputeState.TAKEN_BACK,
    (DisputeState.KEPT, DisputeStep.LOSE): _OPEN,
    (DisputeState.TAKEN_BACK, DisputeStep.ASK): _OPEN,
}
"""What a step leads to; any other step changes nothing."""


def due_at(asked_at: int) -> int:
    """µs: the end of the last day on which the company may answer."""
    return day_bounds(business_days.days_after(asked_at, DAYS))[1]
