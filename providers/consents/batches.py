"""Lists of consents: ``POST B/consents/request`` accepts one durably (202), ``GET …/{requestId}`` returns the results.
A fault of form in any item refuses the whole list; the ledger's decision on an item is in its result."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from consents import dates
from consents.care import workers
from consents.keys import Keyring
from consents.ledger import UNCHANGED
from consents.queries import recorded
from consents.queries.recorded import PastEvent
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Bells, Snapshot, StoreUnavailable, Transaction
from consents.store.gates import AnyGate
from providers import refused_tally
from providers.api import bodies, call_facts, endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, OpenTo, Right
from providers.consents import batch_queue, batch_storing, sub_requests, validation
from providers.consents.batch_queue import FoundList, Origin, Queued, Waiting
from providers.consents.recording import TAKEN, Outcome
from providers.consents.single import frame
from providers.refused_counts import RefusedWay
from web.codes import SENTENCES
from web.iys_fields import Field

MOST = 1000  # H091
_TO = Field.RECIPIENT
# A transaction of the worker should hold the store no longer than this (seconds), and one list at the least: citizens
# wait that long.
_HOLD = 0.02
_MOST_TOGETHER = 8 * MOST  # items and accesses

_bells = Bells()


@endpoint.requires(Right.WRITE, open_to=OpenTo.ALL)
async def add(call: Call) -> Answer:
    """202 with an id for the list and for each item."""
    return await _add(call, again=False)


@endpoint.requires(Right.WRITE, open_to=OpenTo.ALL)
async def add_again(call: Call) -> Answer:
    """v2: an item that was reported before succeeds, and its result names where."""
    return await _add(call, again=True)


@endpoint.requires(Right.READ)
async def result(call: Call) -> Answer:
    """Each item's result, in order; an empty list for an unknown or too old id."""
    return await _result(call, newer=False)


@endpoint.requires(Right.READ)
async def result_again(call: Call) -> Answer:
    return await _result(call, newer=True)


async def store_waiting(registry: Registry) -> None:
    """The worker's job: stores all waiting lists, oldest first, in threads, several in one transaction, while the next
    are prepared. A failed list holds up no other; its error is raised at the end."""
    room, errors = MOST, list[Exception]()
    ready = await asyncio.to_thread(batch_queue.waiting, registry, 0, room)
    if ready.last is None:
        return
    with closing(registry.store.gate()) as gate:
        while ready.last is not None:
            errors += ready.errors
            following = asyncio.create_task(asyncio.to_thread(batch_queue.waiting, registry, ready.last, room))
            try:
                held = await _store(registry, gate, ready.lists, errors) if ready.lists else 0.0
                if not errors:  # else the error is logged at once, as of any job
                    workers.report_progress()
            finally:
                ahead = await following
            size = sum(one.weight for one in ready.lists)
            room, ready = max(1, min(_MOST_TOGETHER, int(size * _HOLD / held), 2 * room)) if held else room, ahead
    if errors:
        raise errors[0]


async def _store(registry: Registry, gate: AnyGate, lists: Sequence[Waiting], errors: list[Exception]) -> float:
    """Stores lists, short ones in one transaction, each in its own where one fails; the seconds taken."""
    if len(parts := batch_storing.parted(registry, lists)) > 1:
        return sum([await _store(registry, gate, part, errors) for part in parts])
    try:
        held, later = await asyncio.to_thread(batch_storing.store_all, registry, gate, lists)
    except StoreUnavailable:
        raise
    except Exception as error:
        if len(lists) == 1:
            errors.append(error)
            return 0.0
        return sum([await _store(registry, gate, [one], errors) for one in lists])
    for one in later:
        await _give(registry, one, errors)
    return held


async def _give(registry: Registry, one: Waiting, errors: list[Exception]) -> None:
    place: int | None = 0
    try:
        while place is not None:
            place = await asyncio.to_thread(registry.store.write_now, batch_storing.give, registry, one, place)
    except StoreUnavailable:
        raise
    except Exception as error:
        errors.append(error)


def bell(registry: Registry) -> asyncio.Event:
    """Set when a list has come, for the worker of this process."""
    return _bells.hang(registry.store)


async def _add(call: Call, *, again: bool) -> Answer:
    body: Any = None
    try:
        body = await bodies.read(call.request, bodies.LIST)
        return await _take(call, body, again=again)
    except Refusal as refusal:
        refused_tally.note_refusal(call, RefusedWay.LIST, refusal, body if isinstance(body, list) else [])
        raise


