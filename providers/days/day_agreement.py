"""A provider's agreement with a day's report, by a call or on a page: its movements have reached it."""

from __future__ import annotations

from consents.store import Transaction
from providers.days import day_store
from providers.days.day_store import ALL, Made, Which
from providers.deliveries import handout_store


def agree(transaction: Transaction, which: Which, made: Made, reader: int | None = None) -> bool:
    """Records it, and that the file was taken; False where it was agreed to before. ``reader``: a program's user."""
    if not day_store.agree(transaction, which):
        return False
    span, channel = made.span, channel_of(which)
    handout_store.note(
        transaction, which.brand, handout_store.FILE, span.first, span.last, reader=reader, channel=channel, taken=True
    )
    return True


def channel_of(which: Which) -> int | None:
    """None for all channels."""
    return None if which.channel == ALL else which.channel
