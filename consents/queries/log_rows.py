"""The rows of history from which the log of evidence is made, read by number without a join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal_column, or_, select

from consents.columns import first_and_last
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.company_tables import Brand
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Act, BlanketWord, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

PAGE = 5000  # sealed values read at once
FIRST, LAST = -(2**63) + 1, 2**63 - 1  # numbers beyond which there are none

_acts = table(Act)
_events = table(ConsentEvent)
_blankets = table(BlanketWord)
_recipients = table(RecipientRow)
_brand = table(Brand).c
_dealer = table(Dealer).c


class ActRow(NamedTuple):
    """An act as stored, and its recipient's commitment, in the order of the query's columns."""

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


def _numbered(query: Select[Any], number: Any) -> Select[Any]:
    return query.where(number.between(bindparam("first"), bindparam("last"))).order_by(number)


def _paged(query: Select[Any]) -> Statement[Any]:
    number = query.selected_columns[0]
    within = number > bindparam("after"), number <= bindparam("last")
    return Statement(query.where(*within).order_by(number).limit(literal_column(str(PAGE))))


_ACTS = Statement(
    _numbered(
        select(*(_acts.c[name] for name in ActRow._fields[:-1]), _recipients.c.commitment).select_from(
            _acts.outerjoin(_recipients, _recipients.c.id == _acts.c.recipient)
        ),
        _acts.c.id,
    ),
    ActRow,
)
_EVENTS = Statement(
    _numbered(
        select(*(_events.c[name] for name in EVENT_COLUMNS), _recipients.c.commitment).select_from(
            _events.outerjoin(_recipients, _recipients.c.id == _events.c.recipient)
        ),
        _events.c.id,
    )
)
_BLANKETS = Statement(
    select(*(_blankets.c[name] for name in BlanketRow._fields[:-1]), _recipients.c.commitment)
    .select_from(_blankets.outerjoin(_recipients, _recipients.c.id == _blankets.c.recipient))
    .where(_blankets.c.act.between(bindparam("first"), bindparam("last")))
    .order_by(_blankets.c.id),
    BlanketRow,
)
_ENDS = {table.name: Statement(first_and_last(table.c.id)) for table in (_acts, _events)}
_REACH: Value[int | None] = Statement(
    select(func.max(_acts.c.id)).where(
        _acts.c.id.between(bindparam("first"), bindparam("last")), _acts.c.last_event < bindparam("event")
    )
)
_BRANDS: Statement[tuple[int, int]] = Statement(select(_brand.id, _brand.code))
_DEALERS: Statement[tuple[int, int]] = Statement(select(_dealer.id, _dealer.code))
_ADDRESSES = _paged(select(_recipients.c.id, _recipients.c.sealed, _recipients.c.commitment))
_ADDRESSES_OF = Statement(
    select(_recipients.c.id, _recipients.c.sealed, _recipients.c.commitment)
    .where(among(_recipients.c.id, "people"))
    .order_by(_recipients.c.id)
)
_HIGHEST_RECIPIENT: Value[int | None] = Statement(select(func.max(_recipients.c.id)))
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
    return snapshot.all(_ACTS, {"first": first, "last": last})


def events(snapshot: Snapshot, first: int, last: int) -> list[EventRow]:
    return snapshot.all(_EVENTS, {"first": first, "last": last})


def blankets(snapshot: Snapshot, first: int, last: int) -> list[BlanketRow]:
    return snapshot.all(_BLANKETS, {"first": first, "last": last})


def ends(snapshot: Snapshot, table: str) -> tuple[int | None, int | None]:
    """The lowest and the highest number in table ``act`` or ``consent_event``; None where it is empty."""
    first, last = snapshot.one(_ENDS[table]) or (None, None)
    return first, last


def reach(snapshot: Snapshot, first: int, last: int, event: int) -> int:
    """The last of these acts whose events all come before number ``event``; 0 where there is none."""
    return snapshot.value(_REACH, {"first": first, "last": last, "event": event}) or 0


def brand_codes(snapshot: Snapshot) -> dict[int, int]:
    return dict(snapshot.all(_BRANDS))


def dealer_codes(snapshot: Snapshot) -> dict[int, int]:
    return dict(snapshot.all(_DEALERS))


def addresses(snapshot: Snapshot, first: int = FIRST, last: int = LAST) -> Iterator[tuple[int, bytes, bytes]]:
    """(number, encrypted address, commitment) of the recipients ``first`` to ``last``."""
    return _every(snapshot, _ADDRESSES, first, last)


def addresses_of(snapshot: Snapshot, people: Sequence[int]) -> list[tuple[Any, ...]]:
    return snapshot.all(_ADDRESSES_OF, {"people": snapshot.array(people)})


def last_recipient(snapshot: Snapshot) -> int:
    return snapshot.value(_HIGHEST_RECIPIENT) or 0


def evidence(
    snapshot: Snapshot, first: int = FIRST, last: int = LAST
) -> Iterator[tuple[int, bytes | None, bytes | None, int | None]]:
    """(number, encrypted evidence, its digest, recipient) of the acts that have or had evidence."""
    return _every(snapshot, _EVIDENCE, first, last)


def evidence_of(snapshot: Snapshot, acts: Sequence[int]) -> dict[int, bytes]:
    """The encrypted evidence of these acts, by number, of those that had any."""
    return {number: bytes(sealed) for number, sealed in snapshot.all(_EVIDENCE_OF, {"acts": snapshot.array(acts)})}


def actor_of(number: str) -> str:
    """A subquery: the code of the actor of the act whose number is in this column."""
    return f"(SELECT actor FROM act WHERE act.id = {number})"


def notes(snapshot: Snapshot, first: int = FIRST, last: int = LAST) -> Iterator[tuple[int, bytes]]:
    """(number, encrypted evidence) of acts without consent change and recipient (``ledger.note``)."""
    return _every(snapshot, _NOTES, first, last)


def _every(snapshot: Snapshot, statement: Statement[Any], first: int, last: int) -> Iterator[Any]:
    after = first - 1
    while page := snapshot.all(statement, {"after": after, "last": last}):
        yield from page
        after = page[-1][0]
