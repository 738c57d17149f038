"""Table ``recipient_view``: the new holder of a number sees nothing from before they reported it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import optional_micros, stored
from consents.instants import DAY
from consents.store import Snapshot, Statement, Transaction

_FIND = Statement(text("SELECT hidden_before FROM recipient_view WHERE recipient = :recipient"))


class HiddenHistory(NamedTuple):
    """``since``: µs before which nothing is shown, 0: all is. ``asked``: whether the holder has answered."""

    since: int = 0
    asked: bool = False


def hidden(snapshot: Snapshot, recipient: int | None) -> HiddenHistory:
    row = None if recipient is None else snapshot.one(_FIND, {"recipient": recipient})
    if row is None:
        return HiddenHistory()
    (since,) = row
    return HiddenHistory(optional_micros(since) or 0, asked=True)


def may_show_again(since: int, now: int) -> bool:
    return 0 < since <= now <= since + DAY


def answer(
    transaction: Transaction, recipient: int, *, new: bool, everything: bool = False, proved_at: int | None = None
) -> None:
    """Records the holder's answer. ``new``: nothing from before ``proved_at`` (µs, default now) is shown from now on.
    ``everything``: what was hidden in the last 24 hours is shown again; a later holder never sees what an earlier one
    hid."""
    since = hidden(transaction, recipient).since
    again = everything and may_show_again(since, transaction.now)
    before = 0 if again else max(since, transaction.now if proved_at is None else proved_at) if new else since
    row = (recipient, stored(transaction.now), stored(before) if before else None)
    transaction.upsert("recipient_view", "recipient", "recipient,answered_at,hidden_before", [row])


def restore(transaction: Transaction, recipient: int, since: int) -> None:
    """Undoes an answer: only what was hidden before it (``since``, µs; 0: nothing) is hidden."""
    row = (recipient, stored(transaction.now), stored(since) if since else None)
    transaction.upsert("recipient_view", "recipient", "recipient,answered_at,hidden_before", [row])
