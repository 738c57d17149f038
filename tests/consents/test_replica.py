"""When a standby is read: not where its rows stand under a key that the reader has not got."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import create_engine

from consents.store.cursors import Transaction
from consents.store.replica import Behind, Mark, Replica

MARK = Mark(100, *(5 if name == "act" else 7.0 for name in Mark._fields[1:]))


def check(holds: Any, oldest: int | None) -> None:
    """Asks a standby that has come as far as is wanted and whose oldest rows stand under ``oldest``."""
    row = (100, oldest, MARK.recorded_at)
    transaction = SimpleNamespace(connection=SimpleNamespace(), one=lambda statement, values: row)
    replica = Replica(create_engine("sqlite://"), lambda: MARK)
    replica.check(cast(Transaction, transaction), MARK, 0.0, holds)


@pytest.mark.parametrize("oldest", [1, 2])
def test_rows_under_a_key_that_the_reader_lacks_are_not_read(oldest: int) -> None:
    asked: list[tuple[int, int]] = []

    def holds(first: int, last: int) -> bool:
        asked.append((first, last))
        return first >= 2

    if oldest < 2:
        with pytest.raises(Behind):
            check(holds, oldest)
    else:
        check(holds, oldest)
    assert asked == [(oldest, oldest)]


def test_who_seals_nothing_and_a_registry_without_keys_are_no_reason() -> None:
    check(None, 1)
    check(lambda first, last: False, None)
