"""The report of a day: a brand's movements as İYS's day file, its hash, its totals, its time stamp. A past day has the
same bytes again, apart from erased addresses."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self

from consents import dates
from consents.brands.companies import KnownBrand
from consents.care import file_checks
from consents.keys import Keyring
from consents.movement_counts import MovementKind, kind_of
from consents.queries import reports
from consents.queries.reports import Row, Span
from consents.registry import Registry
from consents.terms import Channel
from providers.api import wire
from providers.days.day_store import ALL

# A transaction takes its time before it commits, and clocks differ: what is on its way at midnight has this long (µs)
# to come into its day. Nothing is lost that takes longer: see days_kept.
GRACE = 60_000_000
BUFFER = 1 << 20

_kind = itemgetter(4)

Stamp = Callable[[bytes], bytes | None]  # the SHA-384 digest -> an RFC 3161 reply, or None where there is none
GATHERED = 1 << 18  # bytes that are handed over at once


class WrittenReport(NamedTuple):
    """``final``: the day is over; ``files``: the day file, its totals, its hash, and its time stamp if any; ``sha384``:
    96 hex digits."""

    files: tuple[Path, ...]
    sha384: str
    counts: dict[MovementKind, int]
    final: bool

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


class Filled(NamedTuple):
    """SHA-384 and SHA-512, movements by kind, the day's events. ``final``: the day is over."""

    sha384: bytes
    sha512: bytes
    counts: dict[MovementKind, int]
    span: Span
    final: bool


Fill = Callable[[IO[bytes]], Filled]


def write(
    registry: Registry,
    brand: KnownBrand,
    day: date,
    folder: Path,
    stamp: Stamp | None = None,
    channel: int = ALL,
    fill_with: Fill | None = None,
) -> WrittenReport:
    """Writes ``{brandCode}-{day}.csv``, ``….csv.sha384`` (as sha384sum does) and ``…-totals.json``, with the channel's
    name after the day if given; ``fill_with``: the source of the bytes, else history. Files are complete, durable and
    the owner's alone, the hash is written last; ``stamp`` comes after all, an existing stamp of the same bytes stays.
    Errors: OSError, held_keys.WrongKey, the database's, those of ``stamp``."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{brand.code}-{day}" + ("" if channel == ALL else f"-{Channel.of(channel)}")
    csv, totals, seal, reply = (folder / (name + end) for end in (".csv", "-totals.json", ".csv.sha384", ".csv.tsr"))
    with _replacing(csv) as file:
        filled = fill_with(file) if fill_with else fill(file, registry, brand.id, day, channel)
        line = f"{filled.sha384.hex()}  {csv.name}\n"
        if not (seal.exists() and seal.read_text() == line):
            reply.unlink(missing_ok=True)  # both speak of other bytes
            seal.unlink(missing_ok=True)
    _put(totals, (json.dumps(wire.change_stats(filled.counts)) + "\n").encode())
    _put(seal, line.encode())
    if stamp and not reply.exists() and (token := stamp(filled.sha384)):
        _put(reply, token)
    files = tuple(path for path in (csv, totals, seal, reply) if path.exists())
    return WrittenReport(files, filled.sha384.hex(), filled.counts, filled.final)


def over(registry: Registry, day: date) -> bool:
    """Whether a day ended so long ago that hardly any of its movements is on its way."""
    return registry.store.now() >= dates.day_bounds(day)[1] + GRACE


def fill(file: Sink, registry: Registry, brand: int, day: date, channel: int = ALL) -> Filled:
    start, end = dates.day_bounds(day)
    ended = over(registry, day)
    counts: Counter[int] = Counter()
    with registry.store.snapshot(passing=True) as snapshot, HashedFile(file) as hashed:
        span = reports.recorded(snapshot, start, end)
        batches: Iterable[Sequence[Row]] = reports.batches(snapshot, brand, span, registry.policy.reconsent)
        if channel != ALL:
            batches = ([row for row in batch if kind_of(row[4]).channel == channel] for batch in batches)
        for piece in _pieces(batches, registry.keyring, counts):
            hashed.write(piece)
        sha384, sha512 = hashed.digests()
    by_kind = {kind_of(kind): count for kind, count in counts.items()}
    return Filled(sha384, sha512, by_kind, span, span.closed or ended)


def _pieces(batches: Iterable[Sequence[Row]], keyring: Keyring, counts: Counter[int]) -> Iterator[bytes]:
    """The header, then the lines by ``creationDate`` and ``transactionId``; counts them by kind. That is the order of
    recording (rule L14), except for seconds of earlier versions, which are sorted."""
    yield (wire.DAY_COLUMNS + "\n").encode()
    current, created = -1, ""
    held: list[str] = []
    for batch in batches:
        counts.update(map(_kind, batch))
        for second, rows in _by_second(batch):
            if second != current:
                yield _in_order(held)
                held = []
                current, created = second, wire.time(second)
            lines = wire.day_lines(created, reports.named(keyring, rows))
            if held or rows[0][0] < keyring.rising_from:
                held += lines
            else:
                yield "".join(lines).encode("ascii")
    yield _in_order(held)


def _in_order(lines: list[str]) -> bytes:
    lines.sort()
    return "".join(lines).encode("ascii")


def _by_second(batch: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row]]]:
    start = 0
    while start < len(batch):
        second = _second(batch[start])
        end = bisect_right(batch, second, start, key=_second)
        yield second, batch[start:end]
        start = end


def _second(row: Row) -> int:
    return int(row[2])


def _put(path: Path, data: bytes) -> None:
    with _replacing(path) as file:
        file.write(data)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that replaces ``path`` once it is durable; on an error ``path`` stays."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb", buffering=BUFFER) as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    file_checks.sync_names(path.parent)


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class HashedFile:
    """Writes ``file`` and takes its SHA-384 and SHA-512 in a thread, one piece at a time; its errors are raised by a
    later ``write`` or by ``digests``. Nothing else may touch ``file`` within the block."""

    def __init__(self, file: Sink) -> None:
        self._file = file
        self._hashes = hashlib.sha384(), hashlib.sha512()
        self._thread = ThreadPoolExecutor(1, "hashing")  # begun by the first piece
        self._on_its_way: Future[None] | None = None
        self._gathered: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()

    def write(self, data: bytes) -> None:
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= GATHERED:
            self._hand_over()

    def digests(self) -> tuple[bytes, bytes]:
        """SHA-384 and SHA-512 of all that was written; only then is ``file`` complete."""
        self._hand_over()
        self._arrived()
        sha384, sha512 = self._hashes
        return sha384.digest(), sha512.digest()

    def _hand_over(self) -> None:
        self._arrived()  # first: then its bytes are gone before there are new ones
        data = b"".join(self._gathered)
        self._gathered, self._size = [], 0
        self._on_its_way = self._thread.submit(self._put, data)

    def _arrived(self) -> None:
        if self._on_its_way is not None:
            self._on_its_way.result()

    def _put(self, data: bytes) -> None:
        for taken in self._hashes:
            taken.update(data)
        self._file.write(data)
