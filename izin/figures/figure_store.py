"""The public figures of a month, kept once and never changed: a second publication of a month would show by its
difference what the first one left out. Counts below ``FEWEST`` are left out, and the sums with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from sqlalchemy import text

from consents.store import Snapshot, Statement, Transaction, Value

FEWEST = 20  # a smaller count is not published; the sentences of templates/pages/figures.html name it
TOTAL = -1  # in place of a part
KEPT = 120  # months that are read

_MONTHS: Value[int] = Statement(text("SELECT DISTINCT month FROM public_figure WHERE month >= :first"))
_ADD = Statement(
    text(
        "INSERT INTO public_figure (month, what, part, amount) VALUES (:month, :what, :part, :amount) "
        "ON CONFLICT (month, what, part) DO NOTHING"
    )
)
_SINCE = Statement(
    text("SELECT month, what, part, amount FROM public_figure WHERE month > :since ORDER BY month DESC, what, part")
)


class Figure(IntEnum):
    """The store keeps the number."""

    REFUSALS = 0  # by channel
    CONSENTS = 1  # by channel
    DISPUTES = 2  # by DisputeState: KEPT for answered, SILENT
    COMPLAINTS = 3
    MEDIAN = 4  # minutes until half of the refusals were taken
    NEARLY_ALL = 5  # minutes until 99 per cent were
    MISSED = 6  # per cent that were not taken by their third business day


class KeptFigure(NamedTuple):
    """``amount``: None where it is not published."""

    month: int
    what: Figure
    part: int
    amount: int | None


def published(parts: Mapping[int, int]) -> dict[int, int | None]:
    """The parts and their total as they are published. With one part the total is left out too, because the others
    would be subtracted from it: to one who knows the rest, a count that is left out may be any below ``FEWEST``."""
    shown = {part: count if count >= FEWEST else None for part, count in parts.items()}
    return {**shown, TOTAL: None if None in shown.values() else sum(parts.values())}


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def kept_months(snapshot: Snapshot, first: int) -> set[int]:
    """From ``first`` on."""
    return set(snapshot.column(_MONTHS, {"first": first}))


def keep(transaction: Transaction, figures: list[KeptFigure]) -> None:
    """What is kept already stays as it is."""
    for one in figures:
        transaction.run(_ADD, one._asdict() | {"what": one.what.value})


def of_months(snapshot: Snapshot, since: int) -> tuple[KeptFigure, ...]:
    """Those of later months than ``since``, the newest month first."""
    rows = snapshot.all(_SINCE, {"since": since})
    return tuple(KeptFigure(month, Figure(what), part, amount) for month, what, part, amount in rows)
