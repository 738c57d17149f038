"""What happened to one recipient's consents, act by act, newest first: the same history that the fold is made of."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select

from consents.columns import micros
from consents.models import Act, ConsentEvent
from consents.rules import Word
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door

_event = ConsentEvent.__table__.c  # type: ignore[attr-defined]
_acts = Act.__table__  # type: ignore[attr-defined]
_act, _undo = _acts.c, _acts.alias("undo")

_TOLD = (
    select(
        _act.id,
        _act.actor,
        _act.door,
        _act.recorded_at,
        _act.undoes,
        _undo.c.recorded_at,
        _act.evidence,
        _act.last_event - _act.first_event + 1,
        _event.brand,
        _event.channel,
        _event.identity,
        _event.status,
        _event.source,
        _event.decided_at,
        _event.dealer,
        _event.id,
    )
    .select_from(
        ConsentEvent.__table__.join(_acts, _act.id == _event.act).outerjoin(_undo, _undo.c.undoes == _act.id)  # type: ignore[attr-defined]
    )
    .where(_event.recipient == bindparam("recipient"))
    .order_by(_event.id.desc())
)
_ALL = Statement(_TOLD)
_OF_BRAND = Statement(_TOLD.where(_event.brand == bindparam("brand")))
_ACT_OF = Statement(select(_event.act).where(_event.id == bindparam("event")))
_LAST = Statement(
    select(_act.id, _act.recorded_at)
    .where(_act.recipient == bindparam("recipient"), _act.actor == bindparam("citizen"))
    .order_by(_act.id.desc())
    .limit(literal_column("1"))
)


class Said(NamedTuple):
    """What an act did to one key; terms by code."""

    brand: int
    channel: int
    identity: int
    word: Word


class Entry(NamedTuple):
    """One act as far as it touched the recipient's consents; times in µs.

    ``undoes``: the act it takes back; ``undone_at``: when it was taken back itself. ``evidence`` is sealed.
    ``size``: of how many consents the whole act was, also of those not told here.
    """

    act: int
    actor: Actor
    door: Door
    recorded_at: int
    undoes: int | None
    undone_at: int | None
    evidence: bytes | None
    size: int
    said: list[Said]


def entries(snapshot: Snapshot, recipient: int, brand: int | None = None, *, since: int = 0) -> list[Entry]:
    """The recipient's history, of one brand or of all; acts recorded before ``since`` (µs) are left out."""
    values: dict[str, Any] = {"recipient": recipient}
    if brand is not None:
        values["brand"] = brand
    rows = snapshot.all(_ALL if brand is None else _OF_BRAND, values)
    told = [_entry(list(of_act)) for _, of_act in groupby(rows, lambda row: row[0])]
    return [entry for entry in told if entry.recorded_at >= since]


def by_brand(told: list[Entry]) -> dict[int, list[Entry]]:
    """The same entries for each brand by its internal id, with what was said about it alone."""
    brands: dict[int, list[Entry]] = {}
    for entry in told:
        for brand in dict.fromkeys(said.brand for said in entry.said):
            own = [said for said in entry.said if said.brand == brand]
            brands.setdefault(brand, []).append(entry._replace(said=own))
    return brands


def act_of(snapshot: Snapshot, event: int) -> int | None:
    """The act that an event belongs to."""
    row = snapshot.one(_ACT_OF, {"event": event})
    return None if row is None else int(row[0])


def last_own(snapshot: Snapshot, recipient: int) -> tuple[int, int] | None:
    """The citizen's last act, (number, µs), through whatever door."""
    row = snapshot.one(_LAST, {"recipient": recipient, "citizen": Actor.CITIZEN.code})
    return None if row is None else (row[0], micros(row[1]))


def _entry(rows: list[tuple[Any, ...]]) -> Entry:
    act, actor, door, recorded_at, undoes, undone_at, evidence, size = rows[0][:8]
    return Entry(
        act,
        Actor.of(actor),
        Door.of(door),
        micros(recorded_at),
        undoes,
        None if undone_at is None else micros(undone_at),
        None if evidence is None else bytes(evidence),
        size,
        [_said(row[8:]) for row in reversed(rows)],
    )


def _said(row: tuple[Any, ...]) -> Said:
    brand, channel, identity, status, source, decided_at, dealer, event = row
    return Said(brand, channel, identity, Word(status, source, micros(decided_at), dealer, event))