async def _take(call: Call, body: Any, *, again: bool) -> Answer:
    if not isinstance(body, list) or not body:
        raise Refusal(400, Fault("H092"))
    if len(body) > MOST:
        call.facts.items = len(body)
        raise Refusal(422, Fault("H091", (), len(body)))
    call.facts.items = len(body)
    judged, faults = await validation.judge_all(body, await frame(call, await validation.dealers_named_in(body)))
    if faults:
        raise validation.refusal(faults)
    other = next(((one, item) for one, item in zip(body, judged, strict=True) if one[_TO] != item.address), None)
    if other is not None:
        call_facts.note_number(call.facts, other[0][_TO], other[1].address)
    call.may(*{item.channel for item in judged})
    if call.barred and not _may_queue(call, {item.status for item in judged}):
        raise endpoint.barred(call)
    request = str(uuid.uuid4())
    sealed, draft = batch_queue.sealed(call.registry.keyring, judged), sub_requests.draft(request, judged)
    call.facts.request = request
    queued = Queued(request, call.of_brand.id, call.caller.user, len(judged), sealed, again)
    answer = await call.write(_queue, queued, draft)
    _bells.ring(call.registry.store)
    return answer


def _queue(transaction: Transaction, queued: Queued, draft: str) -> Answer:
    batch_queue.add(transaction, queued)
    return Answer(202, sub_requests.accepted(draft, dates.wire(transaction.now)))


def _may_queue(call: Call, words: set[int]) -> bool:
    """Whether a barred provider's list of these words (codes) is accepted, for its refusals. The ledger bars consents
    but does not know a partner as the caller."""
    return RET in words and not call.registry.policy.strict and (not call.refusals_only or words == {RET})


async def _result(call: Call, *, newer: bool) -> Answer:
    request = str(call.request.path_params[wire.REQUEST])
    code = _fault(request)
    if code:
        raise Refusal(422, Fault(code, (wire.REQUEST,), request[:200]))
    if not request.isprintable():  # NUL too, which PostgreSQL does not take
        return Answer(200, [])
    call.facts.request = request
    answer = await call.read(_list_result, call.registry, call.of_brand.id, request.lower(), newer)
    words = Counter(one["status"] for one in answer.content)
    call.facts.items = len(answer.content)
    call.facts.words += [f"{word}={words[word]}" for word in ("enqueue", "failure") if words[word]]
    return answer


def _fault(request: str) -> str:
    if len(request) > 36:
        return "H198"
    return "H199" if request.isalpha() else "H400" if request.isdecimal() else ""


def _list_result(snapshot: Snapshot, registry: Registry, brand: int, request: str, newer: bool) -> Answer:
    found = batch_queue.find_list(snapshot, request)
    if found is None or found.brand != brand:
        return Answer(200, [])
    names = sub_requests.names(request, found.size)
    if found.outcomes is None:
        return Answer(200, [_head(found, item, newer) | {"status": "enqueue"} for item in enumerate(names)])
    results = _results(snapshot, registry, request, found, found.outcomes, newer)
    pairs = zip(enumerate(names), found.outcomes, strict=True)
    return Answer(200, [_head(found, item, newer) | results.describe(*one) for item, one in pairs])


def _head(found: FoundList, item: tuple[int, str], newer: bool) -> dict[str, Any]:
    return sub_requests.head(*item, again=found.again if newer else None)


class _Results(NamedTuple):
    keyring: Keyring
    request: str
    again: bool
    past: Mapping[int, PastEvent]
    origins: Mapping[int, Origin]

    def describe(self, code: str, event: int | None) -> dict[str, Any]:
        repeated = code == UNCHANGED
        if repeated and not self.again:
            code = "H178" if event is not None and self.past[event].status == ONAY else "H174"
        elif code in TAKEN or repeated:
            assert event is not None
            return self._success(event, self.origins.get(event) if repeated else None)
        return {"status": "failure", "error": {"code": code, "message": SENTENCES[code].text()}}

    def _success(self, event: int, first: Origin | None) -> dict[str, Any]:
        recorded_at = self.past[event].recorded_at
        receipt = wire.receipt(self.keyring.transaction_id(event, recorded_at), recorded_at)
        return {"status": "success", wire.REQUEST: self.request, **receipt, **sub_requests.original(first)}


def _results(
    snapshot: Snapshot, registry: Registry, request: str, found: FoundList, outcomes: Sequence[Outcome], newer: bool
) -> _Results:
    past = recorded.events(snapshot, {event for _, event in outcomes if event is not None})
    acts = {event: past[event].act for code, event in outcomes if code == UNCHANGED and event is not None}
    origins = batch_queue.origins(snapshot, acts) if newer and found.again and acts else {}
    return _Results(registry.keyring, request, found.again, past, origins)
