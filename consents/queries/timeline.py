"""History of one recipient's consents, act by act, newest first."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select

from consents import blankets, history
from consents.blankets import BlanketPart, PastBlanket
from consents.columns import micros, optional_micros, stored
from consents.history import PastAct
from consents.queries.consent_lines import WordOrigin
from consents.rules import BEKLIYOR, ONAY, Reconsent, Word, order, standing
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.history_tables import Act, BlanketWord, ConsentEvent
from consents.terms import Actor, Door

_event = table(ConsentEvent).c
_acts = table(Act)
_act, _undo = _acts.c, _acts.alias("undo")
_blanket = table(BlanketWord).c

_TOLD = (
    select(
        _act.id,
        _act.actor,
        _act.door,
        _act.recorded_at,
        _act.undoes,
        _undo.c.recorded_at,
        _undo.c.id,
        _act.evidence,
        _act.last_event - _act.first_event + 1,
        _act.disputed,
        _act.blankets,
        _event.brand,
        _event.channel,
        _event.identity,
        _event.status,
        _event.source,
        _event.decided_at,
        _event.dealer,
        _event.id,
    )
    .select_from(table(ConsentEvent).join(_acts, _act.id == _event.act).outerjoin(_undo, _undo.c.undoes == _act.id))
    .where(_event.recipient == bindparam("recipient"))
    .order_by(_event.id.desc())
)
_ALL = Statement(_TOLD)
_OF_BRAND = Statement(_TOLD.where(_event.brand == bindparam("brand")))
_DEEDS = Statement(
    select(_event.id, _act.actor, _act.door, _act.evidence_digest.is_(None))
    .select_from(table(ConsentEvent).join(_acts, _act.id == _event.act))
    .where(among(_event.id, "events"))
)
_ACT_OF: Value[int] = Statement(select(_event.act).where(_event.id == bindparam("event")))
_ACT_OF_BLANKET: Value[int] = Statement(select(_blanket.act).where(_blanket.id == bindparam("number")))
_AHEAD = Statement(
    select(_act.id, _act.recorded_at, _undo.c.recorded_at, _blanket.channel, _blanket.identity, _blanket.refuses)
    .select_from(table(BlanketWord).join(_acts, _act.id == _blanket.act).outerjoin(_undo, _undo.c.undoes == _act.id))
    .where(_blanket.recipient == bindparam("recipient"), _act.recorded_at >= bindparam("since"))
    .order_by(_act.id.desc(), _blanket.id)
)
_LAST: Statement[tuple[int, float]] = Statement(
    select(_act.id, _act.recorded_at)
    .where(_act.recipient == bindparam("recipient"), _act.actor == bindparam("citizen"))
    .order_by(_act.id.desc())
    .limit(literal_column("1"))
)

_THROUGH: Value[int] = Statement(
    select(_act.id)
    .where(
        _act.recipient == bindparam("recipient"),
        _act.actor == bindparam("citizen"),
        among(_act.door, "doors"),
        _act.undoes.is_(None),
        _act.id > bindparam("after"),
    )
    .order_by(_act.id.desc())
    .limit(bindparam("most"))
)
_RECORDED_AT: Statement[tuple[int, bytes | None]] = Statement(
    select(_act.id, _act.evidence)
    .where(_act.recorded_at == bindparam("at"), _act.door == bindparam("door"))
    .order_by(_act.id)
)


class KeyChange(NamedTuple):
    """What an act did to one key; terms by code. ``waited``: a provider's ONAY that asked the citizen (rule L4);
    ``covered``: one without effect under a standing refusal (rule L13)."""

    brand: int
    channel: int
    identity: int
    word: Word
    waited: bool = False
    covered: bool = False


class AheadAct(NamedTuple):
    """An act that took or ended standing refusals; times in µs."""

    act: int
    recorded_at: int
    undone_at: int | None
    parts: list[BlanketPart]


class Entry(NamedTuple):
    """One act, as far as it touched the recipient's consents; times in µs. ``undoes``: the act it undoes;
    ``undone_at``, ``undone_by``: its own undo; ``evidence``: encrypted; ``size``: of how many consents the whole act
    was; ``disputed``: the citizen denies having given the consent; ``ahead``: it took or ended the standing refusal
    that this follows from."""

    act: int
    actor: Actor
    door: Door
    recorded_at: int
    undoes: int | None
    undone_at: int | None
    undone_by: int | None
    evidence: bytes | None
    size: int
    disputed: bool
    ahead: bool
    changes: list[KeyChange]

    @property
    def erased(self) -> bool:
        """The refusal of everything when the person was erased (rule L15); it alone has no evidence."""
        return self.actor is Actor.STAFF and self.undoes is None and self.evidence is None


def entries(
    snapshot: Snapshot,
    recipient: int,
    brand: int | None = None,
    *,
    since: int = 0,
    reconsent: Reconsent = Reconsent.CONFIRM,
) -> list[Entry]:
    """The recipient's history, of one brand or of all, without acts recorded before ``since`` (µs)."""
    values: dict[str, Any] = {"recipient": recipient}
    if brand is not None:
        values["brand"] = brand
    rows = snapshot.all(_ALL if brand is None else _OF_BRAND, values)
    listed = [_entry(list(of_act)) for _, of_act in groupby(rows, itemgetter(0))]
    ahead = blankets.ever(snapshot, [recipient])
    if reconsent is Reconsent.CONFIRM or ahead:
        listed = _with_what_waited(listed, reconsent, {covered[1:]: past for covered, past in ahead.items()})
    return [entry for entry in listed if entry.recorded_at >= since]


