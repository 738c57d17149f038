"""``GET /integrator/{integratorCode}/sps``: the brands that grant a partner rights, and which."""

from __future__ import annotations

from typing import Any

from consents.brands.book import BrandEntry
from consents.store import Snapshot
from consents.terms import Channel
from providers.api import endpoint, wire
from providers.api.answers import Answer, Fault, Page, Refusal, page
from providers.api.endpoint import Call, Right
from providers.callers import partners
from providers.callers.partners import LEVELS, Grant


@endpoint.requires(Right.PARTNER)
async def listing(call: Call) -> Answer:
    await own_code(call)
    return await call.read(_answer, call, page(call.request))


@endpoint.requires(Right.PARTNER)
async def of_provider(call: Call) -> Answer:
    """403 where none of the provider's brands grants the partner anything."""
    await own_code(call)
    return await call.read(_answer, call, page(call.request), call.number(wire.COMPANY, "H190"))


async def own_code(call: Call) -> int:
    """The partner's integratorCode, which the path must name. Errors: Refusal 403 H353."""
    assert call.caller.partner is not None
    code = await call.registry.store.read(partners.code_of, call.caller.partner)
    if call.request.path_params["integratorCode"] != str(code):
        raise Refusal(403, Fault("H353", ("integratorCode",)))
    return code


def _answer(snapshot: Snapshot, call: Call, cut: Page, company: int | None = None) -> Answer:
    book = call.registry.brands.book(snapshot, call.registry.store.now())
    granted = [(book.by_id[brand], grant) for brand, grant in call.caller.grants.items() if _gives(grant)]
    found = [(brand, grant) for brand, grant in granted if company in (None, brand.company_code)]
    if company is not None and not found:
        raise Refusal(403, Fault("H353", (wire.COMPANY,), company))
    rows = [_fields(brand, grant) for brand, grant in cut.of(sorted(found, key=lambda pair: pair[0].code))]
    return Answer(200, {"list": rows, "pagination": cut.pagination(len(found), len(rows))})


def _gives(grant: Grant) -> bool:
    return grant.agreements or grant.via or any(grant.channels)


def _fields(brand: BrandEntry, grant: Grant) -> dict[str, Any]:
    levels = {str(channel): LEVELS[grant.channels[channel.code]] for channel in Channel if grant.channels[channel.code]}
    return {
        wire.COMPANY: brand.company_code,
        "title": brand.company_title,
        wire.BRAND: brand.code,
        "name": brand.title,
        "master": brand.code == brand.company_code,
        "agreementControl": grant.agreements,
        "viaControl": grant.via,
        **levels,
    }
