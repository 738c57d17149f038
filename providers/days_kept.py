"""Reports of days that are over: made once, kept as they were made, copied out again with the same bytes.

Made a piece at a time in transactions of their own, so that opt-outs pass between; cut off, it is begun anew.
"""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import IO

import structlog

from consents import dates, reports
from consents.companies import KnownBrand
from consents.registry import Registry
from consents.store import Snapshot
from providers import day_store
from providers import reports as reports_of
from providers.day_store import ALL, PIECE, Made, Which
from providers.reports import Filled, Report, fill, over
from settings import Settings

SPOOLED = 8 << 20  # bytes of a file that are held in memory before it goes to disk
AT_ONCE = 20  # stamps asked for in one turn

log = structlog.get_logger()


def ensure(registry: Registry, which: Which) -> Made:
    """The kept report of a day that is over; made now where it was not yet. Errors: those of the database."""
    made = registry.store.read_now(day_store.find, which)
    if made is not None:
        return made
    assert over(registry, which.day)
    with tempfile.SpooledTemporaryFile(SPOOLED) as file:
        filled = fill(file, registry, which.brand, which.day, which.channel)
        size = file.tell()
        file.seek(0)
        _keep(registry, which, file, filled, size)
    found = registry.store.read_now(day_store.find, which)
    assert found is not None
    return found


def copy(registry: Registry, which: Which, made: Made, file: IO[bytes]) -> Filled:
    """Writes a kept file's bytes."""
    with registry.store.snapshot() as snapshot:
        for piece in day_store.pieces(snapshot, registry.keyring, which):
            file.write(piece)
    return Filled(made.sha384, made.sha512, made.counts, made.span, final=True)


def write(registry: Registry, brand: KnownBrand, which: Which, folder: Path) -> Report:
    """Writes the report into a folder (``reports.write``): as it is kept where the day is over, else as it stands."""
    if not over(registry, which.day):
        return reports_of.write(registry, brand, which.day, folder, channel=which.channel)
    made = ensure(registry, which)
    filler = partial(copy, registry, which, made)
    return reports_of.write(
        registry, brand, which.day, folder, lambda digest: made.stamp, channel=which.channel, fill_with=filler
    )


def make_due(registry: Registry) -> int:
    """Makes the reports of every day that is over and not done, the oldest first; how many reports."""
    count = 0
    while (day := _next_day(registry)) is not None:
        brands = registry.store.read_now(_brands_of, day)
        for brand in brands:
            ensure(registry, Which(brand, day, ALL))
        registry.store.write_now(day_store.done, day)
        count += len(brands)
        if brands:
            log.info("day_reported", day=str(day), brands=len(brands))
    return count


async def stamp_due(registry: Registry, settings: Settings) -> None:
    """Asks the authority of TSA_URL for the stamps that are missing, the oldest first; one that fails ends the turn."""
    if settings.tsa_url is None:
        return
    from providers import stamps  # loads aiohttp and its own library: only where there is an authority
    from providers.stamps import NoStamp

    for which, sha512 in await registry.store.read(day_store.unstamped, AT_ONCE):
        try:
            reply = await stamps.ask(settings.tsa_url, settings.tsa_roots, sha512)
        except NoStamp as fault:
            log.warning("no_time_stamp", day=str(which.day), error=str(fault))
            return
        await registry.store.write(day_store.stamp, which, reply)


def _keep(registry: Registry, which: Which, file: IO[bytes], filled: Filled, size: int) -> None:
    store = registry.store
    store.write_now(day_store.begin, which)
    for place, piece in enumerate(iter(partial(file.read, PIECE), b"")):
        store.write_now(day_store.keep_piece, which, place, day_store.sealed_piece(registry.keyring, piece))
    hashes = filled.sha384, filled.sha512
    store.write_now(day_store.keep, which, hashes, size, filled.span, filled.counts)


def _next_day(registry: Registry) -> date | None:
    last = registry.store.read_now(day_store.last_day)
    if last is None:
        return None
    day = last + timedelta(days=1)
    return day if over(registry, day) else None


def _brands_of(snapshot: Snapshot, day: date) -> list[int]:
    return [brand for brand, *_ in day_store.brands(snapshot, reports.recorded(snapshot, *dates.day_bounds(day)))]
