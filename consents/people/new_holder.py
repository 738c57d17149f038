"""Table ``recipient_view``: a number's new holder says that it is new to him; nothing from before that is shown."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import DAY
from consents.store import Snapshot, Statement, Transaction

_FIND = Statement(text("SELECT hidden_before FROM recipient_view WHERE recipient = :recipient"))


class HiddenHistory(NamedTuple):
    """``since``: µs before which nothing is shown, 0: all is. ``asked``: whether the holder has answered."""

    since: int = 0
    asked: bool = False


def hidden(snapshot: Snapshot, recipient: int | None) -> HiddenHistory:
    """What is hidden at an address; the same for each of its sessions."""
    row = None if recipient is None else snapshot.one(_FIND, {"recipient": recipient})
    if row is None:
        return HiddenHistory()
    return HiddenHistory(0 if row[0] is None else micros(row[0]), asked=True)


def may_show_again(since: int, now: int) -> bool:
    """Whether what was hidden at ``since`` (µs) can be shown again."""
    return 0 < since <= now <= since + DAY


def answer(transaction: Transaction, recipient: int, *, new: bool, everything: bool = False) -> None:
    """Keeps the holder's answer. ``new``: nothing from before now is shown from now on; else what is hidden stays.

    ``everything``: what was hidden in the last 24 hours is shown again. A number goes on to others: whoever has it
    later must not see what its holder before him had hidden.
    """
    since = hidden(transaction, recipient).since
    again = everything and may_show_again(since, transaction.now)
    before = 0 if again else transaction.now if new else since
    row = (recipient, stored(transaction.now), stored(before) if before else None)
    transaction.upsert("recipient_view", "recipient", "recipient,answered_at,hidden_before", [row])


def restore(transaction: Transaction, recipient: int, since: int) -> None:
    """Takes an answer back: what was hidden before it (``since``, µs; 0: nothing) is hidden, and nothing else."""
    row = (recipient, stored(transaction.now), stored(since) if since else None)
    transaction.upsert("recipient_view", "recipient", "recipient,answered_at,hidden_before", [row])
