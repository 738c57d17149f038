"""Rows put in order beyond what memory holds: each comes out once, in order, and nothing is left behind."""

from __future__ import annotations

import random

import pytest

from providers.uploads import runs
from providers.uploads.runs import Runs


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RUN", 50)
    monkeypatch.setattr(runs, "_BLOCK", 7)


@pytest.mark.parametrize("addresses", [1, 3, 1000])
@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 777])
def test_all_rows_come_out_once_and_in_order(count: int, addresses: int) -> None:
    dice = random.Random(count)
    rows = [(b"%04d" % dice.randrange(addresses), number, None) for number in range(count)]
    held = Runs()
    for start in range(0, count, 8):
        held.add(rows[start : start + 8])
    assert len(held) == count
    blocks = list(held.in_order())
    assert [row for block in blocks for row in block] == sorted(rows)
    assert len(held) == 0
    assert list(held.in_order()) == []


def test_few_rows_are_in_memory_at_once() -> None:
    held = Runs()
    for number in range(0, 2000, 10):
        held.add([(number + one,) for one in range(10)])
        assert len(held._rows) < 50 + 10
    assert max(map(len, held.in_order())) <= 50 + 40 * 7  # a block of each run at the most
