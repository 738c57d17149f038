"""The operator's pages of lines that businesses claim: the numbers beside the letter, and the decision with its reason
(rule L18). Auditors see who waits; numbers and letters only operators."""

from __future__ import annotations

from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents.keys import Keyring
from consents.people import business_lines, register
from consents.people.business_lines import BusinessEntry, ClaimContent, LineClaim, LineClaimState
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.companies import application_actions
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

AT = "/panel/isletmen/hatlar"
ACCEPT, REFUSE = "onayla", "reddet"
_SUFFIXES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
_STALE = mark("Bu istek bu arada karara bağlandı.")
_NO_WHY = mark("Nedenini yazın.")


class LineClaimSheet(NamedTuple):
    """``owner``: the address that signs in for the business, "" once erased."""

    business: BusinessEntry
    owner: str
    content: ClaimContent
    total: int


async def show(request: Request, member: Member) -> Response:
    """Claims that wait, and the latest decisions."""
    registry = process.of(request).registry
    waiting, decided = await registry.store.read(_listed, registry.keyring)
    return panel_pages.render(
        request, member, "panel/operator/line_claims.html", waiting=waiting, decided=decided,
        done="karar" in request.query_params,
    )  # fmt: skip


async def one(request: Request, member: Member, fault: str = "", status: int = 422) -> Response:
    claim, registry = member.objects["lineclaim"].what, process.of(request).registry
    return panel_pages.render(
        request, member, "panel/operator/line_claim.html", status=status if fault else 200, claim=claim,
        sheet=await registry.store.read(_sheet, registry.keyring, claim), fault=fault,
    )  # fmt: skip


async def letter(request: Request, member: Member) -> Response:
    """The letter as a download: a stranger's file is never shown within the site."""
    claim, registry = member.objects["lineclaim"].what, process.of(request).registry
    found = await registry.store.read(business_lines.content, registry.keyring, claim.id)
    if not found.letter:
        raise HTTPException(404)
    name = f"yazi-{claim.id}.{_SUFFIXES[found.kind]}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(found.letter, media_type=found.kind, headers=headers)


async def decide(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    action, why = given.get("deed", ""), form_answers.line(given.get("why", ""))
    claim: LineClaim = member.objects["lineclaim"].what
    if not why:
        return await one(request, member, pages.text(request, _NO_WHY))
    if action not in (ACCEPT, REFUSE) or not await form_answers.write(
        request, member, application_actions.settle_lines, claim.id, action == ACCEPT, why
    ):
        return await one(request, member, pages.text(request, _STALE), 409)
    return pages.redirect(request, f"{AT}?karar")


def _listed(snapshot: Snapshot, keyring: Keyring) -> tuple[list[tuple[LineClaim, str]], list[tuple[LineClaim, str]]]:
    """(claim, title of its business)."""
    waiting = business_lines.in_state(snapshot, keyring, LineClaimState.WAITING)
    return _titled(snapshot, keyring, waiting), _titled(snapshot, keyring, business_lines.decided(snapshot, keyring))


def _titled(snapshot: Snapshot, keyring: Keyring, claims: list[LineClaim]) -> list[tuple[LineClaim, str]]:
    found = ((one, business_lines.by_id(snapshot, keyring, one.business)) for one in claims)
    return [(one, business.title if business else "") for one, business in found]


def _sheet(snapshot: Snapshot, keyring: Keyring, claim: LineClaim) -> LineClaimSheet:
    business = business_lines.by_id(snapshot, keyring, claim.business)
    assert business is not None, f"business {claim.business} is missing"
    return LineClaimSheet(
        business,
        register.address(snapshot, keyring, business.owner) or "",
        business_lines.content(snapshot, keyring, claim.id),
        business_lines.count(snapshot, business.id),
    )
