"""What programs do with requests of their companies (table ``consent_request``), for ViA and ViA Pass."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import NamedTuple

from starlette.responses import Response

from asking.public import answering, proof_file, requests, starting
from asking.public import request_states as states
from consents.brands import provider_states
from consents.brands.book import BrandEntry
from consents.store import Snapshot, Transaction
from providers.api import endpoint, wire
from providers.api.answers import Fault, Refusal
from providers.api.endpoint import Call

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
# HTTP statuses of what may not be asked now; 400 of all others (API document 3.2.0, “Hata Kodları”).
_STATUS = {"H453": 422, "H465": 422}


class CompanyRequest(NamedTuple):
    """``state``: now; ``company``: iysCode."""

    request: requests.AskedRequest
    brand: BrandEntry
    state: states.RequestState

    @property
    def link(self) -> bool:
        return self.request.method in states.LINKS


def find(snapshot: Snapshot, call: Call, public: str) -> CompanyRequest | None:
    """A request by message for a brand over which the caller has the call's right; of the path's company, if it names
    one. Others' are as unknown as those that do not exist."""
    registry = call.registry
    request = requests.by_public(snapshot, registry.keyring, public.lower()) if _UUID(public.lower()) else None
    if request is None or request.brand is None or request.method in states.WORDS:
        return None
    brand = registry.brands.book(snapshot, registry.store.now()).by_id[request.brand]
    company = int(call.request.path_params.get(wire.COMPANY, brand.company_code))
    if brand.company_code != company or not endpoint.may(call.caller, brand, call.right):
        return None
    return CompanyRequest(request, brand, _state(snapshot, request, registry.store.now()))


async def proof(call: Call, purpose: states.RequestPurpose) -> Response:
    """The proof file of the path's request, if it is of this purpose. Errors: Refusal 400 H1072 while there is none: it
    comes when the log has signed the answer, within about a minute."""
    found = await call.registry.store.read(find, call, call.request.path_params[wire.REQUEST])
    made = None
    if found is not None and found.request.purpose is purpose:
        made = await asyncio.to_thread(proof_file.archive, call.registry, call.settings, found.request)
    if found is None or made is None:
        raise Refusal(400, Fault("H1072"))
    headers = {"content-disposition": f'attachment; filename="izin-{found.request.public}.zip"'}
    return Response(made, media_type="application/zip", headers=headers)


def brand_of(snapshot: Snapshot, call: Call, code: int) -> BrandEntry | None:
    """The brand of the path's company with this brandCode, over which the caller has the call's right."""
    brand = call.registry.brands.by_code(snapshot, code, call.registry.store.now())
    company = int(call.request.path_params[wire.COMPANY])
    if brand is None or brand.company_code != company or not endpoint.may(call.caller, brand, call.right):
        return None
    return brand


def start(transaction: Transaction, call: Call, ask: starting.NewAsk, field: str) -> str:
    """Starts a request; its UUID. ``field``: of the recipient, for faults. Errors: Refusal 400, 403, 422: then nothing
    is counted."""
    check_standing(transaction, ask.brand)
    started = starting.start(transaction, call.registry, call.settings, ask._replace(program=call.caller.user))
    if isinstance(started, starting.AskFault):
        about = (field,) if started.code in ("H1026", "H1027") else ()
        raise Refusal(_STATUS.get(started.code, 400), Fault(started.code, about))
    return started.public


def check_standing(snapshot: Snapshot, brand: BrandEntry) -> None:
    """Errors: Refusal 403 H520, H521, Z425 where no consent may be recorded for this brand."""
    standing = provider_states.of_brand(snapshot, brand.id)
    if standing.code:
        raise Refusal(403, Fault(standing.code))


def confirm(
    transaction: Transaction, call: Call, found: CompanyRequest, purpose: states.RequestPurpose, digits: str
) -> answering.RequestAnswered:
    """What the typed code does to a request whose code it may be."""
    if found.state is states.RequestState.UNSENT:
        requests.move(transaction, found.request, states.RequestEvent.DELIVERY_FAILED)
        return answering.RequestAnswered(answering.AnswerOutcome.ENDED)
    return answering.by_code(transaction, call.registry, call.settings, found.brand, found.request, purpose, digits)


def of_recipient(snapshot: Snapshot, call: Call, address: str, most: int) -> list[str]:
    """UUIDs of the answered questions of the path's company to this address, the newest first."""
    code = int(call.request.path_params[wire.COMPANY])
    brands = call.registry.brands.book(snapshot, call.registry.store.now()).company(code)
    mine: Collection[int] = {one.id for one in brands if endpoint.may(call.caller, one, call.right)}
    company = brands[0].company
    found = requests.answered_to(snapshot, call.registry.keyring, company, address, most)
    return [one.public for one in found if one.brand in mine and one.method not in states.WORDS]


def _state(snapshot: Snapshot, request: requests.AskedRequest, now: int) -> states.RequestState:
    return states.RequestState.UNSENT if requests.undelivered(snapshot, request) else request.state_at(now)
