"""Refusals that no program of their company took by the second business day (table ``refusals_taken``, one row a
brand). The worker stops at the first untaken one and continues there at its next turn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import select, text

from consents import business_days
from consents.columns import micros, optional_micros, stored
from consents.queries import reports, standing_refusals
from consents.queries.standing_refusals import CitizenRefusal, RefusalRow
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, among, table
from providers.deliveries import handout_store
from providers.tables import RefusalsTaken

PAGE = 1000  # refusals of a brand that are looked at together; more that nobody took are not counted

T = TypeVar("T", CitizenRefusal, RefusalRow)
_table = table(RefusalsTaken)
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
_REACHED = Statement(select(_table.c.brand, _table.c.event).where(among(_table.c.brand, "brands")))
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


class OpenRefusals(NamedTuple):
    """A brand's untaken refusals after event ``after`` up to ``last``: when they were ``recorded`` (µs), the oldest
    first, of ``PAGE`` refusals that were looked at; ``whole``: whether these are all."""

    brand: int
    after: int
    last: int
    recorded: list[int]
    whole: bool

    @property
    def refusals(self) -> int:
        return len(self.recorded)

    @property
    def oldest(self) -> int:
        return self.recorded[0]


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


def open_of(snapshot: Snapshot, brands: Sequence[int], last: int) -> list[OpenRefusals]:
    """Those of these brands (internal ids) up to event ``last``, also before they are due, the oldest first."""
    reached = dict(snapshot.all(_REACHED, {"brands": snapshot.array(brands)})) if brands else {}
    found = []
    for brand in brands:
        first = _of_brand(snapshot, brand, reached.get(brand, 0), last)
        if first.untaken:  # a page from the first one
            page = standing_refusals.of_brand(snapshot, brand, first.event, last, PAGE)
            recorded = [one.recorded_at for one in _left(snapshot, brand, page)]
            found.append(OpenRefusals(brand, first.event, last, recorded, len(page) < PAGE))
    return sorted(found, key=lambda one: (one.oldest, one.brand))


def open_page(snapshot: Snapshot, brand: int, after: int, last: int) -> tuple[list[RefusalRow], int | None]:
    """Untaken refusals among the next ``PAGE`` after an event, and where the next page begins; None at the end."""
    page = standing_refusals.rows(snapshot, brand, after, last, PAGE)
    return (_left(snapshot, brand, page) if page else []), page[-1].event if len(page) == PAGE else None


def take(transaction: Transaction, brand: int, last: int) -> OpenRefusals | None:
    """Records that the company itself took the brand's refusals up to event ``last``; None: none was untaken."""
    found = next(iter(open_of(transaction, [brand], last)), None)
    if found is not None:
        handout_store.note(transaction, brand, handout_store.FILE, found.after + 1, last, taken=True)
        _keep(transaction, {brand: BrandTaken(last)})
    return found


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


def _left(snapshot: Snapshot, brand: int, page: list[T]) -> list[T]:
    left = page.copy()
    values = {"brand": brand, "first": page[0].event}
    for first, last, channel in snapshot.stream(_TAKEN, values, size=PAGE):
        start = bisect_left(left, first, key=lambda one: one.event)
        end = bisect_right(left, last, key=lambda one: one.event)
        left[start:end] = [one for one in left[start:end] if channel not in (None, one.channel)]
        if not left:
            break
    return left
