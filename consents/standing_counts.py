"""Tables ``consent_count`` and ``brand_counted``: how many consents a brand holds, by kind. Few are counted for each
page; many are counted by the worker, at most a twentieth of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value

FEW = 20_000  # consents that are counted for a page: some ten milliseconds
RESTING = 20  # times as long as a count took

# The source of the word in force (consents/queries/consent_lines.py).
IN_FORCE = "citizen_at IS NOT NULL AND (provider_at IS NULL OR status = 2 OR provider_at <= citizen_at)"
_SOURCE = f"coalesce(CASE WHEN {IN_FORCE} THEN citizen_source ELSE provider_source END, 0)"
_COUNT = Statement(
    text(
        f"SELECT channel, identity, status, {_SOURCE} AS given, count(*) FROM consent WHERE brand = :brand "
        "GROUP BY channel, identity, status, given"
    )
)
_MANY: Value[int] = Statement(
    text(f"SELECT count(*) FROM (SELECT 1 FROM consent WHERE brand = :brand LIMIT {FEW + 1}) AS held")
)
_STORED = Statement(text("SELECT channel, identity, status, source, consents FROM consent_count WHERE brand = :brand"))
_AT = Statement(text("SELECT at FROM brand_counted WHERE brand = :brand"))
_ALL_STORED = Statement(text("SELECT brand, channel, identity, status, source, consents FROM consent_count"))
_ALL_AT = Statement(text("SELECT brand, at FROM brand_counted WHERE at IS NOT NULL"))
_DUE: Statement[tuple[int, int]] = Statement(
    text(
        "SELECT brand, moved FROM brand_counted WHERE moved > counted "
        "AND (at IS NULL OR at + took * :resting <= :now) ORDER BY brand"
    )
)
_DROP = Statement(text("DELETE FROM consent_count WHERE brand = :brand"))
_NOTE = Statement(text("UPDATE brand_counted SET counted = :counted, at = :at, took = :took WHERE brand = :brand"))


class KindCount(NamedTuple):
    """Terms by code, ``source`` 0: none."""

    channel: int
    identity: int
    status: int
    source: int
    amount: int


class HeldCount(NamedTuple):
    """``at``: when it was counted (µs), None: now. ``known`` is False before the first count."""

    kinds: list[KindCount]
    at: int | None = None
    known: bool = True

    def total(self, status: int | None = None) -> int:
        return sum(one.amount for one in self.kinds if status in (None, one.status))


def of_brands(snapshot: Snapshot, brands: Sequence[int]) -> dict[int, HeldCount]:
    return {brand: of_brand(snapshot, brand) for brand in brands}


def of_brand(snapshot: Snapshot, brand: int) -> HeldCount:
    if (snapshot.value(_MANY, {"brand": brand}) or 0) <= FEW:
        return HeldCount([KindCount(*one) for one in snapshot.all(_COUNT, {"brand": brand})])
    then = snapshot.one(_AT, {"brand": brand})
    if then is None or then[0] is None:
        return HeldCount([], None, known=False)
    return HeldCount([KindCount(*one) for one in snapshot.all(_STORED, {"brand": brand})], micros(then[0]))


def every_kept(snapshot: Snapshot) -> dict[int, HeldCount]:
    """Of all brands, as the worker counted them; brands that were never counted have none."""
    kinds: dict[int, list[KindCount]] = {}
    for brand, *kind in snapshot.all(_ALL_STORED):
        kinds.setdefault(brand, []).append(KindCount(*kind))
    at = {brand: micros(then) for brand, then in snapshot.all(_ALL_AT)}
    return {brand: HeldCount(kinds.get(brand, []), then) for brand, then in at.items()}


def keep_up(registry: Registry) -> int:
    """Counts the brands with new events; how many. For a thread: a million takes about a second."""
    due = registry.store.read_now(_due, registry.store.now())
    for brand, moved in due:
        _count_one(registry, brand, moved)
    return len(due)


def _due(snapshot: Snapshot, now: int) -> list[tuple[int, int]]:
    return snapshot.all(_DUE, {"now": stored(now), "resting": RESTING / 1_000_000})


def _count_one(registry: Registry, brand: int, moved: int) -> None:
    began = registry.store.now()
    with registry.store.snapshot(passing=True) as snapshot:
        kinds = snapshot.all(_COUNT, {"brand": brand})
    took = registry.store.now() - began
    registry.store.write_now(_keep_kinds, brand, moved, kinds, began, took)


def _keep_kinds(
    transaction: Transaction, brand: int, moved: int, kinds: list[tuple[int, ...]], at: int, took: int
) -> None:
    transaction.run(_DROP, {"brand": brand})
    rows = [(brand, *kind) for kind in kinds]
    transaction.insert("consent_count", "brand,channel,identity,status,source,consents", rows)
    transaction.run(_NOTE, {"brand": brand, "counted": moved, "at": stored(at), "took": took})
