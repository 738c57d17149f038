"""Consents of brands that meet criteria, a page at a time, and their count. A page reads at most ``WALK`` consents from
the last key on, so it costs the same in a brand of ten million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.rules import BEKLIYOR, RET
from consents.standing_counts import IN_FORCE, HeldCount
from consents.store import Snapshot, Statement

WALK = 20_000  # consents of one page: some ten milliseconds
COUNTED = 500_000  # consents that a count goes through: a quarter of a second, so not on the event loop
PAGE = 50

_PLAIN = ("channel", "identity")
# A question that was not answered in time has become the refusal (rule L4).
_SILENT = (
    "status = 2 AND (SELECT a.recorded_at FROM consent_event e JOIN act a ON a.id = e.act WHERE e.id = provider_event) "
    "<= :asked_since"
)
_STATUS = f"CASE WHEN {_SILENT} THEN 0 ELSE status END"
_WORD = {
    "source": f"coalesce(CASE WHEN {IN_FORCE} THEN citizen_source ELSE provider_source END, 0)",
    "said_at": f"CASE WHEN {IN_FORCE} THEN citizen_at ELSE provider_at END",
}
_OF_UPLOAD = (
    "provider_event BETWEEN :first AND :last AND EXISTS (SELECT 1 FROM consent_event e JOIN act a ON a.id = e.act "
    "WHERE e.id = provider_event AND a.upload = :upload)"
)
_SPAN = Statement(text("SELECT min(first_event), max(last_event) FROM act WHERE upload = :upload"))
_TALLIED = frozenset({"channel", "identity", "status", "source"})
START = (0, -1, -1)


class Criteria(NamedTuple):
    """None is anything, terms by code. ``since``, ``until``: when the word in force was given, µs, [since, until);
    ``upload``: the load of the provider's last word; ``asked_since``: µs, words recorded until then no longer wait;
    None: all still wait."""

    brand: int
    channel: int | None = None
    identity: int | None = None
    status: int | None = None
    source: int | None = None
    dealer: int | None = None
    since: int | None = None
    until: int | None = None
    upload: int | None = None
    asked_since: int | None = None

    @property
    def given(self) -> frozenset[str]:
        given = frozenset(name for name, value in self._asdict().items() if value is not None)
        return given - {"brand", "asked_since"}


Place = tuple[int, int, int]  # recipient, channel, identity: after it the next page begins


class CriteriaRow(NamedTuple):
    """``brand``: internal; ``sealed``: the encrypted address, or an erased person's digest; ``at``: µs, 0 undated."""

    brand: int
    place: Place
    status: int
    source: int | None
    at: int
    dealer: int | None
    sealed: bytes


class CriteriaPage(NamedTuple):
    """``after``: where the next page begins; None at the end."""

    rows: list[CriteriaRow]
    after: Place | None


class ListPlace(NamedTuple):
    """The last row of a page over several brands. ``at``: its date (µs) where dates sort the list, else 0."""

    at: int
    brand: int
    place: Place


class ListPage(NamedTuple):
    """``after``: where the next page begins; None at the end."""

    rows: list[CriteriaRow]
    after: ListPlace | None


def page(snapshot: Snapshot, wanted: Criteria, after: Place = START, most: int = PAGE) -> CriteriaPage:
    """The next rows, in the order of the recipients' numbers; may be empty though more follow."""
    values = _values(snapshot, wanted)
    if values is None:
        return CriteriaPage([], None)
    values |= {"recipient": after[0], "after_channel": after[1], "after_identity": after[2], "most": most}
    rows = [_row(wanted.brand, row) for row in snapshot.all(_finding(wanted.given), values)]
    if len(rows) == most:
        return CriteriaPage(rows, rows[-1].place)
    return CriteriaPage(rows, snapshot.one(_walked(wanted.given), values))


def first_rows(snapshot: Snapshot, wanted: Sequence[Criteria], after: ListPlace | None = None) -> ListPage:
    """The next page over these brands in their order, as full as reading ``COUNTED`` consents makes it; slow, for a
    thread."""
    brands, rows, walks = [one.brand for one in wanted], list[CriteriaRow](), COUNTED // WALK
    known = after is not None and after.brand in brands
    begin = brands.index(after.brand) if known and after else 0
    start = after.place if known and after else START
    for criteria in wanted[begin:]:
        place: Place | None = start
        while place is not None:
            found = page(snapshot, criteria, place, PAGE - len(rows))
            rows, place, walks = rows + found.rows, found.after, walks - 1
            if place is not None and (len(rows) == PAGE or walks <= 0):
                return ListPage(rows, ListPlace(0, criteria.brand, place))
        start = START
    return ListPage(rows, None)


