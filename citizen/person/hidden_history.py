"""What an address's new holder is not shown: everything from before he told us that the number is new to him."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from citizen.person.view_tables import RecipientView
from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Transaction

_view = RecipientView.__table__.c  # type: ignore[attr-defined]
_FIND = Statement(select(_view.hidden_before).where(_view.recipient == bindparam("recipient")))


class Veil(NamedTuple):
    """``since``: µs before which nothing is shown, 0: all is. ``asked``: whether the holder has answered."""

    since: int = 0
    asked: bool = False


def of(snapshot: Snapshot, recipient: int) -> Veil:
    """The veil of an address; the same for each of its sessions."""
    row = snapshot.one(_FIND, {"recipient": recipient})
    if row is None:
        return Veil()
    return Veil(0 if row[0] is None else micros(row[0]), asked=True)


def answer(transaction: Transaction, recipient: int, *, new: bool) -> None:
    """Keeps the holder's answer. ``new``: nothing from before now is shown from now on; else what is hidden stays."""
    before = transaction.now if new else of(transaction, recipient).since
    row = (recipient, stored(transaction.now), stored(before) if before else None)
    transaction.upsert("recipient_view", "recipient", "recipient,answered_at,hidden_before", [row])
