"""Records that were not taken, by code, as the overview tells of them: why, how they came, how many, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from consents.store import Snapshot
from panel.loading import upload_store
from panel.looking.overview import charts
from providers.api.iys_codes import SENTENCES
from providers.refused import refused_counts
from providers.refused.refused_counts import NO_CHANNEL, CodeCount, RefusedWay
from providers.uploads.sentences import ROW

T = TypeVar("T")


class RefusedCode(NamedTuple):
    """A code. ``width``: of its bar, of 100; ``channels``, ``ways``: how many of each, the most first, by code.

    ``file``: the number of the newest uploaded file that has such rows; 0: none.
    """

    code: str
    amount: int
    width: float
    channels: list[tuple[int, int]]
    ways: list[tuple[RefusedWay, int]]
    file: int

    def meaning(self, language: str) -> str:
        """What is wrong and what to do; of a code that this program does not know any more nothing."""
        sentence = SENTENCES.get(self.code) or ROW.get(self.code)
        return sentence.say(language) if sentence else ""


def read(snapshot: Snapshot, brands: Sequence[int], first: date, last: date) -> list[RefusedCode]:
    """Those of these brands (internal ids) on the days from ``first`` to ``last``, the most frequent first."""
    lines = refused_counts.of_brands(snapshot, brands, first, last)
    loads = {line.upload for line in lines if line.upload is not None}
    return by_code(lines, upload_store.of_loads(snapshot, brands, loads) if loads else {})


def by_code(lines: Iterable[CodeCount], files: dict[int, int]) -> list[RefusedCode]:
    """Lines added up by code; ``files``: numbers of uploaded files by those of their loads."""
    found: dict[str, list[CodeCount]] = {}
    for line in lines:
        found.setdefault(line.code, []).append(line)
    totals = {code: sum(line.amount for line in parts) for code, parts in found.items()}
    most = max(totals.values(), default=0)
    return [
        RefusedCode(
            code,
            total,
            charts.width(total, most),
            _sums((line.channel, line.amount) for line in found[code] if line.channel != NO_CHANNEL),
            _sums((line.way, line.amount) for line in found[code]),
            max((files.get(line.upload or 0, 0) for line in found[code]), default=0),
        )
        for code, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]


def _sums(amounts: Iterable[tuple[T, int]]) -> list[tuple[T, int]]:
    found: Counter[T] = Counter()
    for key, amount in amounts:
        found[key] += amount
    return found.most_common()
