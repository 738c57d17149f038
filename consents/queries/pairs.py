"""What stands between one recipient and one brand, with the recipient's address, in one read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, select
from sqlalchemy.sql import FromClause

from consents import state
from consents.rules import Standing
from consents.store import Snapshot, Statement, table
from consents.tables.history_tables import Consent
from consents.tables.recipient_tables import RecipientRow

_recipient = table(RecipientRow)
_consent = table(Consent)


class Pair(NamedTuple):
    """``sealed``: the encrypted address; ``stands``: of the brand's every channel, by (channel, identity)."""

    recipient: int
    brand: int
    sealed: bytes
    stands: dict[tuple[int, int], Standing]


def beside(recipient: ColumnElement[int], brand: ColumnElement[int], *others: Any, of: FromClause) -> Select[Any]:
    """Rows of a room's own table ``of``: recipient, brand, ``others``, and the pair; one row a consent, a single one
    where it has none. Pass them to ``read``."""
    consents = and_(_consent.c.recipient == recipient, _consent.c.brand == brand)
    joined = of if of is _recipient else of.join(_recipient, _recipient.c.id == recipient)
    return select(recipient, brand, *others, _recipient.c.sealed, *state.columns).select_from(
        joined.outerjoin(_consent, consents)
    )


_BY_NUMBER = Statement(
    beside(_recipient.c.id, bindparam("brand"), of=_recipient).where(_recipient.c.id == bindparam("recipient"))
)


def read(rows: Sequence[tuple[Any, ...]], others: int = 0) -> Pair:
    """The pair of the non-empty rows of ``beside``; ``others``: how many such columns it has."""
    at = 3 + others
    recipient, brand, *_ = rows[0]
    unpacked = (state.unpack(row[at:]) for row in rows if row[at] is not None)
    stands = {(key.channel, key.identity): one for key, one in unpacked}
    return Pair(recipient, brand, rows[0][at - 1], stands)


def by_number(snapshot: Snapshot, recipient: int, brand: int) -> Pair | None:
    rows = snapshot.all(_BY_NUMBER, {"recipient": recipient, "brand": brand})
    return read(rows) if rows else None