def by_date(
    snapshot: Snapshot, wanted: Sequence[Criteria], descending: bool, after: ListPlace | None = None
) -> ListPage:
    """The next page over these brands by the date of the word in force. It reads all their consents: only for
    ``sortable`` ones, and for a thread."""
    rows = [
        _row(one.brand, row)
        for one in wanted
        if (values := _values(snapshot, one)) is not None
        for row in snapshot.all(_dated(one.given, descending), values | _behind(after, descending))
    ]
    rows.sort(key=lambda row: (-row.at if descending else row.at, row.brand, row.place))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return ListPage(rows[:PAGE], last and ListPlace(last.at, last.brand, last.place))


def sortable(wanted: Sequence[Criteria], held: Mapping[int, HeldCount]) -> bool:
    """Whether these brands hold few enough consents to sort them by date."""
    return all(held[one.brand].known for one in wanted) and sum(held[one.brand].total() for one in wanted) <= COUNTED


def counted(snapshot: Snapshot, wanted: Sequence[Criteria], held: Mapping[int, HeldCount]) -> int | None:
    """How many there are, None for too many to count; slow, for a thread. ``held``: the brands' tallies."""
    total, room = 0, COUNTED
    for one in wanted:
        amount = tallied(one, held[one.brand])
        if amount is not None and one.status in (RET, BEKLIYOR):
            silent = answered_by_silence(snapshot, one)
            amount = amount + silent if one.status == RET else max(0, amount - silent)
        if amount is None:
            if room <= 0:
                return None
            amount, exact = count(snapshot, one)
            room -= held[one.brand].total() if held[one.brand].known else COUNTED
            if not exact:
                return None
        total += amount
    return total


def count(snapshot: Snapshot, wanted: Criteria) -> tuple[int, bool]:
    """How many there are, and whether that is all, else a lower bound; slow, for a thread."""
    values = _values(snapshot, wanted)
    if values is None:
        return 0, True
    values |= {"recipient": START[0], "after_channel": START[1], "after_identity": START[2]}
    met, read = snapshot.one(_counting(wanted.given), values) or (0, 0)
    return met, read < COUNTED


def tallied(wanted: Criteria, held: HeldCount) -> int | None:
    """The count from a brand's tally; None where that does not cover the criteria."""
    if not held.known or not wanted.given <= _TALLIED:
        return None
    names = [name for name in ("channel", "identity", "status", "source") if name in wanted.given]
    fits = (one for one in held.kinds if all(getattr(one, name) == getattr(wanted, name) for name in names))
    return sum(one.amount for one in fits)


def answered_by_silence(snapshot: Snapshot, wanted: Criteria) -> int:
    """How many matching consents wait by the tally and are refused by now."""
    given = wanted.given - {"status"}
    values = _values(snapshot, wanted)
    return snapshot.value(_silent(given), values) or 0 if values is not None else 0


def _values(snapshot: Snapshot, wanted: Criteria) -> dict[str, Any] | None:
    values = {name: value for name, value in wanted._asdict().items() if value is not None}
    values |= {name: stored(values[name]) for name in ("since", "until") if name in values}
    values["asked_since"] = 0 if wanted.asked_since is None else stored(wanted.asked_since)
    if wanted.upload is not None:
        span = snapshot.one(_SPAN, {"upload": wanted.upload})
        if span is None or span[0] is None:
            return None
        values |= {"first": span[0], "last": span[1]}
    return values


def _walk(given: frozenset[str]) -> str:
    # "+ 0": by the dealer's index, not through all that the brand holds.
    led, of = (" AND provider_dealer = :dealer", "brand + 0") if "dealer" in given else ("", "brand")
    return (
        f"FROM consent WHERE {of} = :brand AND recipient >= :recipient "
        f"AND (recipient, channel, identity) > (:recipient, :after_channel, :after_identity){led} "
        "ORDER BY recipient, brand, channel, identity"
    )


