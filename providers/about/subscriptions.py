"""``GET …/subscription``: a provider's package (``izin provider package``) and its state. A package never ends; without
one the answer has the same form: since the first act, without a limit."""

from __future__ import annotations

from typing import Any

from consents import dates
from consents.brands import companies, packages
from consents.brands.packages import Subscribed
from consents.queries import recorded, tallies
from consents.store import Snapshot
from providers.about import integrators
from providers.api import endpoint, wire
from providers.api.answers import Answer
from providers.api.background import WorkPool
from providers.api.endpoint import Call, OpenTo, Right

PACKAGE = "İzin (sınırsız)"
NEVER = "9999-12-31 23:59:59"
_counting = WorkPool("subscription", 1)
NO_LIMIT = 2**31 - 1  # programs read it into a whole number of 32 bits


@endpoint.requires(Right.READ, open_to=OpenTo.ALL)
async def of_provider(call: Call) -> Answer:
    """A partner of any of its brands, and a key of some brands, get no numbers of addresses."""
    code = call.number(wire.COMPANY, "H190")
    reply, held = await _fields(call, code), await call.registry.store.read(_package, code)
    if held is not None:
        name = f"{held.package.name} (Seviye {held.package.level})"
        reply |= {"startDate": dates.wire(held.since), "subscriptionPackageName": name}
    if call.caller.partner is not None or call.caller.brands is not None:
        return Answer(200, reply)
    if held is not None and held.package.addresses is not None:
        limit = {"consentLimit": held.package.addresses, "consentLimitExceed": False}
        return Answer(200, reply | limit | {"usedConsentLimit": held.used})
    store = call.registry.store
    brands = await store.read(_brands, call, code)
    used = await _counting.share(store, tuple(brands), tuple(brands), store.read_now, tallies.people, brands)
    return Answer(200, reply | {"consentLimit": NO_LIMIT, "consentLimitExceed": True, "usedConsentLimit": used})


@endpoint.requires(Right.PARTNER)
async def of_partner(call: Call) -> Answer:
    code = await integrators.own_code(call)
    return Answer(200, await _fields(call, code) | {wire.COMPANY: code})


async def _fields(call: Call, code: int) -> dict[str, Any]:
    store = call.registry.store
    since = await store.read(recorded.first)
    return {
        "subscriptionId": str(code),
        "startDate": dates.wire(store.now() if since is None else since),
        "expirationDate": NEVER,
        "subscriptionPackageName": PACKAGE,
        "status": str(call.state).upper(),
    }


def _package(snapshot: Snapshot, code: int) -> Subscribed | None:
    provider = companies.provider_id(snapshot, code)
    return None if provider is None else packages.get(snapshot, provider)


def _brands(snapshot: Snapshot, call: Call, company: int) -> list[int]:
    book = call.registry.brands.book(snapshot, call.registry.store.now())
    return [brand.id for brand in book.company(company)]
