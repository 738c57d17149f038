"""Texts about a row that fails an audit, in the registry's own numbers and the words of its lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from consents import history, state
from consents.instants import moment
from consents.rules import Reconsent, Standing, Word
from consents.state import Key
from consents.store import Snapshot, Statement, table
from consents.tables.company_tables import Brand
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Act, ConsentEvent
from consents.tables.recipient_tables import RecipientRow
from consents.terms import Channel, Identity, Source, Status, Term

_event = table(ConsentEvent)
_act = table(Act)
_WORDS: dict[str, type[Term]] = {"channel": Channel, "identity": Identity, "status": Status, "source": Source}

_EVENT = Statement(select(_event).where(_event.c.id == bindparam("event")))
_ACT: Statement[tuple[int, int]] = Statement(
    select(_act.c.first_event, _act.c.last_event).where(_act.c.id == bindparam("act"))
)
_REFERRED = {
    name: Statement(select(of.c.id).where(of.c.id == bindparam("number")))
    for name, of in (("recipient", table(RecipientRow)), ("brand", table(Brand)), ("dealer", table(Dealer)))
}


def of_event(snapshot: Snapshot, event: int, reconsent: Reconsent) -> str:
    values = snapshot.one(_EVENT, {"event": event})
    assert values is not None
    found = dict(zip(_event.c.keys(), values, strict=True))
    act = found["act"]
    if (numbers := snapshot.one(_ACT, {"act": act})) is None:
        return f"event {event} belongs to act {act}, which is missing"
    first, last = numbers
    if not first <= event <= last:
        return f"event {event} belongs to act {act}, which has events {first} to {last}"
    for name, words in _WORDS.items():
        code = found[name]
        if not _known(words, code) or (name == "status" and code == Status.BEKLIYOR.code):
            return f"event {event} has {name} {code}, which no event can have"
    for name, statement in _REFERRED.items():
        number = found[name]
        if number is not None and snapshot.one(statement, {"number": number}) is None:
            return f"event {event} names {name} {number}, which is missing"
    return of_key(snapshot, Key(*(found[name] for name in Key._fields)), reconsent)


def of_key(snapshot: Snapshot, key: Key, reconsent: Reconsent) -> str:
    channel, identity = _word(Channel, key.channel), _word(Identity, key.identity)
    name = f"recipient {key.recipient}, brand {key.brand}, {channel}, {identity}"
    try:
        stands, folded = state.of_key(snapshot, key), history.fold(snapshot, [key], reconsent)[key]
        if stands != folded:
            return f"{name}: {_wording(stands)} stands, history says {_wording(folded)}"
    except (TypeError, ValueError, OverflowError):  # half a word, a time beyond all calendars
        pass
    return f"{name}: the row in table consent, or one of its events, holds what none can hold"


def _wording(stands: Standing | None) -> str:
    if stands is None:
        return "nothing"
    words = [f"{side} {_said(word)}" for side, word in (("citizen", stands[1]), ("provider", stands[2])) if word]
    return f"{_word(Status, stands.status)} ({', '.join(words)})"


def _said(word: Word) -> str:
    dealer = f", dealer {word.dealer}" if word.dealer else ""
    when = moment(word.at).isoformat() if word.at else "no date"
    return f"{_word(Status, word.status)} {_word(Source, word.source)} of {when}, event {word.event}{dealer}"


def _known(words: type[Term], code: Any) -> bool:
    return any(term.code == code for term in words) or (words is Source and code is None)


def _word(words: type[Term], code: int | None) -> str:
    return str(words.of(code)) if code is not None and _known(words, code) else f"{words.__name__.lower()} {code}"
