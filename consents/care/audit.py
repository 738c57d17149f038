"""Verifies that what stands is the fold of history (rules L1, L7, L11) and that history is complete and guarded (``izin
verify``), in flat memory: the database returns the first row that breaks a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    text,
    true,
)

from consents.care import blanket_audit, findings, frozen
from consents.columns import first_and_last
from consents.history import PROVIDER
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent
from consents.state import KEY, Key
from consents.store import Snapshot, Statement, among, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.company_tables import Brand
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Act, BlanketWord, Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow
from consents.terms import Channel, Identity, Source, Term

# Ids that a statement looks at: few on SQLite, so that it can be interrupted; PostgreSQL joins many rows better.
WINDOW = {SQLITE: 50_000, POSTGRESQL: 1_000_000}

Progress = Callable[[int, int], None]  # ids looked at, of how many

_consent = table(Consent)
_event = table(ConsentEvent)
_act = table(Act)
_recipient = table(RecipientRow)
_brand = table(Brand)
_blanket = table(BlanketWord)
_dealer = table(Dealer)
_undo = _act.alias("undo")
_key = KEY.split(",")

_ENDS: dict[ColumnElement[int], Statement[tuple[int | None, int | None]]] = {
    column: Statement(first_and_last(column)) for column in (_event.c.id, _consent.c.recipient)
}
_STRUCTURE = Statement(text("PRAGMA integrity_check(1)"))


def verify(snapshot: Snapshot, reconsent: Reconsent, progress: Progress | None = None) -> str | None:
    """The first fault, named by the registry's own numbers and never by an address; None when there is none."""
    snapshot.unhurried()
    try:
        return next(_faults(snapshot, reconsent, progress or (lambda done, of: None)), None)
    except snapshot.connection.DatabaseError as error:
        return f"the database cannot be read to its end ({error}): bring back a backup"


def _faults(snapshot: Snapshot, reconsent: Reconsent, progress: Progress) -> Iterator[str]:
    if snapshot.dialect == SQLITE and (structure := snapshot.one(_STRUCTURE)) != ("ok",):
        yield f"the database file is damaged: {structure[0] if structure else 'it holds nothing'}"
    if (unguarded := frozen.fault(snapshot)) is not None:
        yield unguarded
    yield from events_between(snapshot, reconsent, *_ends(snapshot, _event.c.id), progress)
    yield from consents_between(snapshot, reconsent, *_ends(snapshot, _consent.c.recipient), progress)
    yield from blanket_audit.faults(snapshot, reconsent)


def events_between(
    snapshot: Snapshot, reconsent: Reconsent, lowest: int, highest: int, progress: Progress = lambda done, of: None
) -> Iterator[str]:
    """Faults of the events with these numbers, or of what stands of their keys."""
    for first, last in windows(snapshot, lowest, highest):
        if (event := snapshot.value(_BAD_EVENT, {"first": first, "last": last})) is not None:
            yield findings.of_event(snapshot, event, reconsent)
        progress(last, highest)


def consents_between(
    snapshot: Snapshot, reconsent: Reconsent, lowest: int, highest: int, progress: Progress = lambda done, of: None
) -> Iterator[str]:
    for first, last in windows(snapshot, lowest, highest):
        if (row := snapshot.one(_BAD_CONSENT[reconsent], {"first": first, "last": last})) is not None:
            yield findings.of_key(snapshot, Key(*row), reconsent)
        progress(last, highest)


def of_people(snapshot: Snapshot, reconsent: Reconsent, people: Sequence[int]) -> Iterator[str]:
    """Faults in all words about these recipients, and in what stands of them."""
    named = {"people": snapshot.array(people)}
    if (event := snapshot.value(_BAD_EVENT_OF, named)) is not None:
        yield findings.of_event(snapshot, event, reconsent)
    if (row := snapshot.one(_BAD_CONSENT_OF[reconsent], named)) is not None:
        yield findings.of_key(snapshot, Key(*row), reconsent)
    yield from blanket_audit.of_people(snapshot, reconsent, people)


def windows(snapshot: Snapshot, lowest: int, highest: int) -> Iterator[tuple[int, int]]:
    for first in range(lowest, highest + 1, WINDOW[snapshot.dialect]):
        yield first, min(highest, first + WINDOW[snapshot.dialect] - 1)


def _ends(snapshot: Snapshot, column: ColumnElement[int]) -> tuple[int, int]:
    lowest, highest = snapshot.one(_ENDS[column]) or (None, None)
    return (1, 0) if lowest is None or highest is None else (lowest, highest)


# -- what must hold ----------------------------------------------------------------------------------------------------


def _number(code: int) -> ColumnElement[int]:
    return literal_column(str(code))


def _one_of(column: ColumnElement[Any], terms: type[Term]) -> ColumnElement[bool]:
    return column.in_([_number(term.code) for term in terms])


def _undone(act: FromClause) -> ColumnElement[bool]:
    return exists(select(_number(1)).where(_undo.c.undoes == act.c.id))


def _reaches(side: str) -> ColumnElement[bool]:
    at, status, event = (_consent.c[f"{side}_{name}"] for name in ("at", "status", "event"))
    same_time = or_(status < _event.c.status, and_(status == _event.c.status, event >= _event.c.id))
    return or_(at > _event.c.decided_at, and_(at == _event.c.decided_at, same_time))