def _conditions(given: frozenset[str]) -> str:
    found = [f"{name} = :{name}" for name in _PLAIN if name in given]
    found += [f"{_STATUS} = :status"] if "status" in given else []
    found += [f"{_WORD['source']} = :source"] if "source" in given else []
    found += [f"{_WORD['said_at']} >= :since"] if "since" in given else []
    found += [f"{_WORD['said_at']} < :until"] if "until" in given else []
    found += [_OF_UPLOAD] if "upload" in given else []
    return " AND ".join(found) or "1 = 1"


_COLUMNS = (
    "recipient, brand, channel, identity, status, citizen_source, citizen_at, provider_source, provider_at, "
    "provider_dealer, provider_event"
)


@lru_cache(maxsize=256)
def _finding(given: frozenset[str]) -> Statement[Any]:
    return Statement(
        text(
            f"SELECT w.recipient, w.channel, w.identity, {_STATUS}, {_WORD['source']}, {_WORD['said_at']}, "
            f"CASE WHEN {IN_FORCE} THEN NULL ELSE provider_dealer END, r.sealed "
            f"FROM (SELECT {_COLUMNS} {_walk(given)} LIMIT {WALK}) AS w JOIN recipient r ON r.id = w.recipient "
            f"WHERE {_conditions(given)} ORDER BY w.recipient, w.brand, w.channel, w.identity LIMIT :most"
        )
    )


@lru_cache(maxsize=256)
def _dated(given: frozenset[str], descending: bool) -> Statement[Any]:
    said_at, order = f"coalesce({_WORD['said_at']}, 0)", "DESC" if descending else "ASC"
    return Statement(
        text(
            "SELECT d.recipient, d.channel, d.identity, d.state, d.source, d.said_at, d.dealer, r.sealed FROM ("
            f"SELECT w.recipient, w.channel, w.identity, {_STATUS} AS state, {_WORD['source']} AS source, "
            f"{said_at} AS said_at, CASE WHEN {IN_FORCE} THEN NULL ELSE provider_dealer END AS dealer "
            f"FROM (SELECT {_COLUMNS} {_walk(given)} LIMIT {COUNTED}) AS w "
            f"WHERE {_conditions(given)} AND ({said_at} {'<' if descending else '>'} :last_at OR ({said_at} = :last_at "
            "AND (w.brand, w.recipient, w.channel, w.identity) > "
            "(:last_brand, :last_recipient, :last_channel, :last_identity))) "
            f"ORDER BY {said_at} {order}, w.recipient, w.channel, w.identity LIMIT {PAGE + 1}"
            ") AS d JOIN recipient r ON r.id = d.recipient"
        )
    )


def _behind(after: ListPlace | None, descending: bool) -> dict[str, Any]:
    last = after or ListPlace((1 << 60) if descending else -1, 0, START)
    names = ("last_recipient", "last_channel", "last_identity")
    values = dict(zip(names, last.place, strict=True)) | {"last_at": stored(last.at), "last_brand": last.brand}
    return values | {"recipient": START[0], "after_channel": START[1], "after_identity": START[2]}


@lru_cache(maxsize=256)
def _counting(given: frozenset[str]) -> Statement[Any]:
    conditions = _conditions(given)
    named = ", ".join(name for name in _COLUMNS.split(", ") if name in conditions) or "1"
    read = f"FROM (SELECT {named} {_walk(given)} LIMIT {COUNTED}) AS w"
    return Statement(text(f"SELECT count(CASE WHEN {conditions} THEN 1 END), count(*) {read}"))


@lru_cache(maxsize=256)
def _silent(given: frozenset[str]) -> Statement[Any]:
    spoken = "brand = :brand AND citizen_event IS NOT NULL"
    return Statement(text(f"SELECT count(*) FROM consent WHERE {spoken} AND {_SILENT} AND {_conditions(given)}"))


@lru_cache(maxsize=256)
def _walked(given: frozenset[str]) -> Statement[Any]:
    return Statement(text(f"SELECT recipient, channel, identity {_walk(given)} LIMIT 1 OFFSET {WALK - 1}"))


def _row(brand: int, row: tuple[Any, ...]) -> CriteriaRow:
    recipient, channel, identity, status, source, at, dealer, sealed = row
    return CriteriaRow(
        brand, (recipient, channel, identity), status, source or None, micros(at) if at else 0, dealer, bytes(sealed)
    )
