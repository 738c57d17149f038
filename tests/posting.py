"""Messages put into the outbox, by the numbers of their rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from consents.keys import Keyring
from consents.store import Statement, Transaction
from gateways.outbox import outbox

_LAST = Statement(text("SELECT max(id) FROM outbox"))


def post(transaction: Transaction, keyring: Keyring, **words: Any) -> int:
    """The number of the message that is posted."""
    outbox.post(transaction, keyring, **words)
    row = transaction.one(_LAST)
    assert row is not None
    return int(row[0])
