"""Whether a refusal ended a permission, so that the brand has days left to stop. Computed from history; a caller that
knows what stood before uses ``rules.could_send``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from consents import blankets
from consents.blankets import PastBlanket
from consents.columns import micros
from consents.history import PROVIDER
from consents.rules import RET, Reconsent, Standing, Word, could_send, latest, standing
from consents.state import Key
from consents.store import Snapshot, Statement, among, table
from consents.tables.history_tables import Act, ConsentEvent
from consents.terms import Door

_event = table(ConsentEvent)
_act = table(Act)
_undo = _act.alias("undo")

_SAID = Statement(
    select(
        *(_event.c[name] for name in ("brand", "channel", "identity", "status", "source", "decided_at", "id")),
        _act.c.id,
        _act.c.actor,
        _act.c.door,
        _undo.c.id,
    )
    .select_from(_event.join(_act, _act.c.id == _event.c.act).outerjoin(_undo, _undo.c.undoes == _act.c.id))
    .where(
        _event.c.recipient == bindparam("recipient"),
        among(_event.c.brand, "brands"),
        _act.c.undoes.is_(None),  # an undo's announcement is no word (rule L11), nor a standing refusal's (L13)
        _act.c.blankets.is_(None),
    )
    .order_by(_event.c.id)
)


class _PastWord(NamedTuple):
    word: Word
    act: int
    provider: bool
    door: int
    undone_by: int | None


def ended(snapshot: Snapshot, reconsent: Reconsent, refusals: Mapping[Key, int]) -> set[Key]:
    """The keys whose brand was allowed to send until this refusal. ``refusals``: one recipient's, by event number."""
    return set(since(snapshot, reconsent, refusals))


def since(snapshot: Snapshot, reconsent: Reconsent, refusals: Mapping[Key, int]) -> dict[Key, int]:
    """The same keys, and from when on (µs) the days to stop run: of a refusal given once more, from the first."""
    if not refusals:
        return {}
    (recipient,) = {key.recipient for key in refusals}
    values = {"recipient": recipient, "brands": snapshot.array({key.brand for key in refusals})}
    ahead = blankets.ever(snapshot, [recipient])
    history: dict[Key, list[_PastWord]] = defaultdict(list)
    for brand, channel, identity, *rest in snapshot.all(_SAID, values):
        key = Key(recipient, brand, channel, identity)
        if key in refusals:
            history[key].append(_said(*rest))
    found = {
        key: _since(_Past(history[key], ahead.get(blankets.covered_key(key), []), key, reconsent), event)
        for key, event in refusals.items()
    }
    return {key: at for key, at in found.items() if at is not None}


def _said(status: int, source: int | None, at: float, event: int, act: int, actor: int, *rest: Any) -> _PastWord:
    return _PastWord(Word(status, source, micros(at), None, event), act, actor == PROVIDER, *rest)


class _Past(NamedTuple):
    words: list[_PastWord]
    ahead: list[PastBlanket]
    key: Key
    reconsent: Reconsent

    def before(self, act: int, event: int) -> Standing | None:
        earlier = [one for one in self.words if one.act < act or (one.act == act and one.word.event < event)]
        known = [one for one in earlier if one.undone_by is None or one.undone_by > act]
        citizen = reduce(latest, (one.word for one in known if not one.provider), None)
        provider = reduce(latest, (one.word for one in known if one.provider), None)
        return standing(citizen, provider, self.reconsent, blankets.at_act(self.ahead, act - 1))


def _since(past: _Past, event: int) -> int | None:
    """By what stood when the refusal was recorded; None where that was no permission. ``event``: as in Word."""
    refusal = next((one for one in past.words if one.word.event == event), None)
    ahead = next((one for one in past.ahead if one.word.event == event), None)
    found = refusal or ahead
    if found is None:
        return None
    act, door = found.act, Door.of(refusal.door) if refusal else Door.PAGE
    stood = past.before(act, event)
    citizen = stood.citizen if stood else None
    if stood is not None and citizen is not None and stood.status == citizen.status == RET:
        return _since(past, citizen.event)  # repeated: what counts is when it was first refused
    return found.word.at if could_send(stood and stood.status, past.key.identity, door) else None
