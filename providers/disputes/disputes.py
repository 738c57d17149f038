"""Table ``consent_dispute``: one row a declared ONAY that its citizen denies; each outcome in one transaction with what
it records, so that a worker which dies in the middle leaves the dispute open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, null, select, text, update

from consents import history, ledger, state
from consents.columns import micros, optional_micros, stored
from consents.history import Deed
from consents.ledger import Claim, Wish
from consents.registry import Registry
from consents.rules import ONAY, RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.terms import Actor, Door, Source
from providers.disputes import dispute_states
from providers.disputes.dispute_states import NEXT, DisputeState, DisputeStep
from providers.tables import ConsentDispute
from web.logs import Alone

EVERY = 300.0  # seconds: how late a dispute may end
SILENCE = "dispute"  # in the evidence of an act: the number of the dispute that it ends
_NAMES = (
    *("id", "event", "person", "brand", "channel", "identity", "refusal", "state"),
    *("asked_at", "due_at", "ended_at", "act"),
)
_table = table(ConsentDispute)
_columns = [_table.c[name] for name in _NAMES]
_open = _table.c.state == DisputeState.OPEN.value
_BY_ID = Statement(select(*_columns).where(_table.c.id == bindparam("id")))
_BY_EVENT = Statement(select(*_columns).where(_table.c.event == bindparam("event")))
_OF_EVENTS = Statement(select(*_columns).where(among(_table.c.event, "events")))
_OF_PAIR = Statement(
    select(*_columns)
    .where(_table.c.person == bindparam("person"), _table.c.brand == bindparam("brand"))
    .order_by(_table.c.id)
)
_OF_BRANDS = Statement(
    select(*_columns)
    .where(among(_table.c.brand, "brands"), _table.c.asked_at >= bindparam("since"))
    .order_by(_table.c.state, _table.c.due_at, _table.c.id)
    .limit(bindparam("most"))
)
_OPEN_OF_BRANDS = Statement(
    select(_table.c.brand, func.count(), func.min(_table.c.due_at))
    .where(among(_table.c.brand, "brands"), _open)
    .group_by(_table.c.brand)
)
_OPEN = Statement(select(*_columns).where(_open, _table.c.id > bindparam("after")).order_by(_table.c.id).limit(500))
_OPEN_OF = Statement(
    select(_table.c.id).where(_open, _table.c.person == bindparam("of_person")).limit(literal_column("1"))
)
_ASKED_BY: Value[int] = Statement(select(_table.c.person).where(_open, among(_table.c.person, "people")).distinct())
_REOPEN = Statement(
    update(_table)
    .where(_table.c.state == literal_column(str(DisputeState.KEPT.value)), among(_table.c.act, "acts"))
    .values(state=literal_column(str(NEXT[DisputeState.KEPT, DisputeStep.LOSE].value)), ended_at=null(), act=null())
)
_COUNTS = Statement(
    select(_table.c.brand, _table.c.state, func.count())
    .where(_table.c.asked_at >= bindparam("since"), _table.c.asked_at < bindparam("until"))
    .group_by(_table.c.brand, _table.c.state)
)
_of_these = among(_table.c.brand, "brands") & (_table.c.asked_at >= bindparam("since"))
_answered = (_table.c.state == DisputeState.KEPT.value) | (_table.c.state == DisputeState.WITHDRAWN.value)
_in_time = _answered & (_table.c.ended_at < _table.c.due_at)
_CLOCKS = Statement(
    select(
        func.count().filter(_open),
        func.count().filter(_in_time),
        func.count().filter(_answered),
        func.count().filter(_table.c.state == DisputeState.SILENT.value),
    ).where(_of_these)
)
_TOOK: Value[float] = Statement(
    select(_table.c.ended_at - _table.c.asked_at)
    .where(_of_these, _answered)
    .order_by(literal_column("1"))
    .limit(literal_column("1"))
    .offset(bindparam("place"))
)
_ASK: Value[int] = Statement(
    text(
        "INSERT INTO consent_dispute (event, person, brand, channel, identity, refusal, state, asked_at, due_at) "
        "VALUES (:event, :recipient, :brand, :channel, :identity, :refusal, 0, :asked_at, :due_at) "
        "ON CONFLICT (event) DO UPDATE SET state = 0, refusal = excluded.refusal, asked_at = excluded.asked_at, "
        "due_at = excluded.due_at, ended_at = NULL, act = NULL "
        f"WHERE consent_dispute.state = {DisputeState.TAKEN_BACK.value}"
    )
)
_STEP = Statement(
    text(
        "UPDATE consent_dispute SET state = :next, ended_at = :now, act = coalesce(:act, act) "
        "WHERE id = :id AND state = :state"
    )
)
_FORGET = Statement(
    text(
        "UPDATE consent_dispute SET person = NULL, event = NULL, refusal = NULL, act = NULL, "
        "ended_at = coalesce(ended_at, :now), state = CASE WHEN state = 0 THEN :back ELSE state END "
        "WHERE person = :person"
    )
)


class Dispute(NamedTuple):
    """``event``, ``recipient``: None once erased; brand by internal id, terms by code; times in µs; ``due_at``: the end
    of the last day; ``act``: what the outcome recorded."""

    id: int
    event: int | None
    recipient: int | None
    brand: int
    channel: int
    identity: int
    refusal: int | None
    state: DisputeState
    asked_at: int
    due_at: int
    ended_at: int | None
    act: int | None

    @property
    def key(self) -> Key | None:
        return None if self.recipient is None else Key(self.recipient, self.brand, self.channel, self.identity)


class OpenDisputes(NamedTuple):
    """``due_at``: the earliest end, µs."""

    brand: int
    disputes: int
    due_at: int


class DisputeCount(NamedTuple):
    brand: int
    state: DisputeState
    disputes: int


class DisputeClocks(NamedTuple):
    """Numbers of disputes; ``in_time``, ``late``: answered by the company, by the last day or after it, before the
    registry refused; ``silent``: the registry refused; ``median``: from the question to the company's answer, µs."""

    open: int
    in_time: int
    late: int
    silent: int
    median: int | None

    @property
    def any(self) -> int:
        return self.open + self.in_time + self.late + self.silent


