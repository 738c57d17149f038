"""Queries: what stands for one address, for a thousand, and one consent's history. An address without a record gets an
empty object, which İYS's document leaves open."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from consents.brands import accesses
from consents.keys import Keyring
from consents.languages import Sentence
from consents.queries import by_address, feed
from consents.queries.by_address import Stands
from consents.registry import Registry
from consents.rules import BEKLIYOR, RET, WAITING
from consents.store import Snapshot
from consents.store.replica import EXACT
from consents.terms import Status
from evidence import answer_seals
from evidence.answer_seals import SealedQuestion
from providers.api import address_fields, bodies, endpoint, wire
from providers.api.address_fields import AskedConsent
from providers.api.answers import Answer, Fault, Page, Refusal, Written, page
from providers.api.endpoint import Call, Right
from providers.cases.meanings import CHANNELS, IDENTITIES
from web.iys_fields import Field

MOST = 1000
CAMPAIGN = 100  # characters of the caller's own name for what it is about to send
_NO_FLAG, _NO_SIGNED = Sentence("pending 1 ya da 0 olmalı."), Sentence("signed 1 ya da 0 olmalı.")


@endpoint.requires(Right.READ, hourly="api_status_per_hour", code="H086")
async def detail(call: Call) -> Answer:
    """``?pending=1`` shows BEKLIYOR where İYS's wire shows RET (rule L4); ``?signed=1`` signs the answer."""
    asked = address_fields.read(await bodies.read_object(call.request, "H097"))
    call.may(asked.channel)
    sealed = call.registry.keyring.seal(asked.address)
    query = _tell, call.registry, call.of_brand.id, asked, sealed, pending(call)
    if (question := await _to_sign(call)) is not None:
        return await call.read(_signed, call.registry.keyring, question, *query)
    return await call.read(*query)


@endpoint.requires(Right.READ)
async def many(call: Call) -> Answer:
    """Those of at most 1,000 addresses with ONAY, as given; ``?signed=1`` signs the answer."""
    channel = _term(call, "type", CHANNELS, "H117")
    identity = _term(call, Field.IDENTITY, IDENTITIES, "H116")
    body = await bodies.read_object(call.request, "H403", bodies.LIST)
    if faults := bodies.unknown(body, (Field.RECIPIENTS,)):
        raise Refusal(422, *faults)
    given = await address_fields.many(body, channel, MOST, "H127")
    call.may(channel.code)
    seal = call.registry.keyring.seal
    sealed = {seal(address): text for address, text in given.items()}
    query: Any = _approved, call.registry.keyring, call.of_brand.id, channel.code, identity.code, sealed
    if (question := await _to_sign(call)) is not None:
        query = _signed, call.registry.keyring, question, *query
    if call.once is not None:
        return await call.read(*query)
    return await call.registry.store.read_behind(EXACT, *query)


@endpoint.requires(Right.READ, hourly="api_history_per_hour", code="H089")
async def history(call: Call) -> Answer:
    """The movements of one consent, newest first, a page at a time."""
    cut = page(call.request)
    asked = address_fields.read(await bodies.read_object(call.request, "H097"))
    call.may(asked.channel)
    sealed = call.registry.keyring.seal(asked.address)
    return await call.read(_told_history, call.registry, call.of_brand.id, asked, sealed, cut, pending(call))


def pending(call: Call) -> bool:
    """Errors: Refusal 422 H093 for a value that is neither 0 nor 1."""
    return _flag(call, "pending", _NO_FLAG)


def _flag(call: Call, name: str, otherwise: Sentence) -> bool:
    if not call.request.scope["query_string"]:  # most have none, and need not be parsed
        return False
    value = call.request.query_params.get(name) or "0"
    if value not in ("0", "1"):
        raise Refusal(422, Fault("H093", (name,), value[:200], message=otherwise))
    return value == "1"