def by_brand(listed: list[Entry]) -> dict[int, list[Entry]]:
    """The entries of each brand by its internal id, with its own changes only."""
    brands: dict[int, list[Entry]] = {}
    for entry in listed:
        for brand in dict.fromkeys(changes.brand for changes in entry.changes):
            own = [changes for changes in entry.changes if changes.brand == brand]
            brands.setdefault(brand, []).append(entry._replace(changes=own))
    return brands


def act_of(snapshot: Snapshot, event: int) -> int | None:
    """The act of an event or, for a negative number, of a standing refusal."""
    if event < 0:
        return snapshot.value(_ACT_OF_BLANKET, {"number": -event})
    return snapshot.value(_ACT_OF, {"event": event})


def ahead_acts(snapshot: Snapshot, recipient: int, since: int = 0) -> list[AheadAct]:
    """The recipient's acts about standing refusals since ``since`` (µs), newest first."""
    rows = snapshot.all(_AHEAD, {"recipient": recipient, "since": stored(since)})
    return [
        AheadAct(
            act,
            micros(recorded_at),
            optional_micros(undone_at),
            [BlanketPart(channel, identity, bool(refuses)) for *_, channel, identity, refuses in of_act],
        )
        for (act, recorded_at, undone_at), of_act in groupby(rows, itemgetter(0, 1, 2))
    ]


def deeds_of(snapshot: Snapshot, events: Collection[int]) -> dict[int, WordOrigin]:
    rows = snapshot.all(_DEEDS, {"events": snapshot.array(events)}) if events else []
    return {
        event: WordOrigin(Actor.of(actor), Door.of(door), bool(bare) and actor == Actor.STAFF.code)
        for event, actor, door, bare in rows
    }


def last_own(snapshot: Snapshot, recipient: int) -> tuple[int, int] | None:
    """The citizen's last act, (number, µs), through any door."""
    if (row := snapshot.one(_LAST, {"recipient": recipient, "citizen": Actor.CITIZEN.code})) is None:
        return None
    act, recorded_at = row
    return act, micros(recorded_at)


def latest(snapshot: Snapshot, recipient: int, doors: Iterable[Door], after: int, most: int) -> Iterator[PastAct]:
    values = {"recipient": recipient, "citizen": Actor.CITIZEN.code, "after": after, "most": most}
    acts = snapshot.column(_THROUGH, {**values, "doors": snapshot.array(door.code for door in doors)})
    return filter(None, (history.act(snapshot, act) for act in acts))


def recorded_at(snapshot: Snapshot, at: int, door: Door) -> list[tuple[int, bytes | None]]:
    """(number, encrypted evidence) of the acts recorded at exactly this µs through this door."""
    return snapshot.all(_RECORDED_AT, {"at": stored(at), "door": door.code})


_Ahead = Mapping[tuple[int, ...], Sequence[PastBlanket]]


def _with_what_waited(listed: list[Entry], reconsent: Reconsent, ahead: _Ahead) -> list[Entry]:
    """Marks each ONAY that waited when it was recorded, by the citizen's words until then. ``listed``: all acts, newest
    first."""
    before: dict[tuple[int, int, int], list[_Own]] = defaultdict(list)
    marked = []
    for entry in reversed(listed):
        if entry.undoes is None and entry.actor is Actor.PROVIDER:
            asked = partial(_asking, act=entry.act, reconsent=reconsent, ahead=ahead)
            entry = entry._replace(changes=[asked(changes, own=before[changes[:3]]) for changes in entry.changes])
        elif entry.undoes is None and not entry.ahead:
            for changes in entry.changes:
                insort(before[changes[:3]], _Own(order(changes.word), changes.word, entry.undone_by))
        marked.append(entry)
    return marked[::-1]


class _Own(NamedTuple):
    """A word of the citizen's; the last in order counts. ``undone_by``: the act that undid it."""

    place: tuple[int, bool, int]
    word: Word
    undone_by: int | None


def _asking(changes: KeyChange, act: int, own: list[_Own], reconsent: Reconsent, ahead: _Ahead) -> KeyChange:
    while own and own[-1].undone_by is not None and own[-1].undone_by < act:
        own.pop()  # acts are gone through in their order: it counts for none that follows either
    blanket = blankets.at_act(ahead.get(changes[1:3], ()), act)
    stood = standing(own[-1].word if own else None, changes.word, reconsent, blanket)
    waited = stood is not None and stood.status == BEKLIYOR
    return changes._replace(
        waited=waited, covered=not own and blanket is not None and changes.word.status == ONAY and not waited
    )


def _entry(rows: list[tuple[Any, ...]]) -> Entry:
    act, actor, door, recorded_at, undoes, undone_at, undone_by, evidence, size, disputed, ahead, *_ = rows[0]
    return Entry(
        act,
        Actor.of(actor),
        Door.of(door),
        micros(recorded_at),
        undoes,
        optional_micros(undone_at),
        undone_by,
        evidence,
        size,
        bool(disputed),
        ahead is not None,
        [
            KeyChange(brand, channel, identity, Word(status, source, micros(decided_at), dealer, event))
            for *_, brand, channel, identity, status, source, decided_at, dealer, event in reversed(rows)
        ],
    )
