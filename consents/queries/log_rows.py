"""The rows that the log of evidence is made of, read by number: acts, events, and what their leaves name.

Ids are numbered without gaps and each act names the numbers of its events, so reading needs no join of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal_column, or_, select

from consents.columns import first_and_last
from consents.store import Snapshot, Statement, among
from consents.tables.company_tables import Brand
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Act, BlanketWord, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

PAGE = 5000  # sealed values read at once
FIRST, LAST = -(2**63) + 1, 2**63 - 1  # numbers beyond which there are none

_acts = Act.__table__  # type: ignore[attr-defined]
_events = ConsentEvent.__table__  # type: ignore[attr-defined]
_blankets = BlanketWord.__table__  # type: ignore[attr-defined]
_recipients = RecipientRow.__table__  # type: ignore[attr-defined]
_brand = Brand.__table__.c  # type: ignore[attr-defined]
_dealer = Dealer.__table__.c  # type: ignore[attr-defined]


class ActRow(NamedTuple):
    """An act as the store holds it, and its recipient's commitment. Its order is that of the query that reads it."""

    id: int
    first_event: int
    last_event: int
    actor: int
    door: int
    recorded_at: float
    upload: int | None
    undoes: int | None
    recipient: int | None
    evidence_digest: bytes | None
    blankets: int | None
    commitment: bytes | None


class BlanketRow(NamedTuple):
    """A row of table blanket_word, and its recipient's commitment."""

    id: int
    act: int
    channel: int
    identity: int
    refuses: bool
    source: int
    decided_at: float
    recipient: int
    commitment: bytes


EVENT_COLUMNS = ("id", "brand", "channel", "identity", "status", "source", "decided_at", "dealer", "act")
EventRow = tuple[Any, ...]  # EVENT_COLUMNS and the recipient's commitment: a plain tuple, because there are many


def _numbered(query: Select[Any], number: Any) -> Statement:
    return Statement(query.where(number.between(bindparam("first"), bindparam("last"))).order_by(number))


def _paged(query: Select[Any]) -> Statement:
    number = query.selected_columns[0]
    within = number > bindparam("after"), number <= bindparam("last")
    return Statement(query.where(*within).order_by(number).limit(literal_column(str(PAGE))))


_ACTS = _numbered(
    select(*(_acts.c[name] for name in ActRow._fields[:-1]), _recipients.c.commitment).select_from(
        _acts.outerjoin(_recipients, _recipients.c.id == _acts.c.recipient)
    ),
    _acts.c.id,
)
_EVENTS = _numbered(
    select(*(_events.c[name] for name in EVENT_COLUMNS), _recipients.c.commitment).select_from(
        _events.outerjoin(_recipients, _recipients.c.id == _events.c.recipient)
    ),
    _events.c.id,
)
_BLANKETS = Statement(
    select(*(_blankets.c[name] for name in BlanketRow._fields[:-1]), _recipients.c.commitment)
    .select_from(_blankets.outerjoin(_recipients, _recipients.c.id == _blankets.c.recipient))
    .where(_blankets.c.act.between(bindparam("first"), bindparam("last")))
    .order_by(_blankets.c.id)
)
_ENDS = {table.name: Statement(first_and_last(table.c.id)) for table in (_acts, _events)}
_REACH = Statement(
    select(func.max(_acts.c.id)).where(
        _acts.c.id.between(bindparam("first"), bindparam("last")), _acts.c.last_event < bindparam("event")
    )
)
_BRANDS = Statement(select(_brand.id, _brand.code))
_DEALERS = Statement(select(_dealer.id, _dealer.code))
_ADDRESSES = _paged(select(_recipients.c.id, _recipients.c.sealed, _recipients.c.commitment))
_ADDRESSES_OF = Statement(
    select(_recipients.c.id, _recipients.c.sealed, _recipients.c.commitment)
    .where(among(_recipients.c.id, "people"))
    .order_by(_recipients.c.id)
)
_HIGHEST_RECIPIENT = Statement(select(func.max(_recipients.c.id)))
_EVIDENCE = _paged(
    select(_acts.c.id, _acts.c.evidence, _acts.c.evidence_digest, _acts.c.recipient).where(
        or_(_acts.c.evidence.is_not(None), _acts.c.evidence_digest.is_not(None))
    )
)
_EVIDENCE_OF = Statement(
    select(_acts.c.id, _acts.c.evidence).where(among(_acts.c.id, "acts"), _acts.c.evidence.is_not(None))
)
_NOTES = _paged(
    select(_acts.c.id, _acts.c.evidence).where(
        _acts.c.recipient.is_(None),
        _acts.c.last_event < _acts.c.first_event,
        _acts.c.undoes.is_(None),
        _acts.c.evidence.is_not(None),
    )
)


