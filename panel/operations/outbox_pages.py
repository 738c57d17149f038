"""Failed messages of the outbox: retried, or dropped with a reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateways.outbox import outbox, parked
from panel import form_answers, panel_pages
from panel.operations import outbox_actions
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

AT = "/panel/isletmen/giden"
_NO_WHY = mark("Neden vazgeçildiğini yazın. Bu not işlem geçmişinde kalır.")
_NOT_AGAIN = mark("Bu ileti yeniden denenemez: metni artık yok, ya da bir kod. Kodun sahibi yenisini ister.")


async def show(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(parked.listed, registry.keyring)
    done = next((word for word in ("yeniden", "birakildi") if word in request.query_params), "")
    return panel_pages.render(request, member, "panel/waiting/parked.html", messages=found, done=done)


async def retry(request: Request, member: Member) -> Response:
    if not await form_answers.write(request, member, outbox_actions.retry, member.objects["message"].id):
        return await one(request, member, _NOT_AGAIN, 409)
    outbox.arrived(process.of(request).registry)
    return pages.redirect(request, f"{AT}?yeniden")


async def drop(request: Request, member: Member) -> Response:
    why = form_answers.line(await forms.once(request, "why") or "", outbox_actions.LONGEST)
    if not why:
        return await one(request, member, _NO_WHY)
    await form_answers.write(request, member, outbox_actions.drop, member.objects["message"].id, why)
    return pages.redirect(request, f"{AT}?birakildi")


async def one(request: Request, member: Member, fault: str = "", status: int = 422) -> Response:
    found, message = member.objects["message"].what, fault and pages.text(request, fault)
    status = status if fault else 200
    return panel_pages.render(request, member, "panel/waiting/message.html", status=status, one=found, fault=message)
