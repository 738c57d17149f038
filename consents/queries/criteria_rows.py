"""A brand's consents that meet criteria, a page at a time, and their count. A page reads at most ``WALK`` consents from
the last key on, so it costs the same in a brand of ten million."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
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
    """``sealed``: the encrypted address, or an erased person's digest; ``at``: µs, 0 undated."""

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


def page(snapshot: Snapshot, wanted: Criteria, after: Place = START, most: int = PAGE) -> CriteriaPage:
    """The next rows, in the order of the recipients' numbers; may be empty though more follow."""
    values = _values(snapshot, wanted)
    if values is None:
        return CriteriaPage([], None)
    values |= {"recipient": after[0], "after_channel": after[1], "after_identity": after[2], "most": most}
    rows = [_row(row) for row in snapshot.all(_finding(wanted.given), values)]
    if len(rows) == most:
        return CriteriaPage(rows, rows[-1].place)
    return CriteriaPage(rows, snapshot.one(_walked(wanted.given, WALK), values))


def first_rows(snapshot: Snapshot, wanted: Criteria, after: Place = START) -> CriteriaPage:
    """The next page that has a row, as far as a count goes; slow, for a thread."""
    found = page(snapshot, wanted, after)
    for _ in range(COUNTED // WALK):
        if found.rows or found.after is None:
            break
        found = page(snapshot, wanted, found.after)
    return found


def count(snapshot: Snapshot, wanted: Criteria) -> tuple[int, bool]:
    """How many there are, and whether that is all, else a lower bound; slow, for a thread."""
    values = _values(snapshot, wanted)
    if values is None:
        return 0, True
    values |= {"recipient": START[0], "after_channel": START[1], "after_identity": START[2]}
    return snapshot.value(_counting(wanted.given), values) or 0, snapshot.one(
        _walked(wanted.given, COUNTED), values
    ) is None


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
def _counting(given: frozenset[str]) -> Statement[Any]:
    return Statement(
        text(f"SELECT count(*) FROM (SELECT {_COLUMNS} {_walk(given)} LIMIT {COUNTED}) AS w WHERE {_conditions(given)}")
    )


@lru_cache(maxsize=256)
def _silent(given: frozenset[str]) -> Statement[Any]:
    spoken = "brand = :brand AND citizen_event IS NOT NULL"
    return Statement(text(f"SELECT count(*) FROM consent WHERE {spoken} AND {_SILENT} AND {_conditions(given)}"))


@lru_cache(maxsize=256)
def _walked(given: frozenset[str], most: int) -> Statement[Any]:
    return Statement(text(f"SELECT recipient, channel, identity {_walk(given)} LIMIT 1 OFFSET {most - 1}"))


def _row(row: tuple[Any, ...]) -> CriteriaRow:
    recipient, channel, identity, status, source, at, dealer, sealed = row
    return CriteriaRow(
        (recipient, channel, identity), status, source or None, micros(at) if at else 0, dealer, bytes(sealed)
    )
