"""Dealers (İYS: retailers), added, listed, read and deleted by programs."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse, Response

from consents.brands import accesses, dealer_records
from consents.brands.book import BrandEntry
from consents.brands.dealer_records import Clash, KnownDealer
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from providers.api import bodies, endpoint
from providers.api.answers import Answer, Fault, Refusal, page
from providers.api.background import WorkPool
from providers.api.endpoint import Call, Right
from providers.dealers import dealer_ending, dealer_form
from providers.dealers.dealer_form import DealerForm

DONE = "Başarı"  # what İYS answers a deletion with, as plain text

_looking = WorkPool("dealer", 2)  # through all that dealers collected and were given
_SOON = {"retry-after": "1"}  # seconds; a list is stored within about one
_ALL = tuple(name for name in dealer_form.FIELDS if name != "status")
_SHORT = ("title", "city")
_UNIQUE = {"mersis": "H230", "tckn": "H231"}  # among the dealers of one provider


@endpoint.requires(Right.WRITE)
async def add(call: Call) -> Answer:
    form, faults = dealer_form.read(await bodies.read_object(call.request, "H090"))
    if form is None:
        raise Refusal(400, *faults)
    registry, brand = call.registry, call.of_brand
    seen = await _looking.run(registry.store.read_now, _clash, registry, brand, form)
    return await call.write(_add, registry, brand, form, seen)


@endpoint.requires(Right.READ)
async def listing(call: Call) -> Answer:
    """A page of the brand's dealers; ``short=true``: brief, ``all=true`` (the default): complete."""
    cut, every, short = page(call.request), _flag(call, "all", "H184"), _flag(call, "short", "H185")
    registry, brand = call.registry, call.of_brand.id
    total, found, uses = await _looking.run(registry.store.read_now, _page, registry, brand, cut.offset, cut.limit)
    rows = [_fields(dealer, _SHORT if short and not every else _ALL, uses[dealer.id]) for dealer in found]
    pagination = {**cut.pagination(total, len(rows)), "currentPage": cut.offset // cut.limit + 1}
    return Answer(200, {"pagination": pagination, "list": rows})


@endpoint.requires(Right.READ)
async def detail(call: Call) -> Answer:
    registry, brand, code = call.registry, call.of_brand.id, call.number("retailerCode", "H180")
    found = await _looking.run(registry.store.read_now, _one, registry, brand, code)
    if found is None:
        raise Refusal(403, Fault("H180", ("retailerCode",), code))
    return Answer(200, _fields(found[0], _ALL, found[1]))


@endpoint.requires(Right.WRITE)
async def delete(call: Call) -> Response:
    registry, brand, code = call.registry, call.of_brand.id, call.number("retailerCode", "H058")
    dealer = await registry.store.read(dealer_records.find, registry.keyring, brand, code)
    if dealer is None:
        raise Refusal(404, Fault("H058", ("retailerCode",), code))
    linked, seen = await _looking.run(registry.store.read_now, dealer_records.collected, brand, dealer.id)
    why: str | None = "H061"
    if not linked:
        why = await registry.store.write(dealer_ending.end, registry.keyring, brand, dealer, seen)
    if why == "H123":
        raise Refusal(503, Fault(why), headers=_SOON)
    if why:
        raise Refusal(400, Fault(why, ("retailerCode",), code))
    return PlainTextResponse(DONE, headers={"cache-control": "no-store"})


def fields_of(dealer: KnownDealer) -> dict[str, Any]:
    known = {"title": dealer.title, **dealer.detail}
    return {name: known[name] for name in _ALL if name in known} | {"retailerCode": dealer.code}


def _add(transaction: Transaction, registry: Registry, brand: BrandEntry, form: DealerForm, seen: Clash) -> Answer:
    same = seen if seen.field else _clash(transaction, registry, brand, form, seen.seen)
    if same.field and same.other:
        code = "H253" if same.other.status == "passive" else _UNIQUE[same.field]
        raise Refusal(400, Fault(code, (same.field,), form.detail[same.field]))
    return Answer(201, {"retailerCode": dealer_records.add(transaction, registry.keyring, brand.code, *form)})


def _clash(snapshot: Snapshot, registry: Registry, brand: BrandEntry, form: DealerForm, since: int = 0) -> Clash:
    return dealer_records.clash(snapshot, registry.keyring, brand.company, form.detail, _UNIQUE, since)


def _page(
    snapshot: Snapshot, registry: Registry, brand: int, offset: int, limit: int
) -> tuple[int, list[KnownDealer], dict[int, int]]:
    total, found = dealer_records.page(snapshot, registry.keyring, brand, offset, limit)
    return total, found, accesses.counts(snapshot, brand, [dealer.id for dealer in found])


def _one(snapshot: Snapshot, registry: Registry, brand: int, code: int) -> tuple[KnownDealer, int] | None:
    found = dealer_records.find(snapshot, registry.keyring, brand, code)
    return None if found is None else (found, accesses.counts(snapshot, brand, [found.id])[found.id])


def _fields(dealer: KnownDealer, fields: tuple[str, ...], uses: int) -> dict[str, Any]:
    known = fields_of(dealer)
    own = {"retailerCode": dealer.code, "status": dealer.status, "retailerAccessCount": uses}
    return {name: known[name] for name in fields if name in known} | own


def _flag(call: Call, name: str, code: str) -> bool:
    given = call.request.query_params.get(name, "false")
    if given not in ("true", "false"):
        raise Refusal(422, Fault(code, (name,), given[:200]))
    return given == "true"
