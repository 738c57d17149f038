"""History (tables ``act`` and ``consent_event``): append-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from consents import blankets
from consents.columns import micros, optional_micros, stored
from consents.keys import Keyring
from consents.rules import Claim, Reconsent, Standing, Word, latest, standing
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, Value, column_names, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.history_tables import Act, ConsentEvent
from consents.tables.staged_tables import ALL_RECORDED, SOME_RECORDED, Recorded
from consents.terms import Actor, Door

_event = table(ConsentEvent).c
_act = table(Act).c

ACT_COLUMNS = column_names(Act)
# What ``append`` writes and ``_read`` takes. A column that only some events have may be left out.
EVENT_COLUMNS = "id,recipient,brand,channel,identity,status,source,decided_at,dealer,act"
PROVIDER = Actor.PROVIDER.code
_NAMES = EVENT_COLUMNS.split(",")

# Keys as JSON of [recipient, brand, channel, identity]: their rows alone are read, not a person's whole history.
_KEYS = {SQLITE: "json_each(:keys)", POSTGRESQL: "jsonb_array_elements(CAST(:keys AS jsonb)) AS given(value)"}
_FOLD = {
    dialect: Statement(
        text(
            "WITH asked AS MATERIALIZED (SELECT CAST(value ->> 0 AS bigint) AS recipient, "
            "CAST(value ->> 1 AS bigint) AS brand, CAST(value ->> 2 AS integer) AS channel, "
            f"CAST(value ->> 3 AS integer) AS identity FROM {wanted}) "
            f"SELECT {','.join(f'e.{name}' for name in _NAMES)},a.actor "
            "FROM asked CROSS JOIN consent_event e CROSS JOIN act a "
            "WHERE e.recipient = asked.recipient AND e.brand = asked.brand AND e.channel = asked.channel "
            "AND e.identity = asked.identity AND a.id = e.act AND a.undoes IS NULL AND a.blankets IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM act later WHERE later.undoes = a.id)"
        )
    )
    for dialect, wanted in _KEYS.items()
}
# Keys of a brand as JSON of [recipient, channel, identity, first, last]: words of these seconds are asked for. Each key
# stands there once, however many words of it are: of k recorded and as many asked, k rows are read and not k × k.
_SAID_OF_KEY = (
    "consent_event e WHERE e.recipient = asked.recipient AND e.channel = asked.channel AND e.identity = asked.identity "
    # Instants are doubles, so the last bit is left to Python.
    "AND e.decided_at > asked.first - 0.000002 AND e.decided_at < asked.last + 0.000002 "
    # "+ 0" keeps the planner from the brand's index, in which a brand's whole history would be searched.
    "AND e.brand + 0 = :brand"
)
_OF_ASKED = {
    SQLITE: f"{_SAID_OF_KEY} AND",
    # OFFSET 0 leaves the planner one way, a look by the recipient for each key.
    POSTGRESQL: f"LATERAL (SELECT * FROM {_SAID_OF_KEY} OFFSET 0) e WHERE",
}
_SAID = {
    dialect: Statement(
        text(
            "WITH asked AS MATERIALIZED (SELECT CAST(value ->> 0 AS bigint) AS recipient, "
            "CAST(value ->> 1 AS integer) AS channel, CAST(value ->> 2 AS integer) AS identity, "
            "CAST(value ->> 3 AS double precision) AS first, CAST(value ->> 4 AS double precision) AS last "
            f"FROM {_KEYS[dialect]}) SELECT {','.join(f'e.{name}' for name in _NAMES)} "
            f"FROM asked CROSS JOIN {of_asked} EXISTS "
            "(SELECT 1 FROM act a WHERE a.id = e.act AND a.undoes IS NULL AND a.blankets IS NULL) "
            "AND NOT EXISTS (SELECT 1 FROM act later WHERE later.undoes = e.act)"
        )
    )
    for dialect, of_asked in _OF_ASKED.items()
}
_APPEND_STAGED, _APPEND_SOME = (
    Statement(
        text(
            f"INSERT INTO consent_event ({EVENT_COLUMNS}) SELECT e.id, e.recipient, :brand, e.channel, e.identity, "
            f"e.status, e.source, e.decided_at, e.dealer, :act FROM {recorded} e"
        )
    )
    for recorded in (ALL_RECORDED, SOME_RECORDED)
)
_EVIDENCE: Value[bytes | None] = Statement(select(_act.evidence).where(_act.id == bindparam("act")))
_RECORDED_AT: Value[float] = Statement(select(_act.recorded_at).where(_act.id == bindparam("act")))
_RECORDED_UNTIL: Value[float] = Statement(text("SELECT recorded_at FROM act ORDER BY id DESC LIMIT 1"))
_UNDOING: Value[int] = Statement(select(_act.id).where(_act.undoes == bindparam("act")))
_IN_ACT = Statement(
    select(*(_event[name] for name in _NAMES))
    .where(_event.id.between(bindparam("first"), bindparam("last")))
    .order_by(_event.id)
)


class Deed(NamedTuple):
    """An act before it is numbered. ``evidence``: (sealed, digest) of ``Keyring.seal_evidence``; ``disputed``: the
    citizen denies having given the consent; ``blankets``: how many standing refusals it has, or ends."""

    actor: Actor
    door: Door
    recipient: int | None = None
    upload: int | None = None
    undoes: int | None = None
    evidence: tuple[bytes, bytes] | None = None
    disputed: bool = False
    blankets: int = 0


class Event(NamedTuple):
    """``at`` in µs."""

    id: int
    key: Key
    word: Word
    act: int


RecordedWord = tuple[int, int, int, int, int, int | None, int]
"""What is compared to know a repeat (rule L6): the first fields of a Claim, all but the dealer."""


class PastAct(NamedTuple):
    """``recorded_at`` in µs."""

    id: int
    actor: Actor
    door: Door
    recorded_at: int
    recipient: int | None
    upload: int | None
    undoes: int | None
    first_event: int
    last_event: int
    blankets: int | None


_past = [_act[name] for name in PastAct._fields]
_ACT = Statement(select(*_past).where(_act.id == bindparam("act")))
_ACT_WITH = Statement(
    select(*_past)
    .select_from(table(ConsentEvent).join(table(Act), _act.id == _event.act))
    .where(_event.id == bindparam("event"))
)


def append(transaction: Transaction, deed: Deed, events: Sequence[tuple[Any, ...]], *, not_before: int = 0) -> int:
    """Writes an act and its events, (recipient, brand, channel, identity, status, source, at µs, dealer) each; the
    act's number. Events are numbered from ``next_event(transaction)`` on. ``not_before``: µs, the earliest moment of
    recording."""
    act, first = _append_act(transaction, deed, len(events), not_before)
    if events:
        rows = [(number, *event[:6], stored(event[6]), event[7], act) for number, event in enumerate(events, first)]
        transaction.insert("consent_event", EVENT_COLUMNS, rows)
    return act


def append_notes(transaction: Transaction, actor: Actor, door: Door, notes: Sequence[tuple[bytes, bytes]]) -> int:
    """Writes an act without events and recipient for each note, which is its evidence; the first act's number."""
    first, event = transaction.numbers("act", len(notes)), transaction.numbers("consent_event", 0)
    at = stored(max(transaction.now, _last_recorded_at(transaction, first)))
    transaction.last_act = first + len(notes) - 1, at
    rows = [(act, actor.code, door.code, at, event, event - 1, *note) for act, note in enumerate(notes, first)]
    transaction.insert("act", "id,actor,door,recorded_at,first_event,last_event,evidence,evidence_digest", rows)
    return first


