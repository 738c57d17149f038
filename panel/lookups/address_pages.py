"""The page of one address. It is posted, because links and logs must not hold addresses."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers, panel_pages
from panel.audit.audit_log import LONGEST_WHY
from panel.lookups import address_lookup, lookup_texts
from panel.lookups.address_lookup import AddressFacts
from panel.people import brakes
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")


async def ask(request: Request, member: Member) -> Response:
    return _page(request, member, {}, [], None)


async def look(request: Request, member: Member) -> Response:
    """Logs the look-up, then shows the address. The operator's people give a reason."""
    given = await forms.fields(request)
    address = address_lookup.canonical(given.get("address", "")[:320])
    why = " ".join(given.get("why", "").split())[:LONGEST_WHY]
    faults = [] if address else [("address", _NO_ADDRESS)]
    if member.is_staff and not brakes.is_reason(why):
        faults.append(("why", brakes.NO_REASON))
    if faults or address is None:
        return _page(request, member, given, faults, None)
    here = process.of(request)
    if not await form_answers.write(request, member, address_lookup.note, member, address, why):
        return _page(request, member, given, [("address", brakes.TOO_MANY_LOOKS)], None, 429)
    facts = await here.registry.store.read(address_lookup.read, here.registry, here.handed, member, address)
    return _page(request, member, {}, [], facts)


def _page(
    request: Request,
    member: Member,
    given: dict[str, str],
    faults: list[tuple[str, str]],
    facts: AddressFacts | None,
    status: int = 422,
) -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/looking/address.html",
        status=status if faults else 200,
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        facts=facts,
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        door=lambda one: pages.text(request, lookup_texts.door(one.code)),
        asks_why=member.is_staff,
    )
