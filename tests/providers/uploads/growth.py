"""How work grows with its input: the same work on an input and on one eight times as long, in one run.

Work in proportion to its input takes about eight times as long, work with its square 64 times. CPU time of this thread
is compared, the best of several tries, so neither the machine's speed nor its load counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

TIMES = 8
LINEAR = 24  # at most so much longer: three times what is in proportion, far from 64
TRIES = 5

T = TypeVar("T")


def grows(make: Callable[[int], T], work: Callable[[T], object], size: int) -> float:
    """By how much longer ``work`` takes on ``make(TIMES * size)`` than on ``make(size)``."""
    small, large = make(size), make(TIMES * size)
    few, many = _best(work, small), _best(work, large)
    return many / max(few, 1)


def _best(work: Callable[[T], object], on: T) -> int:
    return min(_once(work, on) for _ in range(TRIES))


def _once(work: Callable[[T], object], on: T) -> int:
    began = time.thread_time_ns()
    work(on)
    return time.thread_time_ns() - began
