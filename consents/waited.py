"""Which of a brand's movements waited for the citizen when they were recorded (rules L1 and L4).

Told from history, so what is said or undone later leaves a past movement as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import reduce
from typing import Any

from sqlalchemy import bindparam, select

from consents.columns import micros
from consents.history import PROVIDER
from consents.kinds import kind_of
from consents.models import Act, Consent, ConsentEvent
from consents.rules import BEKLIYOR, ONAY, Reconsent, Word, latest, standing
from consents.store import Snapshot, Statement, among

FEW = 20_000  # people who are held in memory at once

_event = ConsentEvent.__table__  # type: ignore[attr-defined]
_act = Act.__table__  # type: ignore[attr-defined]
_consent = Consent.__table__  # type: ignore[attr-defined]
_undo = _act.alias("undo")

# Most recipients never said anything to the brand themselves, and their history need not be read: who did has a last
# word in what stands, or took it back by an undo since; each has an index of its own (consent_spoken, act_undoing).
# "+ 0" keeps the planner from the brand's index, through which a brand's whole history would be gone through.
_who_spoke = (
    select(_consent.c.recipient)
    .where(
        among(_consent.c.recipient, "recipients"),
        _consent.c.brand == bindparam("brand"),
        _consent.c.citizen_event.is_not(None),
    )
    .union_all(select(_act.c.recipient).where(among(_act.c.recipient, "recipients"), _act.c.undoes.is_not(None)))
)
_SPEAKERS = Statement(
    select(_consent.c.recipient)
    .where(_consent.c.brand == bindparam("brand"), _consent.c.citizen_event.is_not(None))
    .union_all(select(_act.c.recipient).where(_act.c.recipient.is_not(None), _act.c.undoes.is_not(None)))
    .limit(bindparam("most"))
)
_CITIZENS_WORDS = Statement(
    select(
        *(_event.c[name] for name in ("recipient", "channel", "identity", "status", "source", "decided_at", "id")),
        _undo.c.id,
    )
    .select_from(_event.join(_act, _act.c.id == _event.c.act).outerjoin(_undo, _undo.c.undoes == _act.c.id))
    .where(
        _event.c.recipient.in_(_who_spoke),
        _event.c.brand + 0 == bindparam("brand"),
        _act.c.actor != PROVIDER,
        _act.c.undoes.is_(None),
    )
)

# (event, sealed address, recorded_at, decided_at, Kind.code, recipient, the act where a provider says ONAY); times as
# stored: seconds since 1970 UTC, with fractions.
Row = tuple[Any, ...]

# By (recipient, channel, identity): what the citizen said, each with the act that undid it.
_Words = Mapping[tuple[int, int, int], list[tuple[Word, int | None]]]


def who_spoke(snapshot: Snapshot, brand: int) -> frozenset[int] | None:
    """All who may have said something to a brand themselves, be it undone; None where they are not few."""
    found = snapshot.all(_SPEAKERS, {"brand": brand, "most": FEW + 1})
    return frozenset(recipient for (recipient,) in found) if len(found) <= FEW else None


def as_told(
    snapshot: Snapshot, brand: int, rows: Sequence[Row], reconsent: Reconsent, spoke: Set[int] | None = None
) -> Sequence[Row]:
    """A brand's rows with BEKLIYOR for what waited for the citizen. ``spoke``: of ``who_spoke``, where it is known."""
    if reconsent is not Reconsent.CONFIRM or (spoke is not None and not spoke):
        return rows
    asked = {row[5] for row in rows if row[6] is not None}
    if spoke is not None:
        asked &= spoke
    words = _citizens_words(snapshot, brand, asked) if asked else {}
    if not words:
        return rows
    return [_as_it_stood(row, words) if row[5] in asked else row for row in rows]


def _citizens_words(snapshot: Snapshot, brand: int, recipients: Set[int]) -> _Words:
    values = {"recipients": snapshot.array(sorted(recipients)), "brand": brand}
    words: _Words = defaultdict(list)
    for *key, status, source, decided_at, event, undone_by in snapshot.all(_CITIZENS_WORDS, values):
        words[tuple(key)].append((Word(status, source, micros(decided_at), None, event), undone_by))
    return words


def _as_it_stood(row: Row, words: _Words) -> Row:
    """Rules L1 and L4 over what had been said, and not undone, before this row was recorded."""
    event, kind, act = row[0], kind_of(row[4]), row[6]
    if act is None:
        return row
    known = words.get((row[5], kind.channel, kind.identity), ())
    said = [word for word, undone_by in known if word.event < event and (undone_by is None or undone_by > act)]
    citizen = reduce(latest, said, None)
    provider = Word(ONAY, kind.source, micros(row[3]), None, event)
    stands = standing(citizen, provider, Reconsent.CONFIRM)
    waits = stands is not None and stands.status == BEKLIYOR
    return (*row[:4], kind._replace(status=BEKLIYOR).code, *row[5:]) if waits else row
