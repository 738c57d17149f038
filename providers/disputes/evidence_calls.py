"""``POST B/consents/evidence``, our own: attaches to a declared ONAY what its company holds about it. The same content
once more changes nothing and gets the first answer."""

from __future__ import annotations

from typing import Any

from consents.queries.recorded import DeclaredOnay
from consents.registry import Registry
from consents.state import Key
from consents.store import Transaction
from providers.api import address_fields, bodies, endpoint, wire
from providers.api.address_fields import AskedConsent
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Right
from providers.disputes import consent_evidence, evidence_fields
from providers.disputes.consent_evidence import TooMany
from providers.disputes.evidence_fields import BadEvidence
from trust import record_numbers
from web.iys_fields import Field

_KEY = (Field.RECIPIENT, Field.IDENTITY, Field.TYPE)


@endpoint.requires(Right.WRITE)
async def attach(call: Call) -> Answer:
    """404 Z431 where the brand declared no such ONAY; 409 Z432 for one more than ``consent_evidence.MOST``."""
    body = await bodies.read_object(call.request, "Z430")
    named = body.get(wire.TRANSACTION)
    rest = {name: value for name, value in body.items() if name not in evidence_fields.LONGEST}
    about: AskedConsent | str
    if wire.TRANSACTION in body:
        if faults := bodies.unknown(rest, (wire.TRANSACTION,)):
            raise Refusal(422, *faults)
        if not isinstance(named, str):
            raise Refusal(422, Fault("Z430", (wire.TRANSACTION,), bodies.shown(named)))
        about = named
    else:
        about = address_fields.read(rest, _KEY)
        call.may(about.channel)
    try:
        content = evidence_fields.read(body)
    except BadEvidence as bad:
        location = (bad.field,) if bad.field else ()
        raise Refusal(422, Fault("Z430", location, bodies.shown(body.get(bad.field)))) from None
    return await call.write(_attach, call, about, content)


def _attach(transaction: Transaction, call: Call, about: AskedConsent | str, content: dict[str, str]) -> Answer:
    registry, brand = call.registry, call.of_brand.id
    found = _find(transaction, registry, brand, about)
    if found is None:
        raise Refusal(404, Fault("Z431"))
    call.may(found.key.channel)
    try:
        kept = consent_evidence.attach(transaction, registry.keyring, found, content, {"user": call.caller.user})
    except TooMany:
        raise Refusal(409, Fault("Z432")) from None
    name = registry.keyring.transaction_id(found.event, found.recorded_at)
    reply: dict[str, Any] = wire.receipt(name, kept.at)
    reply["evidenceId"] = record_numbers.of_act(registry.keyring, kept.id)
    return Answer(200, reply | ({"answered": True} if kept.answers else {}))


def _find(transaction: Transaction, registry: Registry, brand: int, about: AskedConsent | str) -> DeclaredOnay | None:
    if isinstance(about, str):
        return consent_evidence.named(transaction, registry.keyring, brand, about)
    sealed = registry.keyring.seal(about.address)
    return consent_evidence.latest(transaction, registry.keyring, sealed, Key(0, brand, *about[1:]))
