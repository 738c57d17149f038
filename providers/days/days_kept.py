"""Reports of past days: made once, in short transactions, stored, and copied out with the same bytes. An interrupted
one is begun again; of concurrent makers the first wins. A file is spooled as encrypted pieces, so that temporary files
on disk show no address."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from consents import dates, history, ledger
from consents.brands.companies import KnownBrand
from consents.care import clock_trust, clocks, workers
from consents.instants import day_of
from consents.movement_counts import MovementKind, kind_of
from consents.queries import recorded, reports
from consents.queries.reports import Span
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from providers.days import day_files, day_store
from providers.days import day_reports as reports_of
from providers.days.day_files import PIECE
from providers.days.day_reports import Filled, WrittenReport, fill, over
from providers.days.day_store import ALL, Made, Which
from settings import Settings
from web.logs import Alone

AT_ONCE = 500  # stamps asked for in one turn
MOST_FAILED = 3  # of them, after which the authority is left alone until the next turn

log = structlog.get_logger()

# Who asks for a report that is just being made waits for it. Reports share these locks by chance; nobody takes two.
_making = [threading.Lock() for _ in range(256)]
# Movements of the running day that have been counted, up to an event: later ones never change an earlier one's kind.
_Counted = dict[tuple[int, date], tuple[int, Counter[MovementKind]]]
SPOOLED = 8 << 20  # bytes of sealed pieces that are held in memory before they go to disk


def begun(registry: Registry, day: date) -> bool:
    return day <= _today(registry)


def ended(registry: Registry, day: date) -> bool:
    return day < _today(registry) and over(registry, day) and _believed(registry)


def ensure(registry: Registry, which: Which) -> Made | None:
    """The report of a past day, made now where missing; None for a day before the brand's first movement. Errors: those
    of the database."""
    made = registry.store.read_now(day_store.find, which)
    if made is not None:
        return made
    assert ended(registry, which.day)
    first = registry.store.read_now(recorded.first_of, which.brand)
    if first is None or dates.day_bounds(which.day)[1] <= first:
        return None
    _close(registry, which.day)
    with _lock(which.brand, which.day, which.channel):
        made = registry.store.read_now(day_store.find, which)
        return made if made is not None else _make(registry, which)


def running(registry: Registry, brand: int, day: date) -> dict[MovementKind, int]:
    if not begun(registry, day):
        return {}
    with _lock(brand, day, ALL), registry.store.snapshot(passing=True) as snapshot:
        span = reports.recorded(snapshot, *dates.day_bounds(day))
        known: _Counted = registry.store.own(_Counted, dict)
        last, counts = known.get((brand, day), (span.first - 1, Counter()))
        counts = counts.copy()
        new = Span(last + 1, span.last, span.closed)
        for rows in reports.batches(snapshot, brand, new, registry.policy.reconsent):
            counts.update(kind_of(kind) for _, _, _, _, kind, _, _ in rows)
        if span.last >= span.first:
            for old in [key for key in list(known) if key[1] < day]:
                known.pop(old, None)
            known[brand, day] = span.last, counts
    return dict(counts)


def copy(registry: Registry, which: Which, made: Made, file: IO[bytes]) -> Filled:
    with registry.store.snapshot(passing=True) as snapshot:
        for piece in day_files.pieces(snapshot, registry.keyring, which):
            file.write(piece)
    return Filled(made.sha384, made.sha512, made.counts, made.span, final=True)


def write(registry: Registry, brand: KnownBrand, which: Which, folder: Path) -> WrittenReport:
    """Writes the report into a folder (``reports.write``): stored where the day is over, else as of now."""
    made = registry.store.read_now(day_store.find, which)
    if made is None and ended(registry, which.day):
        made = ensure(registry, which)
    if made is None:
        return reports_of.write(registry, brand, which.day, folder, channel=which.channel)
    filler = partial(copy, registry, which, made)
    return reports_of.write(
        registry, brand, which.day, folder, lambda digest: made.stamp, channel=which.channel, fill_with=filler
    )


def make_due(registry: Registry) -> int:
    """Makes all missing reports of past days, oldest first; how many. A failure stops no other; its error is raised at
    the end, and its day stays open."""
    count, errors, day = 0, list[Exception](), _next_day(registry)
    while day is not None and over(registry, day):
        _close(registry, day)
        brands = registry.store.read_now(_brands_of, day)
        for brand in brands:
            with Alone("day_not_reported", day=str(day), brand=brand) as item:
                ensure(registry, Which(brand, day, ALL))
            errors += [item.error] if item.error else []
            workers.report_progress()
        if not errors:
            registry.store.write_now(day_store.done, day)
        count += len(brands)
        if brands:
            log.info("day_reported", day=str(day), brands=len(brands))
        day += timedelta(days=1)
    if errors:
        raise errors[0]
    return count


async def stamp_due(registry: Registry, settings: Settings) -> None:
    """Requests missing stamps from TSA_URL, newest first; three failures end the turn."""
    if settings.tsa_url is None:
        return
    from providers.days import stamps  # loads aiohttp and its own library: only where there is an authority
    from providers.days.stamps import NoStamp

    failed = 0
    for which, sha512 in await registry.store.read(day_store.unstamped, AT_ONCE):
        try:
            reply = await stamps.ask(settings.tsa_url, settings.tsa_roots, sha512)
        except NoStamp as fault:
            log.warning("no_time_stamp", day=str(which.day), error=str(fault))
            if (failed := failed + 1) >= MOST_FAILED:
                return
            continue
        await registry.store.write(day_store.stamp, which, reply)


def _close(registry: Registry, day: date) -> None:
    """Ends a day in the log itself, so that whatever the clocks, later records belong to a later day."""
    end, until = dates.day_bounds(day)[1], registry.store.read_now(history.recorded_until)
    if until is not None and until < end:
        registry.store.write_now(ledger.pass_by, end)


def _make(registry: Registry, which: Which) -> Made:
    with SealedPieces(PIECE, partial(day_files.sealed_piece, registry.keyring)) as file:
        filled = fill(file, registry, which.brand, which.day, which.channel)
        attempt = day_files.new_attempt()
        try:
            _keep(registry, which, attempt, file, filled)
        except Exception:
            with suppress(StoreUnavailable):  # what a kill leaves goes when the report is made
                registry.store.write_now(day_files.give_up, which, attempt)
            raise
    found = registry.store.read_now(day_store.find, which)
    assert found is not None
    return found


def _keep(registry: Registry, which: Which, attempt: int, file: SealedPieces, filled: Filled) -> None:
    store = registry.store
    for place, sealed in enumerate(file.end(), attempt):
        if not store.write_now(day_files.keep_piece, which, place, sealed):
            return  # another process was first, and has dropped these pieces
    hashes = filled.sha384, filled.sha512
    store.write_now(day_files.keep, which, attempt, hashes, file.size, filled.span, filled.counts)


def _lock(brand: int, day: date, channel: int) -> threading.Lock:
    return _making[hash((brand, day, channel)) % len(_making)]


def _today(registry: Registry) -> date:
    return day_of(registry.store.now())


def _believed(registry: Registry) -> bool:
    """Whether the clock may end a day (``clock_trust``), compared with the database's on another machine."""
    trust = clock_trust.get(registry.store)
    if (theirs := registry.store.read_now(clocks.elsewhere, registry.store)) is not None:
        trust.hear(theirs)
    return trust.may_end_days()


