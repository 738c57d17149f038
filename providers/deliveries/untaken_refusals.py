"""Refusals that no program of their company took by the second business day (table ``refusals_taken``, one row a
brand). The worker stops at the first untaken one and continues there at its next turn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from sqlalchemy import text

from consents import business_days
from consents.columns import micros, optional_micros, stored
from consents.queries import reports, standing_refusals
from consents.queries.standing_refusals import CitizenRefusal
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction

PAGE = 1000  # refusals of a brand that are looked at together; more that nobody took are not counted

_KNOWN = Statement(text("SELECT brand, event, untaken, oldest FROM refusals_taken"))
_KEEP = Statement(
    text(
        "INSERT INTO refusals_taken (brand, event, untaken, oldest) VALUES (:brand, :event, :untaken, :oldest) "
        "ON CONFLICT (brand) DO UPDATE "
        "SET event = excluded.event, untaken = excluded.untaken, oldest = excluded.oldest"
    )
)
# By the index handout_brand_last; read no further than to the last handout that is needed.
_TAKEN = Statement(
    text(
        "SELECT first_event, last_event, channel FROM handout WHERE brand = :brand AND last_event >= :first "
        "AND taken_at IS NOT NULL AND coalesce(side, 'IYS') = 'IYS' ORDER BY last_event"
    )
)
_UNTAKEN = Statement(text("SELECT brand, untaken, oldest FROM refusals_taken WHERE untaken > 0 ORDER BY oldest, brand"))


class BrandTaken(NamedTuple):
    """Up to ``event`` a brand's refusals were taken; so many due ones after it were not, the ``oldest`` of then
    (µs)."""

    event: int
    untaken: int = 0
    oldest: int | None = None


NOTHING = BrandTaken(0)


class BrandUntaken(NamedTuple):
    """So many untaken refusals of a brand, the ``oldest`` of then (µs)."""

    brand: int
    refusals: int
    oldest: int


class Untaken(NamedTuple):
    """The alarm: how many refusals, and which brands (internal ids), the oldest first (µs)."""

    refusals: int
    brands: list[int]
    oldest: int | None


def update(registry: Registry) -> None:
    """Examines what is due by now; for a thread."""
    now = registry.store.now()
    with registry.store.snapshot(passing=True) as snapshot:
        last = reports.recorded_before(snapshot, business_days.taken_since(now))
        known = {
            brand: BrandTaken(event, untaken, optional_micros(oldest))
            for brand, event, untaken, oldest in snapshot.all(_KNOWN)
        }
        brands = registry.brands.book(snapshot, now).by_id
        found = {brand: _of_brand(snapshot, brand, known.get(brand, NOTHING).event, last) for brand in brands}
    changed = {brand: taken for brand, taken in found.items() if taken != known.get(brand, NOTHING)}
    if changed:
        registry.store.write_now(_keep, changed)


def alarm(snapshot: Snapshot) -> Untaken:
    rows = snapshot.all(_UNTAKEN)
    oldest = optional_micros(rows[0][2]) if rows else None
    return Untaken(sum(refusals for _, refusals, _ in rows), [brand for brand, _, _ in rows], oldest)


def by_brand(snapshot: Snapshot) -> list[BrandUntaken]:
    """The same by brand, the oldest first."""
    rows = snapshot.all(_UNTAKEN)
    return [BrandUntaken(brand, refusals, micros(oldest)) for brand, refusals, oldest in rows if oldest is not None]


def _keep(transaction: Transaction, changed: dict[int, BrandTaken]) -> None:
    for brand, taken in changed.items():
        oldest = None if taken.oldest is None else stored(taken.oldest)
        transaction.run(_KEEP, {**taken._asdict(), "brand": brand, "oldest": oldest})


def _of_brand(snapshot: Snapshot, brand: int, after: int, last: int) -> BrandTaken:
    """Advances to the first untaken refusal; ``last``: the last event that is due."""
    while page := standing_refusals.of_brand(snapshot, brand, after, last, PAGE):
        if left := _left(snapshot, brand, page):
            return BrandTaken(left[0].event - 1, len(left), left[0].recorded_at)
        after = page[-1].event
    return BrandTaken(after)


def _left(snapshot: Snapshot, brand: int, page: list[CitizenRefusal]) -> list[CitizenRefusal]:
    left = page.copy()
    values = {"brand": brand, "first": page[0].event}
    for first, last, channel in snapshot.stream(_TAKEN, values, size=PAGE):
        start = bisect_left(left, first, key=lambda one: one.event)
        end = bisect_right(left, last, key=lambda one: one.event)
        left[start:end] = [one for one in left[start:end] if channel not in (None, one.channel)]
        if not left:
            break
    return left
