"""One consent, decided by the citizen with the button of its row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.alerts import visit_notices
from citizen.alerts.approval_notices import Approved
from citizen.consents import acts, number_reassigned, refuse_all, row_answers
from citizen.consents.acts import Chosen, CitizenChoice
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.intent import KeptIntent
from citizen.session.session import Session
from consents.rules import ONAY, RET
from consents.store import StoreUnavailable, Unknown
from consents.terms import Channel, Identity
from gateways.outbox import outbox
from trust import signed_tokens
from web import forms, pages, process
from web.rendering import texts

_CHANNELS = {str(channel): channel.code for channel in Channel}
_IDENTITIES = {str(identity): identity.code for identity in Identity}
_STATUSES = {"RET": RET, "ONAY": ONAY}
_PATH = re.compile(r"/izinler/([0-9]{1,9})/([A-Z]+)/([A-Z]+)").fullmatch


@sessions.open_to_limited
async def decide(request: Request, session: Session) -> Response:
    """Records the button's choice; answers with the row as it is then, or the list with a notice."""
    holder = holders.named(request, session)
    form = await forms.fields(request)
    status = _STATUSES.get(form.get("status", ""))
    if status is None:
        raise HTTPException(422)
    disputed = status == RET and form.get("never") == "1"
    if session.limited and (status == ONAY or disputed):
        return sessions.turn_away(request, session)
    if session.by_key and status == ONAY:
        return sessions.turn_away(request, session)
    where = request.path_params
    choice = await _choice(request, holder, str(where["brand"]), where["channel"], where["identity"], status)
    choice = choice._replace(disputed=disputed)
    try:
        done = await _record(request, session, holder, choice)
    except StoreUnavailable as fault:
        if isinstance(fault, Unknown) or not pages.wants_piece(request):
            raise
        return await row_answers.unsaved(request, holder, choice)
    if pages.wants_piece(request):
        return await row_answers.chosen(request, holder, choice, done)
    return pages.redirect(request, await row_answers.place(request, session, holder, choice, done))


async def finish(request: Request, session: Session, intent: KeptIntent) -> str | None:
    """Records a refusal that was requested before sign-in; returns the path to show. None for an address not proved
    now: nothing is recorded. HTTPException for an unknown brand."""
    try:
        holder = holders.named(request, session, intent.mark)
    except HTTPException:
        return None
    path = urlsplit(intent.path).path
    if path == refuse_all.PATH:
        return await refuse_all.finish(request, session, {**intent.form, "n": holder.mark})
    if path == number_reassigned.PATH:
        by_code = not (session.limited or session.by_key)
        return await number_reassigned.finish(request, session, holder, new=True) if by_code else None
    row = _PATH(path)
    if row is None or intent.form.get("status") != "RET":
        raise HTTPException(404)
    brand, channel, identity = row.groups()
    choice = await _choice(request, holder, brand, channel, identity, RET)
    choice = choice._replace(disputed=intent.form.get("never") == "1" and not session.limited)
    done = await _record(request, session, holder, choice)
    return await row_answers.place(request, session, holder, choice, done)


async def _choice(
    request: Request, holder: Holder, brand: str, channel: str, identity: str, status: int
) -> CitizenChoice:
    """The choice in the registry's terms; 404 for an unknown brand or a channel the address does not have."""
    listed = await process.of(request).registry.brand(int(brand))
    if listed is None or channel not in _CHANNELS or identity not in _IDENTITIES:
        raise HTTPException(404)
    if not holder.takes(_CHANNELS[channel]):
        raise HTTPException(404)
    if status == ONAY and listed.closed:  # no page offers it
        raise HTTPException(422)
    return CitizenChoice(listed, _CHANNELS[channel], _IDENTITIES[identity], status)


async def _record(request: Request, session: Session, holder: Holder, choice: CitizenChoice) -> Chosen:
    """Writes it durably; an approval is announced to the address."""
    settings, registry = process.of(request).settings, process.of(request).registry
    evidence = registry.keyring.seal_evidence(_evidence(session, choice.disputed))
    approved = None
    if choice.status == ONAY:
        language, by_sms = texts.language(request)[0], bool(settings.optout_number)
        fields = partial(signed_tokens.unsubscribe_headers, settings, registry.keyring)
        approved = Approved(choice.brand, choice.channel, language, settings.public_url, by_sms, fields)
    done: Chosen = await visit_notices.write(
        request, session, acts.choose, registry, holder, choice, evidence, approved
    )
    if approved is not None:
        outbox.arrived(registry)
    return done


def _evidence(session: Session, disputed: bool) -> Mapping[str, Any]:
    """The evidence of the action: the session, and the dispute of the consent."""
    return session.evidence | ({"disputed": True} if disputed else {})