async def _to_sign(call: Call) -> SealedQuestion | None:
    """What ``?signed=1`` signs, with the ``campaign`` of the caller; None without. Errors: Refusal 422 H093, and Z433
    for a campaign that is too long or not visible ASCII, or without ``signed``."""
    if not call.request.scope["query_string"]:
        return None
    signed, campaign = _flag(call, "signed", _NO_SIGNED), call.request.query_params.get("campaign", "")
    if campaign and not (signed and is_campaign(campaign)):
        raise Refusal(422, Fault("Z433", ("campaign",), campaign[:200]))
    if not signed:
        return None
    scope, body = call.request.scope, await call.request.body()
    path = f"{scope['path']}?{scope['query_string'].decode('ascii', 'replace')}"
    return SealedQuestion.of(path, body, campaign, call.registry.store.now())


def is_campaign(name: str) -> bool:
    """Whether a signed answer takes this as the campaign's own name; "" is none."""
    return len(name) <= CAMPAIGN and name.isascii() and (not name or name.isprintable())


def _signed(
    snapshot: Snapshot, keyring: Keyring, question: SealedQuestion, query: Callable[..., Answer], *arguments: Any
) -> Answer:
    answer = query(snapshot, *arguments)
    return Answer(answer.status, Written(answer_seals.seal(snapshot, keyring, question, answer.content)))


def _term(call: Call, name: str, terms: dict[str, Any], code: str) -> Any:
    text = str(call.request.path_params[name])
    if text not in terms:
        raise Refusal(422, Fault(code, (name,), text[:200]))
    return terms[text]


def _approved(
    snapshot: Snapshot, keyring: Keyring, brand: int, channel: int, identity: int, sealed: dict[bytes, str]
) -> Answer:
    found = by_address.approved(snapshot, keyring, brand, channel, identity, sealed)
    listed = [text for one, text in sealed.items() if one in found]
    return Answer(200, {wire.REQUEST: str(uuid.uuid4()), "list": listed})


def _tell(
    snapshot: Snapshot, registry: Registry, brand: int, asked: AskedConsent, sealed: bytes, pending: bool
) -> Answer:
    found = by_address.stands(snapshot, registry.keyring, brand, asked.channel, asked.identity, sealed)
    if found is None:
        return Answer(200, {})
    return Answer(200, _refused(asked) if found.erased else _shown(snapshot, registry, asked, found, pending))


def _refused(asked: AskedConsent) -> dict[str, Any]:
    return wire.key(*asked) | {"status": wire.status(RET)}


def _shown(snapshot: Snapshot, registry: Registry, asked: AskedConsent, found: Stands, pending: bool) -> dict[str, Any]:
    word = found.standing.in_force()
    waits = pending and found.standing.status == BEKLIYOR and found.asked_at > registry.store.now() - WAITING
    name = registry.keyring.transaction_id(found.event, found.recorded_at)
    return {
        **wire.key(*asked),
        "status": str(Status.BEKLIYOR) if waits else wire.status(found.standing.status),
        **wire.receipt(name, found.recorded_at),
        **wire.retailers(len(accesses.dealers(snapshot, found.key, found.standing)), found.dealer),
        **wire.declared(word.source, word.at),
        **wire.disputed(found.disputed),
    }


def _told_history(
    snapshot: Snapshot, registry: Registry, brand: int, asked: AskedConsent, sealed: bytes, cut: Page, pending: bool
) -> Answer:
    key = by_address.key(snapshot, registry.keyring, brand, asked.channel, asked.identity, sealed)
    if key is not None:
        found = feed.of_key(snapshot, registry.keyring, registry.policy.reconsent, key)
        total, listed = len(found), [wire.movement(one, pending=pending) for one in cut.of(found)]
    else:
        erased = by_address.stands(snapshot, registry.keyring, brand, asked.channel, asked.identity, sealed)
        refused = [] if erased is None else [_refused(asked)]
        total, listed = len(refused), list(cut.of(refused))
    return Answer(200, {"list": listed, "pagination": cut.pagination(total, len(listed))})
