"""Locked sign-ins: figures, and unlocking one address. No address is listed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.lookups import record_search
from panel.operations import dashboard_pages
from panel.people import brakes
from panel.rights import Member
from trust.codes import codes
from web import forms, pages
from web.rendering.texts import mark

AT = "/panel/isletmen/girisler"
_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
_NO_WHY = mark("Adresin ona ait olduğunu nasıl gösterdiğini yazın. Bu not kayıtta kalır.")
_NOT_CLOSED = mark("Bu adresin girişi kapalı değil.")


async def show(request: Request, member: Member) -> Response:
    """Figures over all addresses, none of a person."""
    return await _page(request, member, {}, [])


async def reopen(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    address = record_search.canonical(given.get("address", "").strip()) or ""
    why = form_answers.line(given.get("why", ""))
    missing = ((address, "address", _NO_ADDRESS), (why, "why", _NO_WHY))
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if fault := brakes.address_fault(why):
        faults.append(("why", fault))
    if faults:
        return await _page(request, member, given, faults)
    if not await form_answers.write(request, member, reopen_address, address, why):
        return await _page(request, member, given, [("address", _NOT_CLOSED)])
    return pages.redirect(request, f"{AT}?acildi")


def reopen_address(change: Change, address: str, why: str = "") -> bool:
    """False, without an entry, where it was open. ``address``: canonical."""
    if not codes.reopen(change.transaction, change.keyring, address):
        return False
    change.note("sign-in-reopened", why=why, address=address)
    return True


async def _page(request: Request, member: Member, given: dict[str, str], faults: list[tuple[str, str]]) -> Response:
    view = await dashboard_pages.seen(request)
    return panel_pages.render(
        request,
        member,
        "panel/waiting/sign_in.html",
        status=422 if faults else 200,
        alarms=view.sign_in,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        done="acildi" in request.query_params,
    )