def append_staged(transaction: Transaction, deed: Deed, recorded: Recorded) -> int:
    act, first = _append_act(transaction, deed, recorded.rows, 0)
    assert first == recorded.first
    statement = _APPEND_SOME if recorded.turned_away else _APPEND_STAGED
    transaction.expect(statement, {**recorded.values(transaction), "act": act}, recorded.rows)
    return act


def _append_act(transaction: Transaction, deed: Deed, count: int, not_before: int) -> tuple[int, int]:
    """Writes an act of so many events; its number, and that of the first event."""
    act = transaction.numbers("act")
    recorded_at = max(transaction.now, _last_recorded_at(transaction, act), not_before)
    transaction.last_act = act, stored(recorded_at)
    first = transaction.numbers("consent_event", count)
    sealed, digest = deed.evidence or (None, None)
    values = {
        "id": act,
        "actor": deed.actor.code,
        "door": deed.door.code,
        "recorded_at": stored(recorded_at),
        "recipient": deed.recipient,
        "upload": deed.upload,
        "undoes": deed.undoes,
        "first_event": first,
        "last_event": first + count - 1,
        "evidence": sealed,
        "evidence_digest": digest,
        "disputed": deed.disputed or None,
        "blankets": deed.blankets or None,
    }
    # What an act has not is left out: on PostgreSQL values are counted (consents/store/appending.py).
    had = {name: value for name, value in values.items() if value is not None}
    transaction.insert("act", ",".join(had), [tuple(had.values())])
    return act, first


