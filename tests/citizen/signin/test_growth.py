"""What is typed at sign-in is read in time that grows with its length, not with the square of it.

The longest that is read is eight times as long as what it is compared with: in proportion that takes eight times as
long, by the square 64 times. Sizes are compared with each other in one run, so that no machine's speed plays a part;
of several runs the shortest counts, for other programs can only make one longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import product

import pytest

from consents.people.recipients import BadAddress
from trust.codes import codes
from trust.codes.reach import reach

PIECES = (
    *(" ", "\n", "\t", "\u200b", "\u00a0", "1", "12 ", "123 456 ", "048213 ", "a", "-", "--", "–", "@", ".", "a.", "_"),
    *("1-", "(0)", "+", "1\u00ad", "123456;", ";1", "; ", "*", "é", "x ", " x", "e1", "'", "tel:", "٣"),
)
HEADS, TAILS = ("", "1", "a@", "+90"), ("", "x", "1", "@b.cc", "\x00")


def typed(size: int) -> list[str]:
    """Texts of this length: a piece again and again, between a beginning and an end that may spoil it."""
    return [(head + piece * size)[: size - len(tail)] + tail for head, piece, tail in product(HEADS, PIECES, TAILS)]


def read_address(text: str) -> None:
    with suppress(BadAddress):
        reach(text, ("TR",), calls=True)


def slowest(read: Callable[[str], object], size: int) -> float:
    """The processor's seconds for the text of this size that takes longest."""
    return max(min(_took(read, text) for _ in range(5)) for text in typed(size))


def _took(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize(("read", "longest"), [(codes.read_code, 2000), (read_address, 320)])
def test_eight_times_as_much_takes_no_square_of_it(read: Callable[[str], object], longest: int) -> None:
    slowest(read, longest // 8)  # what is loaded with the first text of a kind
    assert slowest(read, longest) < 24 * slowest(read, longest // 8)


@pytest.mark.parametrize(("read", "longest"), [(codes.read_code, 2000), (read_address, 320)])
def test_what_is_longer_is_not_looked_at(read: Callable[[str], object], longest: int) -> None:
    for piece in PIECES:
        text = Unread(piece * (longest + 1))
        read(text)


class Unread(str):
    """Text that tells how long it is, and neither its characters nor a copy of more of them than are looked at."""

    def __iter__(self) -> object:  # type: ignore[override]
        raise AssertionError

    def strip(self, chars: str | None = None, /) -> str:
        raise AssertionError

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        raise AssertionError

    def __getitem__(self, key: object) -> str:  # type: ignore[override]
        assert key == slice(None, 320, None)
        return str.__getitem__(self, key)  # type: ignore[index]
