"""Which dealers may use which consent (İYS retailerAccess), set by programs. İYS works after its 202, this registry
before it; the bare number in the answer is how many of the addresses have the consent in question."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from consents import history, state
from consents.brands import accesses, dealer_records
from consents.brands.accesses import AT_ONCE, Given
from consents.languages import Sentence
from consents.people import register
from consents.people.register import Person
from consents.queries import by_address
from consents.registry import Registry
from consents.rules import ONAY, Standing
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Channel
from providers.api import address_fields, bodies, endpoint, idempotency, wire
from providers.api.address_fields import AskedConsent, ConsentKind
from providers.api.answers import Answer, Fault, Page, Refusal, page
from providers.api.endpoint import Call, Right
from providers.cases.case import MOST_DEALERS
from providers.consents import batch_queue, single, validation
from providers.dealers import dealers
from web.codes import SENTENCES
from web.iys_fields import Field

MOST = 100  # H127
# The sentences of İYS's codes H171 and H172 name the fields of the calls beside these.
REPLACED = Sentence("Bayi yetkisi isteği geçersiz. Alıcıları, izin türünü, alıcı tipini ve bayileri gönderin.")
REMOVED = Sentence("Bayi yetkisi isteği geçersiz. Alıcıları, izin türünü ve alıcı tipini gönderin.")
_SOON = {"retry-after": "2"}  # seconds: a list has given most of its accesses by then

_MANY = ("type", Field.IDENTITY, Field.RECIPIENTS)
T = TypeVar("T")


class Many(NamedTuple):
    """Consents of one kind, and the dealers (internal ids) of the call; None: all."""

    kind: ConsentKind
    people: list[Person]
    dealers: list[int] | None

    def parts(self) -> list[Many]:
        """Parts of as many accesses as one transaction writes."""
        size = max(1, AT_ONCE // max(1, MOST_DEALERS if self.dealers is None else len(self.dealers)))
        return [self._replace(people=self.people[start : start + size]) for start in range(0, len(self.people), size)]

    def standing(self, snapshot: Snapshot, registry: Registry, brand: int) -> dict[Key, Standing]:
        """Those on record, with what stands, in the order of their keys."""
        numbers = register.find_all(snapshot, registry.keyring, self.people).values()
        wanted = self.kind.channel.code, self.kind.identity.code
        found = state.of_brand(snapshot, brand, numbers)
        return {key: found[key] for key in sorted(found) if key[2:] == wanted}


@endpoint.requires(Right.WRITE)
async def give(call: Call) -> Answer:
    """Adds dealers of one consent. H401 where it is not ONAY."""
    body = await bodies.read_object(call.request, "H090", message=SENTENCES["H171"])
    faults: list[Fault] = []
    known = (Field.RECIPIENT, Field.IDENTITY, "type", Field.ACCESS)
    asked = _tried(faults, address_fields.read, body, known)
    named = await _dealers(call, body, faults, Fault("H180"), 403)
    if faults or asked is None:
        raise Refusal(422, *faults)
    call.may(asked.channel)
    sealed = call.registry.keyring.seal(asked.address)
    return await call.write(_give, call.registry, call.of_brand.id, asked, sealed, named)


@endpoint.requires(Right.WRITE)
async def replace(call: Call) -> Answer:
    """Sets the dealers of consents; even the collecting dealer loses its access."""
    many = await _many(call, "H171", Fault("H180"), 403, message=REPLACED)
    return await _in_parts(call, _replace, many)


@endpoint.requires(Right.WRITE)
async def remove(call: Call) -> Answer:
    many = await _many(call, "H172", Fault("H058"), 404)
    return await _in_parts(call, _take, many)


@endpoint.requires(Right.WRITE)
async def remove_all(call: Call) -> Answer:
    many = await _many(call, "H172", message=REMOVED)
    return await _in_parts(call, _take, many)


@endpoint.requires(Right.READ)
async def listing(call: Call) -> Answer:
    cut = page(call.request)
    asked = address_fields.read(await bodies.read_object(call.request, "H173"))
    call.may(asked.channel)
    sealed = call.registry.keyring.seal(asked.address)
    return await call.read(_answer, call.registry, call.of_brand.id, asked, sealed, cut)


async def _many(
    call: Call, invalid: str, unknown: Fault | None = None, status: int = 422, *, message: Sentence | None = None
) -> Many:
    """A call about many; without ``unknown`` it names no dealers."""
    body = await bodies.read_object(call.request, invalid, message=message)
    faults: list[Fault] = []
    kind = _tried(faults, address_fields.kind, body, _MANY if unknown is None else (*_MANY, Field.ACCESS))
    given = None if kind is None else await _people(faults, body, kind.channel)
    named = None if unknown is None else await _dealers(call, body, faults, unknown, status)
    if faults or kind is None or given is None:
        raise Refusal(422, *faults)
    call.may(kind.channel.code)
    return Many(kind, [register.person(call.registry.keyring, address) for address in given], named)


async def _people(faults: list[Fault], body: Mapping[str, Any], channel: Channel) -> dict[str, str] | None:
    try:
        return await address_fields.many(body, channel, MOST, "H127")
    except Refusal as refusal:
        faults += refusal.faults
        return None


def _tried(faults: list[Fault], read: Callable[..., T], *arguments: Any) -> T | None:
    """The result of ``read``; None, with its faults added, where it refuses."""
    try:
        return read(*arguments)
    except Refusal as refusal:
        faults += refusal.faults
        return None


async def _dealers(call: Call, body: Mapping[str, Any], faults: list[Fault], unknown: Fault, status: int) -> list[int]:
    """The dealers of ``retailerAccess``. Errors: Refusal ``status`` where the only fault is that some are unknown."""
    codes = body.get(Field.ACCESS)
    location = (Field.ACCESS,)
    if Field.ACCESS not in body or not isinstance(codes, list):
        faults.append(Fault("H169", location))
        return []
    if not codes or len(codes) > MOST_DEALERS:
        faults.append(Fault("H126", location, len(codes)) if codes else Fault("H163", location, []))
        return []
    named = validation.dealers_named(body)
    by_code = await single.dealers_of(call.registry.store, call.of_brand.id, named)
    found = [by_code.get(code) if type(code) is int else None for code in codes]
    missing = [
        unknown._replace(location=(*location, place), value=bodies.shown(codes[place]))
        for place, dealer in enumerate(found)
        if dealer is None
    ]
    if missing and not faults:
        raise Refusal(status, *missing)
    faults += missing
    return list(dict.fromkeys(dealer for dealer in found if dealer is not None))


async def _in_parts(call: Call, work: Callable[[Transaction, Registry, int, Many], int], many: Many) -> Answer:
    """Does ``work`` in several transactions, so that others write in between; the last one stores the answer. A repeat
    after an interruption has the same result."""
    *parts, last = many.parts()
    done = 0
    for part in parts:
        done += await call.registry.store.write(_part, call, work, part)
    return await call.write(_last, call, work, last, done)


def _part(
    transaction: Transaction, call: Call, work: Callable[[Transaction, Registry, int, Many], int], part: Many
) -> int:
    if (
        call.once is not None
        and idempotency.previous_response(transaction, call.registry.keyring, call.once) is not None
    ):
        return 0  # the same call, sent twice at once, has been answered
    return work(transaction, call.registry, call.of_brand.id, part)


def _last(
    transaction: Transaction,
    call: Call,
    work: Callable[[Transaction, Registry, int, Many], int],
    part: Many,
    done: int,
) -> Answer:
    return Answer(202, done + work(transaction, call.registry, call.of_brand.id, part))


def _give(
    transaction: Transaction, registry: Registry, brand: int, asked: AskedConsent, sealed: bytes, named: Sequence[int]
) -> Answer:
    key = by_address.key(transaction, registry.keyring, brand, asked.channel, asked.identity, sealed)
    stands = None if key is None else state.of_key(transaction, key)
    if key is None or stands is None or stands.status != ONAY:
        raise Refusal(400, Fault("H401", (Field.RECIPIENT,)))
    accesses.give(transaction, [Given(key, named, history.next_event(transaction) - 1)])
    return Answer(200, wire.receipt(str(uuid.uuid4()), transaction.now))


def _settled(snapshot: Snapshot, brand: int) -> None:
    """Errors: Refusal 503 H123 while a recorded list still gives accesses, because the rest of it would give again what
    is taken."""
    if batch_queue.gives(snapshot, brand):
        raise Refusal(503, Fault("H123"), headers=_SOON)


def _replace(transaction: Transaction, registry: Registry, brand: int, many: Many) -> int:
    _settled(transaction, brand)
    last = history.next_event(transaction) - 1
    known = many.standing(transaction, registry, brand)
    found = {key: stands for key, stands in known.items() if stands.status == ONAY}
    accesses.take(transaction, found, last)
    accesses.give(transaction, [Given(key, many.dealers or (), last) for key in found])
    return _counted(transaction, found)


def _take(transaction: Transaction, registry: Registry, brand: int, many: Many) -> int:
    _settled(transaction, brand)
    last = history.next_event(transaction) - 1
    found = many.standing(transaction, registry, brand)
    accesses.take(transaction, found, last, many.dealers)
    return _counted(transaction, found)


def _counted(snapshot: Snapshot, found: Collection[Key]) -> int:
    """How many consents a call counts: none of erased people (rule L15)."""
    erased = register.erased_among(snapshot, (key.recipient for key in found))
    return sum(key.recipient not in erased for key in found)


def _answer(
    snapshot: Snapshot, registry: Registry, brand: int, asked: AskedConsent, sealed: bytes, cut: Page
) -> Answer:
    key = by_address.key(snapshot, registry.keyring, brand, asked.channel, asked.identity, sealed)
    stands = None if key is None else state.of_key(snapshot, key)
    held = accesses.dealers(snapshot, key, stands) if key and stands else []
    rows = [dealers.fields_of(dealer) for dealer in dealer_records.by_id(snapshot, registry.keyring, cut.of(held))]
    return Answer(200, {"list": rows, "pagination": cut.pagination(len(held), len(rows))})