def acts(snapshot: Snapshot, first: int, last: int) -> list[ActRow]:
    """Those of the acts ``first`` to ``last`` that are there, in order."""
    return [ActRow(*row) for row in snapshot.all(_ACTS, {"first": first, "last": last})]


def events(snapshot: Snapshot, first: int, last: int) -> list[EventRow]:
    """Those of the events ``first`` to ``last`` that are there, in order."""
    return snapshot.all(_EVENTS, {"first": first, "last": last})


def blankets(snapshot: Snapshot, first: int, last: int) -> list[BlanketRow]:
    """The standing refusals, and their ends, of the acts ``first`` to ``last``, in order."""
    return [BlanketRow(*row) for row in snapshot.all(_BLANKETS, {"first": first, "last": last})]


def ends(snapshot: Snapshot, table: str) -> tuple[int | None, int | None]:
    """The lowest and the highest number in table ``act`` or ``consent_event``; None where it is empty."""
    first, last = snapshot.one(_ENDS[table]) or (None, None)
    return first, last


def reach(snapshot: Snapshot, first: int, last: int, event: int) -> int:
    """The last of these acts whose events all come before number ``event``; 0 where there is none."""
    row = snapshot.one(_REACH, {"first": first, "last": last, "event": event})
    return (row[0] if row else None) or 0


def brand_codes(snapshot: Snapshot) -> dict[int, int]:
    """brandCodes by internal number."""
    return dict(snapshot.all(_BRANDS))


def dealer_codes(snapshot: Snapshot) -> dict[int, int]:
    """retailerCodes by internal number."""
    return dict(snapshot.all(_DEALERS))


def addresses(snapshot: Snapshot, first: int = FIRST, last: int = LAST) -> Iterator[tuple[int, bytes, bytes]]:
    """(number, sealed address, commitment) of the recipients ``first`` to ``last``."""
    return _every(snapshot, _ADDRESSES, first, last)


def addresses_of(snapshot: Snapshot, people: Sequence[int]) -> list[tuple[Any, ...]]:
    """The same of these recipients."""
    return snapshot.all(_ADDRESSES_OF, {"people": snapshot.array(people)})


def last_recipient(snapshot: Snapshot) -> int:
    """The highest number of a recipient; 0 where there is none."""
    row = snapshot.one(_HIGHEST_RECIPIENT)
    return (row[0] if row else None) or 0


def evidence(
    snapshot: Snapshot, first: int = FIRST, last: int = LAST
) -> Iterator[tuple[int, bytes | None, bytes | None, int | None]]:
    """(number, sealed evidence, its digest, recipient) of the acts ``first`` to ``last`` that have or had evidence."""
    return _every(snapshot, _EVIDENCE, first, last)


def evidence_of(snapshot: Snapshot, acts: Sequence[int]) -> dict[int, bytes]:
    """The sealed evidence of these acts, by number; those that never had any are left out."""
    return {number: bytes(sealed) for number, sealed in snapshot.all(_EVIDENCE_OF, {"acts": snapshot.array(acts)})}


def actor_of(number: str) -> str:
    """A subquery for a room's own statement: the code of whose word the act with the number in this column is."""
    return f"(SELECT actor FROM act WHERE act.id = {number})"


def notes(snapshot: Snapshot, first: int = FIRST, last: int = LAST) -> Iterator[tuple[int, bytes]]:
    """(number, sealed evidence) of those of them that change no consent and name no recipient (``ledger.note``)."""
    return _every(snapshot, _NOTES, first, last)


def _every(snapshot: Snapshot, statement: Statement, first: int, last: int) -> Iterator[Any]:
    after = first - 1
    while page := snapshot.all(statement, {"after": after, "last": last}):
        yield from page
        after = page[-1][0]
