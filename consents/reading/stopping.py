"""Whether a refusal ended anything: only a brand that was allowed to send has days left to stop.

Found from history, so that what happens after a refusal leaves its answer as it was. Who has just recorded a refusal
and knows what stood before asks ``rules.could_send`` and reads nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from consents.columns import micros
from consents.history import PROVIDER
from consents.models import Act, ConsentEvent
from consents.rules import RET, Reconsent, Word, could_send, latest, standing
from consents.state import Key
from consents.store import Snapshot, Statement, among
from consents.terms import Door

_event = ConsentEvent.__table__  # type: ignore[attr-defined]
_act = Act.__table__  # type: ignore[attr-defined]
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
        _act.c.undoes.is_(None),  # an undo's announcement is no word (rule L11)
    )
    .order_by(_event.c.id)
)


class _Said(NamedTuple):
    """One word of a key; ``undone_by``: the act that took it back."""

    word: Word
    act: int
    provider: bool
    door: int
    undone_by: int | None


def ended(snapshot: Snapshot, reconsent: Reconsent, refusals: Mapping[Key, int]) -> set[Key]:
    """The keys whose brand was allowed to send until this refusal. ``refusals``: one recipient's, by event number."""
    if not refusals:
        return set()
    (recipient,) = {key.recipient for key in refusals}
    values = {"recipient": recipient, "brands": snapshot.array({key.brand for key in refusals})}
    history: dict[Key, list[_Said]] = defaultdict(list)
    for brand, channel, identity, *rest in snapshot.all(_SAID, values):
        key = Key(recipient, brand, channel, identity)
        if key in refusals:
            history[key].append(_said(*rest))
    return {key for key, event in refusals.items() if _ended(history[key], event, key, reconsent)}


def _said(status: int, source: int | None, at: float, event: int, act: int, actor: int, *rest: Any) -> _Said:
    return _Said(Word(status, source, micros(at), None, event), act, actor == PROVIDER, *rest)


def _ended(history: list[_Said], event: int, key: Key, reconsent: Reconsent) -> bool:
    """By what had been said about the key, and not been taken back, when the refusal was recorded."""
    refusal = next((said for said in history if said.word.event == event), None)
    if refusal is None:
        return False
    before = [
        said for said in history if said.word.event < event and (said.undone_by is None or said.undone_by > refusal.act)
    ]
    citizen = reduce(latest, (said.word for said in before if not said.provider), None)
    provider = reduce(latest, (said.word for said in before if said.provider), None)
    stood = standing(citizen, provider, reconsent)
    if stood is not None and citizen is not None and stood.status == citizen.status == RET:
        return _ended(history, citizen.event, key, reconsent)  # said anew: what counts is when it was first refused
    return could_send(stood and stood.status, key.identity, Door.of(refusal.door))
