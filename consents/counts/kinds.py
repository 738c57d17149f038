"""The kinds by which reports count movements, as one number, which is cheaper to fetch than four."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, literal_column

# What a citizen's RET counts as that disputes the ONAY it ends; the other codes are those of ``rules``.
DISPUTED = 3

# Of tables consent_event and act. No source has the code 0.
CODE: ColumnElement[int] = literal_column(
    "(coalesce(consent_event.source, 0) * 4"
    f" + CASE WHEN act.disputed THEN {DISPUTED} ELSE consent_event.status END) * 8"
    " + consent_event.identity * 4 + consent_event.channel"
)


class MovementKind(NamedTuple):
    """Codes. ``status``: BEKLIYOR for a provider's ONAY that waited when it was recorded (rule L4); DISPUTED for a RET
    by which the citizen denies having given the ONAY."""

    channel: int
    identity: int
    status: int
    source: int | None

    @property
    def code(self) -> int:
        return ((self.source or 0) * 4 + self.status) * 8 + self.identity * 4 + self.channel


@lru_cache(maxsize=1024)
def kind_of(code: int) -> MovementKind:
    rest, channel = divmod(code, 4)
    rest, identity = divmod(rest, 2)
    source, status = divmod(rest, 4)
    return MovementKind(channel, identity, status, source or None)