def _next_day(registry: Registry) -> date | None:
    last = registry.store.read_now(day_store.last_day)
    if last is None:
        return None
    day = last + timedelta(days=1)
    return day if over(registry, day) and _believed(registry) else None


def _brands_of(snapshot: Snapshot, day: date) -> list[int]:
    snapshot.unhurried()  # a day may have movements by the million
    return recorded.brands(snapshot, reports.recorded(snapshot, *dates.day_bounds(day)))


class SealedPieces:
    """Takes bytes in any portions; each ``piece`` bytes go through ``seal``, the rest in ``end``. Use as ``with``; the
    pieces can be read until the block ends. ``size``: bytes before encryption."""

    def __init__(self, piece: int, seal: Callable[[bytes], bytes]) -> None:
        self.size = 0
        self._piece, self._seal = piece, seal
        self._gathered = bytearray()
        self._file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - closed by with
        self._lengths: list[int] = []

    def write(self, data: bytes) -> int:
        self._gathered += data
        self.size += len(data)
        while len(self._gathered) >= self._piece:
            self._put(bytes(self._gathered[: self._piece]))
            del self._gathered[: self._piece]
        return len(data)

    def end(self) -> Iterator[bytes]:
        """The encrypted pieces, in order. Nothing is written afterwards."""
        if self._gathered:
            self._put(bytes(self._gathered))
            self._gathered.clear()
        self._file.seek(0)
        return map(self._file.read, self._lengths)

    def _put(self, piece: bytes) -> None:
        sealed = self._seal(piece)
        self._file.write(sealed)
        self._lengths.append(len(sealed))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