def ask(transaction: Transaction, event: int, key: Key, refusal: int | None = None) -> bool:
    """Opens a dispute of this ONAY, unless there is one; True where it is open after that. ``refusal``: the act by
    which the citizen refused at once."""
    known = _one(transaction, _BY_EVENT, {"event": event})
    if known is not None and _is_undone(transaction, known) and step(transaction, known, DisputeStep.TAKE_BACK):
        known = known._replace(state=DisputeState.TAKEN_BACK)  # the job had not run since
    if (None if known is None else known.state, DisputeStep.ASK) not in NEXT:
        return known is not None and known.state is DisputeState.OPEN
    now = transaction.now
    transaction.run(
        _ASK,
        {
            **{"event": event, **key._asdict(), "refusal": refusal},
            **{"asked_at": stored(now), "due_at": stored(dispute_states.due_at(now))},
        },
    )
    return True


def step(transaction: Transaction, dispute: Dispute, what: DisputeStep, act: int | None = None) -> bool:
    """Takes the step; False where the table has none from the dispute's state."""
    if (then := NEXT.get((dispute.state, what))) is None:
        return False
    values = {"id": dispute.id, "state": int(dispute.state), "next": then.value, "act": act}
    return transaction.run(_STEP, {**values, "now": stored(transaction.now)}) == 1


def show(transaction: Transaction, event: int, key: Key, act: int) -> list[int]:
    """Answers the key's open disputes by the evidence of this act about an ONAY; their numbers. Evidence of a newer
    declaration answers too, of an older one not: no page shows it."""
    known = of_pair(transaction, key.recipient, key.brand)
    found = [one for one in known if one.key == key and one.event is not None and one.event <= event]
    return [one.id for one in found if step(transaction, one, DisputeStep.SHOW, act)]


def asked_by(snapshot: Snapshot, people: Iterable[int]) -> set[int]:
    """Those of these people (internal numbers) who have an open dispute."""
    return set(snapshot.column(_ASKED_BY, {"people": snapshot.array(people)}))


def reopen(transaction: Transaction, acts: Iterable[int]) -> None:
    """The disputes that the evidence of these acts had answered; their last day stays."""
    transaction.run(_REOPEN, {"acts": transaction.array(acts)})


def withdraw(transaction: Transaction, registry: Registry, dispute: Dispute, evidence: dict[str, Any]) -> str:
    """The company declares its own RET of the disputed consent; "" or the ledger's code of refusal."""
    key = dispute.key
    if key is None or (dispute.state, DisputeStep.WITHDRAW) not in NEXT:
        return ""
    claim = Claim(*key, RET, Source.HS_EORTAM.code, transaction.now)
    sealed = registry.keyring.seal_evidence({**evidence, SILENCE: dispute.id})
    deed = Deed(Actor.PROVIDER, Door.DESK, evidence=sealed)
    (answer,) = ledger.declare(transaction, registry.policy, key.brand, [claim], deed)
    recorded = answer in (ledger.RECORDED, ledger.PENDING)
    stands = state.of_key(transaction, key)
    if not recorded and stands is not None and stands.status != RET:
        return answer
    act = history.act_of_last(transaction) if recorded else None
    step(transaction, dispute, DisputeStep.WITHDRAW, act)
    return ""


