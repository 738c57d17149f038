"""What a company shows for the consents that it declared, on the page of its brand, and a citizen's demand for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import state
from consents.brands.book import BrandEntry
from consents.queries.consent_lines import ConsentLine
from consents.registry import Registry
from consents.rules import ONAY, Word
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Channel, Identity
from providers.public import Attached, Dispute, DisputeState, consent_evidence, disputes
from web import forms, pages, process

PATH = "/izinler/itiraz"


class ShownEvidence(NamedTuple):
    """Of one channel and identity (by code). ``dispute``: of the company's present word, or one that is open;
    ``askable``: the ONAY stands on the company's word alone."""

    channel: int
    identity: int
    attached: list[Attached]
    dispute: Dispute | None
    askable: bool


def of_lines(
    snapshot: Snapshot, registry: Registry, recipient: int, brand: int, lines: Iterable[ConsentLine], since: int
) -> list[ShownEvidence]:
    """``since``: what came before (µs) was an earlier holder's."""
    stands = state.of_pair(snapshot, recipient, brand)
    attached = consent_evidence.of_pair(snapshot, registry.keyring, recipient, brand)
    asked: dict[tuple[int, int], list[Dispute]] = {}
    for one in disputes.of_pair(snapshot, recipient, brand):
        if one.asked_at >= since and one.state is not DisputeState.TAKEN_BACK:
            asked.setdefault((one.channel, one.identity), []).append(one)
    found = []
    for line in lines:
        standing = stands.get(Key(recipient, brand, *line[:2]))
        provider = standing.provider if standing else None
        if line.veiled or standing is None or provider is None:
            continue
        dispute = _present(asked.get(line[:2], []), provider, attached)
        events = {provider.event} if provider.status == ONAY else set()
        events |= {dispute.event} if dispute and dispute.event else set()
        shown = [one for one in attached if one.event in events and one.at >= since and one.content]
        mine = standing.status == ONAY and standing.in_force() is provider
        if shown or dispute or mine:
            found.append(ShownEvidence(*line[:2], shown, dispute, mine and dispute is None))
    return found


def _present(asked: list[Dispute], provider: Word, attached: list[Attached]) -> Dispute | None:
    """The open one, else the last one that is about the company's present ONAY or was answered by the evidence of it;
    any where the company's word is a RET."""
    answers = {one.id for one in attached if one.event == provider.event}
    for one in sorted(asked, key=lambda one: (one.state is DisputeState.OPEN, one.id), reverse=True):
        of_it = one.event == provider.event or one.act in answers
        if one.state is DisputeState.OPEN or of_it or provider.status != ONAY:
            return one
    return None


@sessions.by_code
async def ask(request: Request, session: Session) -> Response:
    """Asks the company for its evidence; what stands stays until it answers, or is silent."""
    holder, form = holders.named(request, session), await forms.fields(request)
    registry = process.of(request).registry
    channel, identity = (names.get(form.get(name, "")) for name, names in (("channel", _CHANNELS), ("identity", _AS)))
    code = form.get("brand", "")
    brand = await registry.brand(int(code)) if code.isascii() and code.isdecimal() and len(code) < 10 else None
    if brand is None or channel is None or identity is None:
        raise HTTPException(404)
    await registry.store.write(_ask, registry, holder, brand, channel, identity)
    return pages.redirect(request, f"/izinler/{brand.code}?n={holder.mark}#kanit")


def _ask(
    transaction: Transaction, registry: Registry, holder: Holder, brand: BrandEntry, channel: int, identity: int
) -> bool:
    """Where the ONAY stands on the company's word; a repeat finds the dispute open."""
    known = state.of_person(transaction, registry.keyring, holder.person.sealed, brand.id, channel, identity)
    recipient, standing = known if known is not None else (0, None)
    provider = None if standing is None else standing.provider
    if standing is None or provider is None or standing.status != ONAY or standing.in_force() is not provider:
        return False
    return disputes.ask(transaction, provider.event, Key(recipient, brand.id, channel, identity))


_CHANNELS = {str(channel): channel.code for channel in Channel}
_AS = {str(identity): identity.code for identity in Identity}