def _last_recorded_at(transaction: Transaction, act: int) -> int:
    """Acts are recorded in the order of their numbers even when the clock is set back: days end with a number."""
    last, at = transaction.last_act or (None, None)
    if last != act - 1:
        at = transaction.value(_RECORDED_AT, {"act": act - 1})
    return 0 if at is None else micros(at)


def recorded_until(snapshot: Snapshot) -> int | None:
    """When the last act was recorded, µs, the earliest moment of any further act; None without an act."""
    return optional_micros(snapshot.value(_RECORDED_UNTIL))


def next_event(transaction: Transaction) -> int:
    return transaction.numbers("consent_event", 0)


def act_of_last(transaction: Transaction) -> int:
    return transaction.numbers("act", 0) - 1


def act(snapshot: Snapshot, number: int) -> PastAct | None:
    return _read_act(snapshot.one(_ACT, {"act": number}))


def act_with(snapshot: Snapshot, event: int) -> PastAct | None:
    return _read_act(snapshot.one(_ACT_WITH, {"event": event}))


def evidence(snapshot: Snapshot, number: int) -> bytes | None:
    return snapshot.value(_EVIDENCE, {"act": number})


def stand_in(keyring: Keyring, evidence: bytes | None) -> str | None:
    """Who else may have acted on the citizen's pages: "helper", or a session by SMS, whose sender can be forged."""
    proof = {} if evidence is None else keyring.unseal_evidence(evidence)
    return "helper" if "helper_mark" in proof else proof.get("session") if proof.get("by_text") else None


def undone_by(snapshot: Snapshot, number: int) -> int | None:
    return snapshot.value(_UNDOING, {"act": number})


def events_of(snapshot: Snapshot, past: PastAct) -> list[Event]:
    return list(map(_read, snapshot.all(_IN_ACT, {"first": past.first_event, "last": past.last_event})))


def recorded_words(snapshot: Snapshot, brand: int, claims: Iterable[Claim]) -> dict[RecordedWord, int]:
    """Which of these words about a brand were recorded and not undone: the first event of each."""
    words: set[RecordedWord] = {claim[:7] for claim in claims}
    if not words:
        return {}
    asked: dict[tuple[int, int, int], tuple[int, int]] = {}  # from when to when, of each key
    for recipient, _, channel, identity, _, _, at in words:
        first, last = asked.get((recipient, channel, identity), (at, at))
        asked[recipient, channel, identity] = min(first, at), max(last, at)
    keys = [(*key, *map(stored, span)) for key, span in asked.items()]
    found: dict[RecordedWord, int] = {}
    rows = snapshot.all(_SAID[snapshot.dialect], {"keys": json.dumps(keys), "brand": brand})
    for event, recipient, _, channel, identity, status, source, decided_at, _, _ in sorted(rows):
        word = recipient, brand, channel, identity, status, source, micros(decided_at)
        if word in words:
            found.setdefault(word, event)
    return found


def fold(
    snapshot: Snapshot, keys: Iterable[Key], reconsent: Reconsent, *, without: int | None = None
) -> dict[Key, Standing | None]:
    """What stands for each key by history alone (rule L1), without undone acts, announcements of an undo or a standing
    refusal (L11, L13), and the act ``without``."""
    wanted = set(keys)
    ahead = blankets.in_force(snapshot, {key.recipient for key in wanted}, without=without)
    citizens: dict[Key, Word | None] = {}
    providers: dict[Key, Word | None] = {}
    for *row, actor in snapshot.all(_FOLD[snapshot.dialect], {"keys": json.dumps(sorted(wanted))}):
        event = _read(row)
        if event.act != without:
            side = providers if actor == PROVIDER else citizens
            side[event.key] = latest(side.get(event.key), event.word)
    return {
        key: standing(citizens.get(key), providers.get(key), reconsent, ahead.get(blankets.covered_key(key)))
        for key in wanted
    }


def _read_act(row: tuple[Any, ...] | None) -> PastAct | None:
    if row is None:
        return None
    number, actor, door, recorded_at, *rest = row
    return PastAct(number, Actor.of(actor), Door.of(door), micros(recorded_at), *rest)


def _read(row: Iterable[Any]) -> Event:
    number, recipient, brand, channel, identity, status, source, decided_at, dealer, act = row
    word = Word(status, source, micros(decided_at), dealer, number)
    return Event(number, Key(recipient, brand, channel, identity), word, act)
