"""A file is written and hashed beside the work of making its bytes."""

from __future__ import annotations

import hashlib
import io
import threading
from typing import Any

import pytest

from providers.days import day_reports
from providers.days.day_reports import HashedFile


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 12, 1_000])
def test_the_digests_are_those_of_the_bytes(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(day_reports, "GATHERED", 10)
    data = bytes(number % 251 for number in range(size))
    file = io.BytesIO()
    with HashedFile(file) as hashed:
        for place in range(0, size, 4):
            hashed.write(data[place : place + 4])
        digests = hashed.digests()
        assert file.getvalue() == data  # at once, not only when the block has ended
    assert digests == (hashlib.sha384(data).digest(), hashlib.sha512(data).digest())


class Torn(io.BytesIO):
    """Takes one piece, then the disk is full."""

    def write(self, data: Any) -> int:
        if self.tell():
            raise OSError("the disk is full")
        return super().write(data)


def put(file: io.BytesIO, pieces: int) -> None:
    with HashedFile(file) as hashed:
        for _ in range(pieces):
            hashed.write(b"some")
        hashed.digests()


@pytest.mark.parametrize("pieces", [2, 3, 4])  # raised by ``digests``, by ``write``
def test_what_fails_in_the_thread_is_raised(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    monkeypatch.setattr(day_reports, "GATHERED", 1)
    with pytest.raises(OSError, match="disk is full"):
        put(Torn(), pieces)


class Slow(io.BytesIO):
    """Waits to be let through."""

    def __init__(self) -> None:
        super().__init__()
        self.through = threading.Semaphore(0)

    def write(self, data: Any) -> int:
        assert self.through.acquire(timeout=60)
        return super().write(data)


def test_no_more_than_one_piece_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a slow disk would let the whole file pile up in memory."""
    monkeypatch.setattr(day_reports, "GATHERED", 1)
    file = Slow()
    with HashedFile(file) as hashed:
        hashed.write(b"1")
        second = threading.Thread(target=hashed.write, args=(b"2",))
        second.start()
        second.join(0.1)
        assert second.is_alive()
        file.through.release(3)
        second.join(60)
        hashed.digests()
    assert file.getvalue() == b"12"


def test_nothing_is_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_reports, "GATHERED", 1)
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="disk is full"):
        put(Torn(), 5)
    put(io.BytesIO(), 5)
    assert set(threading.enumerate()) - before == set()
