"""Reading one SMS: what its words mean, without the act. Bodies of the corpus, and made-up ones of any length."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median

from bench import child
from bench.harness import Row, Scale
from optout.sms.reader.keywords import read
from optout.sms.reader.words import NameIndex

_CORPUS = Path(__file__).parent.parent / "tests" / "corpus" / "sms_bodies.jsonl"
_FUZZED = 100_000
_LONGEST = 1600  # characters, ten segments: more than carriers pass on
_BRANDS = NameIndex(
    {"CINAR": (1,), "600101": (1,), "ISIK": (2,), "DURAN": (3,), "RETRO": (4,), "0123456789012345": (1, 5)}
)  # as the site has them, made once
_AGAIN = 5
_LETTERS = "retRETiıİIptalİPTALonaydur ğüşöç .,!?\n\u0307\u200b\ufffdЕТРＲＥＴ0123456789@#-'’B"


def run(scale: Scale) -> list[Row]:
    fuzzed = _FUZZED if scale.name != "tiny" else scale.rows // 10
    middle, worst = child.call(measure, fuzzed=fuzzed)
    return [
        Row("reading one SMS of the corpus, p50", middle, "µs", 50.0, 20.0, less=True),
        Row(f"reading the slowest of the corpus and of {fuzzed:,} others", worst, "µs", 1000.0, 300.0, less=True),
    ]


def measure(fuzzed: int) -> tuple[float, float]:
    """µs: the median of the corpus, the most of all."""
    bodies = [json.loads(line)["input"] for line in _CORPUS.read_text(encoding="utf-8").splitlines()]
    for body in bodies:
        read(body, _BRANDS)  # what is made once, is
    middle, worst = median(map(_once, bodies)), 0
    for body in chain(bodies, _made_up(bodies, fuzzed)):
        worst = max(worst, _time(body, worst))
    return middle / 1e3, worst / 1e3


def _made_up(bodies: list[str], count: int) -> Iterator[str]:
    """Letters at random, words of the corpus in any order, one of its bodies again and again: of any length."""
    dice = random.Random(1)
    words = [word for body in bodies for word in body.split()]
    for number in range(count):
        length = dice.randint(1, _LONGEST)
        if number % 3 == 0:
            yield "".join(dice.choices(_LETTERS, k=length))
        elif number % 3 == 1:
            yield " ".join(dice.choices(words, k=length // 6 + 1))[:length]
        else:
            yield (dice.choice(bodies) * length)[:length]


def _time(body: str, until: int) -> int:
    """Nanoseconds. What took longer than ``until`` is measured again: a pause of the machine is not the reader's."""
    taken = _once(body)
    return min(taken, *(_once(body) for _ in range(_AGAIN))) if taken > until else taken


def _once(body: str) -> int:
    began = time.perf_counter_ns()
    read(body, _BRANDS)
    return time.perf_counter_ns() - began
