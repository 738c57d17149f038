"""The operator's page of claims: numbers, names, titles, numbers at İYS, MERSİS numbers. Auditors read; operators
decide, with a reason."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import company_changes, provider_list
from consents.brands.companies import BadCompany
from consents.registry import Registry
from consents.store import Snapshot
from gateways.outbox import outbox
from national import public as national
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.brands import claim_decisions
from panel.brands.claim_decisions import Decider, StaleClaim
from panel.companies import application_store, iys_account_actions
from panel.rights import Member
from web import forms, pages, process
from web.rendering import texts

AT = "/panel/isletmen/istekler"
ACCEPT, REFUSE = "onayla", "reddet"  # values of the two buttons
DECISIONS = {ACCEPT: claim_decisions.accept, REFUSE: claim_decisions.refuse}


async def decide(request: Request, member: Member) -> Response:
    given, here = await forms.fields(request), process.of(request)
    number = form_answers.number(given.get("claim", ""))
    why = form_answers.line(given.get(f"why-{number}", ""))
    work = DECISIONS.get(given.get("deed", ""))
    by = Decider(here.settings, texts.language(request)[0])
    try:
        if work is None:
            raise StaleClaim(number)
        await form_answers.write(request, member, work, by, number, why)
    except BadCompany as bad:
        return await show(request, member, f"why-{number}", bad, given)
    outbox.arrived(here.registry)
    return pages.redirect(request, f"{AT}?karar")


async def decide_iys(request: Request, member: Member) -> Response:
    """Confirms a company's number at İYS, or removes it."""
    given = await forms.fields(request)
    code = form_answers.number(given.get("provider", ""))
    why = form_answers.line(given.get(f"why-iys-{code}", ""))
    arguments = code, given.get("deed", ""), why
    try:
        await form_answers.write(request, member, _settle_iys, *arguments)
    except BadCompany as bad:
        return await show(request, member, f"why-iys-{code}", bad, given)
    return pages.redirect(request, f"{AT}?karar")


def _settle_iys(change: Change, code: int, decision: str, why: str) -> None:
    transaction, keyring = change.transaction, change.keyring
    provider = provider_list.by_code(transaction, code)
    rivals = {one.provider: one for one in national.rivals(transaction, keyring)}
    if provider is None or provider.id not in rivals or decision not in (ACCEPT, REFUSE):
        raise StaleClaim(code)
    noted = provider.id, rivals[provider.id].iys_code, company_changes.checked(why)
    if decision == REFUSE:
        national.remove(transaction, keyring, provider.id)
        iys_account_actions.removed(change, *noted)
    elif national.vouch(transaction, keyring, provider.id):
        iys_account_actions.vouched(change, *noted)
    else:
        raise StaleClaim(code)


async def show(
    request: Request,
    member: Member,
    place: str = "",
    bad: BadCompany | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    """Open claims. ``place``: the input that the error is about; ``given``: what was typed there."""
    here = process.of(request)
    read, keyring, site = here.registry.store.read, here.registry.keyring, here.settings.site_name
    waiting = await read(application_store.waiting, keyring)
    sentence = bad and form_answers.sentence(texts.language(request)[0], bad.why, bad.about)
    return panel_pages.render(
        request,
        member,
        "panel/operator/claims.html",
        status=(409 if bad.why == "claim-stale" else 422) if bad else 200,
        sheets=await read(claim_decisions.sheets, site),
        rivals=await read(_rivals, here.registry),
        contested=application_store.contested(waiting),
        place=place,
        fault=sentence or "",
        stale=bad is not None and bad.why == "claim-stale",
        given=(given or {}).get(place, ""),
        done="karar" in request.query_params and bad is None,
        reason=partial(_reason, request),
    )


def _rivals(snapshot: Snapshot, registry: Registry) -> list[tuple[object, object]]:
    """Accounts that share a number at İYS, with their providers."""
    found = national.rivals(snapshot, registry.keyring)
    known = {one.id: one for one in provider_list.by_id(snapshot, sorted({one.provider for one in found}))}
    return [(one, known[one.provider]) for one in found]


def _reason(request: Request, word: str) -> str:
    return pages.text(request, form_answers.RESERVED[word])