def _bad_event(within: ColumnElement[bool], order: list[Any]) -> Statement[Any]:
    own = and_(_consent.c.citizen_event > _number(0), _reaches("citizen"))  # before any standing refusal (rule L13)
    reached = case((_act.c.actor == _number(PROVIDER), _reaches("provider")), else_=own)
    good = and_(
        _event.c.id.between(_act.c.first_event, _act.c.last_event),
        _event.c.status.in_([_number(RET), _number(ONAY)]),
        _one_of(_event.c.channel, Channel),
        _one_of(_event.c.identity, Identity),
        or_(_event.c.source.is_(None), _one_of(_event.c.source, Source)),
        _recipient.c.id.is_not(None),
        _brand.c.id.is_not(None),
        _dealer.c.id.is_not_distinct_from(_event.c.dealer),
        or_(reached, _act.c.undoes.is_not(None), _act.c.blankets.is_not(None), _undone(_act)),
    )
    rows = (
        _event.outerjoin(_act, _act.c.id == _event.c.act)
        .outerjoin(_recipient, _recipient.c.id == _event.c.recipient)
        .outerjoin(_brand, _brand.c.id == _event.c.brand)
        .outerjoin(_dealer, _dealer.c.id == _event.c.dealer)
        .outerjoin(_consent, and_(*(_consent.c[name] == _event.c[name] for name in _key)))
    )
    return _first_bad(select(_event.c.id).select_from(rows).where(within), good, order)


def _word_holds(side: str, event: FromClause, act: FromClause, ours: ColumnElement[bool]) -> ColumnElement[bool]:
    """The word is an event that counts, of this key and on this side; or there is none, and nothing of one."""
    names = {"status": "status", "source": "source", "at": "decided_at", "event": "id"}
    if side == "provider":
        names["dealer"] = "dealer"
    same = (_consent.c[f"{side}_{name}"].is_not_distinct_from(event.c[of]) for name, of in names.items())
    of_key = (event.c[name] == _consent.c[name] for name in _key)
    counts = and_(ours, act.c.undoes.is_(None), act.c.blankets.is_(None), ~_undone(act))
    return and_(*same, or_(event.c.id.is_(None), and_(*of_key, counts)))


def _bad_consent(reconsent: Reconsent, within: ColumnElement[bool]) -> Statement[Any]:
    citizen, provider = _event.alias("citizen"), _event.alias("provider")
    his_act, its_act = _act.alias("his_act"), _act.alias("its_act")
    standing = case(
        (_consent.c.citizen_status.is_(None), _consent.c.provider_status),
        (_consent.c.provider_status.is_(None), _consent.c.citizen_status),
        (_consent.c.provider_at <= _consent.c.citizen_at, _consent.c.citizen_status),
        (
            and_(_consent.c.provider_status == _number(ONAY), _consent.c.citizen_status == _number(RET)),
            _number(BEKLIYOR)
            if reconsent is Reconsent.CONFIRM
            else case((_consent.c.citizen_event < _number(0), _number(BEKLIYOR)), else_=_number(ONAY)),
        ),
        else_=_consent.c.provider_status,
    )
    # Of a standing refusal only that it is the citizen's; ``blanket_audit`` verifies which one is in force.
    his_blanket = exists(
        select(_number(1)).where(
            _blanket.c.id == -_consent.c.citizen_event, _blanket.c.recipient == _consent.c.recipient
        )
    )
    good = and_(
        or_(
            _word_holds("citizen", citizen, his_act, his_act.c.actor != _number(PROVIDER)),
            and_(_consent.c.citizen_event < _number(0), his_blanket),
        ),
        _word_holds("provider", provider, its_act, its_act.c.actor == _number(PROVIDER)),
        _consent.c.status == standing,
    )
    rows = (
        _consent.outerjoin(citizen, citizen.c.id == _consent.c.citizen_event)
        .outerjoin(his_act, his_act.c.id == citizen.c.act)
        .outerjoin(provider, provider.c.id == _consent.c.provider_event)
        .outerjoin(its_act, its_act.c.id == provider.c.act)
    )
    key = [_consent.c[name] for name in _key]
    return _first_bad(select(*key).select_from(rows).where(within), good, key)


def _first_bad(query: Any, good: ColumnElement[bool], order: list[Any]) -> Statement[Any]:
    """The first row of which ``good`` is not true; unknown (NULL) is not true."""
    return Statement(query.where(good.is_not(true())).order_by(*order).limit(_number(1)))


def _between(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column.between(bindparam("first"), bindparam("last"))


_BAD_EVENT = _bad_event(_between(_event.c.id), [_event.c.id])
# In the order of the index by people: for the first by number PostgreSQL would go through all events in their order.
_BAD_EVENT_OF = _bad_event(among(_event.c.recipient, "people"), [_event.c.recipient, _event.c.brand, _event.c.id])
_BAD_CONSENT = {reconsent: _bad_consent(reconsent, _between(_consent.c.recipient)) for reconsent in Reconsent}
_BAD_CONSENT_OF = {reconsent: _bad_consent(reconsent, among(_consent.c.recipient, "people")) for reconsent in Reconsent}
