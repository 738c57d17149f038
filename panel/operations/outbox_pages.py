"""Failed messages of the outbox: retried, or dropped with a reason."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gateways.outbox import outbox, parked
from gateways.outbox.parked import ParkedMessage
from panel import form_answers, panel_pages
from panel.operations import outbox_actions
from panel.people import brakes
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

AT = "/panel/isletmen/giden"
_NO_WHY = mark("Neden vazgeçildiğini yazın. Bu not işlem geçmişinde kalır.")
_NOT_AGAIN = mark("Bu ileti yeniden denenemez: metni artık yok, ya da bir kod. Kodun sahibi yenisini ister.")
_OF_ACCOUNT = frozenset({"401", "403", "530", "534", "535"})  # HTTP; SMTP (RFC 4954, 6)


async def show(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    found = await registry.store.read(parked.listed, registry.keyring)
    done = next((word for word in ("yeniden", "birakildi") if word in request.query_params), "")
    return panel_pages.render(
        request, member, "panel/waiting/parked.html", messages=found, done=done, explained=partial(explained, request)
    )


async def retry(request: Request, member: Member) -> Response:
    if not await form_answers.write(request, member, outbox_actions.retry, member.objects["message"].id):
        return await one(request, member, _NOT_AGAIN, 409)
    outbox.arrived(process.of(request).registry)
    return pages.redirect(request, f"{AT}?yeniden")


async def drop(request: Request, member: Member) -> Response:
    why = form_answers.line(await forms.once(request, "why") or "", outbox_actions.LONGEST)
    if fault := brakes.address_fault(why) if why else _NO_WHY:
        return await one(request, member, fault)
    await form_answers.write(request, member, outbox_actions.drop, member.objects["message"].id, why)
    return pages.redirect(request, f"{AT}?birakildi")


async def one(request: Request, member: Member, fault: str = "", status: int = 422) -> Response:
    found, message = member.objects["message"].what, fault and pages.text(request, fault)
    status = status if fault else 200
    return panel_pages.render(
        request,
        member,
        "panel/waiting/message.html",
        status=status,
        one=found,
        fault=message,
        explained=partial(explained, request),
    )


def explained(request: Request, message: ParkedMessage) -> str:
    """Why a message was not sent (``Undelivered.reason``) and what to do; the class of an error stays in the log."""
    scheme, _, what = message.error.partition(" ")
    if message.error == "expired":
        why = mark("Vaktinde gönderilemedi. Hâlâ gerekliyse yeniden deneyin.")
    elif "Timeout" in message.error:
        why = mark("Taşıyıcı zamanında yanıt vermedi. Sürerse taşıyıcıyı arayın.")
    elif what in _OF_ACCOUNT:
        why = mark("Taşıyıcı hesabımızı kabul etmedi (%(code)s). Sunucunun ayarlarındaki adı ve parolayı denetleyin.")
    elif what.isdecimal() or what.isupper():
        why = mark("Taşıyıcı almadı (%(code)s). Bu kodun anlamı taşıyıcının belgesindedir.")
    elif what.startswith("answer"):
        why = mark("Taşıyıcının yanıtı anlaşılmadı; ileti gitmiş olabilir. Sürerse taşıyıcıyı arayın.")
    elif what and scheme == "file":
        why = mark("Sunucudaki dosyaya yazılamadı. Diskte yer açın, klasörün yazma iznini denetleyin.")
    elif what:
        why = mark("Taşıyıcıya bağlanılamadı. Sürerse sunucunun ayarlarındaki adresini denetleyin.")
    else:
        why = mark(
            "Bu sitedeki bir hata yüzünden gönderilemedi. Sürerse sunucunun günlüğünde %(row)s numaralı iletiye bakın."
        )
    return pages.text(request, why) % {"code": message.error, "row": message.id}
