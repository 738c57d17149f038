"""Lines of one second are put in order, however many there are."""

from __future__ import annotations

import io
import random

import pytest

from providers import in_order
from providers.in_order import Second

START = "2026-11-24 12:00:00,"


def lines(count: int, chance: random.Random) -> list[str]:
    return [f"{START}{chance.getrandbits(256):064x},+90532000{chance.randrange(9999):04},x\n" for _ in range(count)]


def put(several: list[str], at_once: int, spare: io.BytesIO | None = None) -> list[bytes]:
    second = Second(START, spare or io.BytesIO())
    for place in range(0, len(several), at_once):
        second.add(several[place : place + at_once])
    return list(second.pieces())


def test_nothing_gives_nothing() -> None:
    assert b"".join(Second(START, io.BytesIO()).pieces()) == b""


@pytest.mark.parametrize("count", [1, 9, 10, 11, 2_000])
@pytest.mark.parametrize("at_once", [1, 7, 3_000])
def test_lines_come_back_in_order_also_where_a_file_holds_most_of_them(
    monkeypatch: pytest.MonkeyPatch, count: int, at_once: int
) -> None:
    monkeypatch.setattr(in_order, "HELD", 10)
    several = lines(count, random.Random(count))
    found = put(several, at_once)
    assert b"".join(found).decode() == "".join(sorted(several))
    assert len(found) == (in_order.SHARES if count > 10 else 1)
    assert max(map(len, found)) <= max(10, count // 10) * len(several[0])


def test_ids_that_are_not_evenly_spread_come_back_in_order_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "HELD", 3)
    several = [f"{START}{start}{rest:03},x\n" for start in ("0", "00", "ff", "f", "04", "zz") for rest in range(5)]
    random.Random(1).shuffle(several)
    assert b"".join(put(several, 4)).decode() == "".join(sorted(several))


def test_a_spare_file_serves_one_second_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "HELD", 10)
    spare = io.BytesIO()
    for count in (50, 20, 5):
        several = lines(count, random.Random(count))
        assert b"".join(put(several, 4, spare)).decode() == "".join(sorted(several))
        assert spare.getvalue() == b""


def test_no_more_lines_are_held_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "HELD", 100)
    second = Second(START, io.BytesIO())
    for one in lines(1_000, random.Random(2)):
        second.add([one])
        assert len(second._lines) <= 100