def settle(transaction: Transaction, registry: Registry, number: int) -> DisputeState:
    """Ends a dispute that is over: the company declared a RET, the citizen took it back, or the last day has passed
    without an answer; then an ONAY that still stands on the company's word is refused for the citizen. Its state after
    that."""
    found = by_id(transaction, number)
    if found is None or found.state is not DisputeState.OPEN or found.key is None:
        return DisputeState.TAKEN_BACK if found is None else found.state
    stands = state.of_key(transaction, found.key)
    if _is_taken_back(transaction, found, stands):
        step(transaction, found, DisputeStep.TAKE_BACK)
    elif stands is None or stands.provider is None or stands.provider.status == RET:
        step(transaction, found, DisputeStep.WITHDRAW)
    elif found.due_at <= transaction.now:
        act = None
        if stands.status == ONAY:
            wish = Wish(*found.key[1:], RET, Source.IYS_CM.code)
            deed = Deed(Actor.STAFF, Door.DISPUTE, evidence=registry.keyring.seal_evidence({SILENCE: found.id}))
            act = ledger.decide(transaction, registry.policy, found.key.recipient, [wish], deed).act
        step(transaction, found, DisputeStep.EXPIRE, act)
    else:
        return DisputeState.OPEN
    after = by_id(transaction, number)
    assert after is not None
    return after.state


def _is_taken_back(transaction: Transaction, dispute: Dispute, stands: Standing | None) -> bool:
    """Whether the citizen approved, or undid the refusal that denied it."""
    own = None if stands is None else stands.own
    if own is not None and own.status == ONAY and own.at > dispute.asked_at:
        return True
    return _is_undone(transaction, dispute)


def _is_undone(transaction: Transaction, dispute: Dispute) -> bool:
    """Whether the refusal that denied it was undone."""
    return dispute.refusal is not None and history.undone_by(transaction, dispute.refusal) is not None


async def settle_all(registry: Registry, settings: object) -> None:
    """Ends those that are over, each in its own transaction."""
    after = 0
    while page := await registry.store.read(all_open, after):
        for one in page:
            with Alone("dispute_failed", dispute=one.id):
                await registry.store.write(settle, registry, one.id)
        after = page[-1].id


def by_id(snapshot: Snapshot, number: int) -> Dispute | None:
    return _one(snapshot, _BY_ID, {"id": number})


def of_event(snapshot: Snapshot, event: int) -> Dispute | None:
    return _one(snapshot, _BY_EVENT, {"event": event})


def of_events(snapshot: Snapshot, events: Iterable[int]) -> dict[int, Dispute]:
    found = map(_read, snapshot.all(_OF_EVENTS, {"events": snapshot.array(events)}))
    return {one.event: one for one in found if one.event is not None}


def of_pair(snapshot: Snapshot, recipient: int, brand: int) -> list[Dispute]:
    """Of a person's consents at a brand, the oldest first."""
    return list(map(_read, snapshot.all(_OF_PAIR, {"person": recipient, "brand": brand})))


def of_brands(snapshot: Snapshot, brands: Sequence[int], since: int, most: int) -> list[Dispute]:
    """Those asked since (µs): the open ones first, by their last day."""
    values = {"brands": snapshot.array(brands), "since": stored(since), "most": most}
    return list(map(_read, snapshot.all(_OF_BRANDS, values)))


def open_of(snapshot: Snapshot, brands: Sequence[int]) -> list[OpenDisputes]:
    rows = snapshot.all(_OPEN_OF_BRANDS, {"brands": snapshot.array(brands)})
    return [OpenDisputes(brand, count, micros(due)) for brand, count, due in rows]


def all_open(snapshot: Snapshot, after: int = 0) -> list[Dispute]:
    """A page of the open ones, by number."""
    return list(map(_read, snapshot.all(_OPEN, {"after": after})))


def counts(snapshot: Snapshot, since: int, until: int) -> list[DisputeCount]:
    """Of those asked from ``since`` until before ``until`` (µs)."""
    rows = snapshot.all(_COUNTS, {"since": stored(since), "until": stored(until)})
    return [DisputeCount(brand, DisputeState(kind), count) for brand, kind, count in rows]


def clocks(snapshot: Snapshot, brands: Sequence[int], since: int) -> DisputeClocks:
    """Of those asked since (µs) at these brands."""
    values = {"brands": snapshot.array(brands), "since": stored(since)}
    row = snapshot.one(_CLOCKS, values)
    assert row is not None
    still_open, in_time, answered, silent = row
    took = snapshot.value(_TOOK, {**values, "place": (answered - 1) // 2}) if answered else None
    return DisputeClocks(still_open, in_time, answered - in_time, silent, optional_micros(took))


def any_open(snapshot: Snapshot, person: int) -> bool:
    """Whether a dispute of this person (internal number) is open."""
    return snapshot.one(_OPEN_OF, {"of_person": person}) is not None


def forget(transaction: Transaction, recipient: int) -> None:
    """Of an erased person the counts stay."""
    values = {"person": recipient, "now": stored(transaction.now), "back": DisputeState.TAKEN_BACK.value}
    transaction.run(_FORGET, values)


def _one(snapshot: Snapshot, statement: Statement[Any], values: dict[str, Any]) -> Dispute | None:
    row = snapshot.one(statement, values)
    return None if row is None else _read(row)


def _read(row: tuple[Any, ...]) -> Dispute:
    *head, kind, asked_at, due_at, ended_at, act = row
    times = micros(asked_at), micros(due_at), optional_micros(ended_at)
    return Dispute._make((*head, DisputeState(kind), *times, act))
