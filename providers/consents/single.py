"""One consent at a time: ``POST B/consents``, and ``/v2``, where a repeat is answered as the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from consents import business_days
from consents.brands import accesses, companies
from consents.ledger import PENDING, RECORDED, UNCHANGED
from consents.people.register import Person
from consents.queries import recorded
from consents.registry import Registry
from consents.rules import RET
from consents.store import Store, Transaction
from providers import refused_tally
from providers.api import bodies, call_facts, endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, OpenTo, Right
from providers.cases import meanings
from providers.cases.case import Declared, Frame
from providers.consents import recording, validation
from providers.refused_counts import RefusedWay
from web.iys_fields import Field

_STATUS = {
    "H467": 422,
    "H520": 403,
    "H521": 403,
    "H525": 422,
    "Z425": 403,
}  # of the ledger's refusals; of all others 400
_AT_ONCE = 200  # dealers that are looked up on the loop; a list may name a hundred thousand


@endpoint.requires(Right.WRITE, open_to=OpenTo.ALL)
async def add(call: Call) -> Answer:
    """An earlier report of the same word is refused (H174, H178)."""
    return await _add(call, again=False)


@endpoint.requires(Right.WRITE, open_to=OpenTo.ALL)
async def add_again(call: Call) -> Answer:
    """v2: an earlier report of the same word is answered with its own transaction."""
    return await _add(call, again=True)


async def frame(call: Call, named: Collection[int]) -> Frame:
    """How consents of the call's brand are judged; ``named``: the retailerCodes in them."""
    store = call.registry.store
    return Frame(store.now(), await dealers_of(store, call.of_brand.id, named))


async def dealers_of(store: Store, brand: int, codes: Collection[int]) -> dict[int, int]:
    """The brand's dealers with these retailerCodes; many are looked up in a thread."""
    if not codes:
        return {}
    if len(codes) > _AT_ONCE:
        return await asyncio.to_thread(store.read_now, companies.dealers_coded, brand, codes)
    return await store.read(companies.dealers_coded, brand, codes)


async def _add(call: Call, *, again: bool) -> Answer:
    body: Any = None
    try:
        body = await bodies.read_object(call.request, "H085")
        return await _take(call, body, again=again)
    except Refusal as refusal:
        refused_tally.note_refusal(call, RefusedWay.SINGLE, refusal, [body])
        raise


async def _take(call: Call, body: Any, *, again: bool) -> Answer:
    judged = await frame(call, validation.dealers_named(body))
    item, faults = validation.judge(body, judged)
    if item is None:
        raise validation.refusal(faults)
    if (sent := body.get(Field.RECIPIENT)) != item.address:
        call_facts.note_number(call.facts, sent, item.address)
    call.may(item.channel)
    if call.refusals_only and item.status != RET:
        raise endpoint.barred(call)
    who = recording.people(call.registry.keyring, [item])
    oldest = business_days.oldest_reportable(judged.now)
    return await call.write(_record, call.registry, call.of_brand.id, item, who, call.caller.user, oldest, again)


def _record(
    transaction: Transaction,
    registry: Registry,
    brand: int,
    item: Declared,
    who: list[Person],
    user: int,
    oldest: int,
    again: bool,
) -> Answer:
    report = recording.record(transaction, registry, brand, [item], who, user, oldest, again=again)
    accesses.give(transaction, report.given)
    outcome = report.outcomes[0]
    code = outcome.code
    if code == UNCHANGED and not again:
        code = "H174" if item.status == RET else "H178"
    if code not in (RECORDED, PENDING, UNCHANGED):
        raise refused(code, item)
    assert outcome.event is not None
    recorded_at = recorded.at(transaction, outcome.event)
    name = registry.keyring.transaction_id(outcome.event, recorded_at)
    return Answer(200, wire.receipt(name, recorded_at))


def refused(code: str, item: Declared) -> Refusal:
    field, value = meanings.about(code, item.status, item.at)
    return Refusal(_STATUS.get(code, 400), Fault(code, (field,), value))
