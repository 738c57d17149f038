"""Pages of one push connection: its posts, one post with its body, sending it again, and the signing secret, which is
in the answer to its own request only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents import dates
from consents.channels import OF_CODE
from consents.keys import Keyring
from consents.people import recipients
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult
from panel.panel_pages import Confirmation, Sentence
from panel.programs import push_actions, push_pages
from panel.programs.push_actions import PushLine, PushRow
from panel.rights import Member, Permission
from providers.api import wire
from providers.callers import partners
from providers.push import push_connections, push_deliveries
from providers.push.push_connections import MadeConnection
from providers.push.push_deliveries import KeptPost, PostResult
from web import forms, pages, process
from web.iys_fields import Field
from web.rendering.texts import mark

SHOWN, MOST_MOVEMENTS = 50, 20  # posts on the page, movements of one
_SIGN = mark("İmza anahtarı al")
_QUESTION = mark("Bildirimler için yeni bir imza anahtarı alınsın mı?")
_PLACE = mark("Adresi: {place}.")
_EFFECTS = (
    mark("Bildirimler bu anahtarla imzalanır; yazılımınız bildirimin bu siteden geldiğini böyle denetler."),
    mark("Anahtar yalnızca bir kez, bir sonraki sayfada görünür."),
)
_FORMER = mark("Şimdiki anahtar 24 saat daha geçerlidir; o sürede bildirimler iki anahtarla imzalanır.")


async def show(request: Request, member: Member) -> Response:
    return push_pages.not_for_some(request, member) or await _show(request, member)


async def sure_of_signing(request: Request, member: Member) -> Response:
    if turned := push_pages.not_for_some(request, member):
        return turned
    _, made = member.objects["push"].what
    back = f"{member.home}/programlar/bildirim/{made.id}"
    if made.partner is not None:
        return pages.redirect(request, back)
    effects: list[Sentence] = [(_PLACE, {"place": push_actions.place(made.target.url)})]
    effects += [(sentence, {}) for sentence in (*_EFFECTS, *([_FORMER] if made.target.secrets else []))]
    hidden = {SEEN: push_actions.seen(made)}
    return panel_pages.confirmation(request, member, Confirmation((_QUESTION, {}), effects, _SIGN, back, hidden))


async def sign(request: Request, member: Member) -> Response:
    if turned := push_pages.not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    shown = (await forms.fields(request)).get(SEEN, "")
    result = await form_answers.attempt(request, member, push_actions.renew_secret, brand, made, shown)
    return await _show(request, member, result, secret=result.value or "")


async def change_form(request: Request, member: Member) -> Response:
    """Changes body and signature once the address has taken the test record in the new form."""
    if turned := push_pages.not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    given, private = await forms.fields(request), process.of(request).settings.push_private
    try:
        wanted = push_actions.form(made, given.get("body", ""), given.get("sign", ""))
        if made.partner is None:
            await push_actions.prove(wanted, owner=member.at.code, private=private)
    except FieldFault as fault:
        place = "sign" if fault.place == "url" else fault.place
        refused = form_answers.refused(request, FieldFault(place, fault.why, fault.about))
        return await _show(request, member, refused, given=given)
    result = await form_answers.attempt(
        request, member, push_actions.change_form, brand, made, wanted, given.get(SEEN, "")
    )
    if result.faults:
        return await _show(request, member, result)
    return pages.redirect(request, f"{member.home}/programlar/bildirim/{made.whole or made.id}?degisti")


async def rewind(request: Request, member: Member) -> Response:
    if turned := push_pages.not_for_some(request, member):
        return turned
    brand, made = member.objects["push"].what
    given = await forms.fields(request)
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        fault = FieldFault("day", "push-day", str(push_actions.REWOUND))
        return await _show(request, member, form_answers.refused(request, fault), given=given)
    result = await form_answers.attempt(request, member, push_actions.rewind, brand, made, day)
    if result.faults:
        return await _show(request, member, result, given=given)
    return pages.redirect(request, f"{member.home}/programlar/bildirim/{made.whole or made.id}?yeniden")


async def one(request: Request, member: Member) -> Response:
    """A post with its movements as the history has them now; addresses are masked, or hidden without the right."""
    return await _one(request, member)


async def resend(request: Request, member: Member) -> Response:
    """Posts it once more to the connection's present address; a partner's only while it may write there."""
    await forms.fields(request)
    brand, made, delivery = member.objects["delivery"].what
    here = process.of(request)
    if not await here.registry.store.read(_may_send, here.registry, brand.id, made, delivery.post):
        return pages.redirect(request, f"{member.home}/programlar/gonderim/{delivery.id}")
    answers = await here.registry.store.read(push_connections.answers, brand.id)
    row = PushRow(brand, made, answers[made.id])
    post = await push_actions.send_again(
        here.registry, row, delivery.post, owner=member.at.code, private=here.settings.push_private
    )
    how = post.error or "taken"
    result = await form_answers.attempt(request, member, push_actions.tried, brand, made, how, post)
    if result.faults:
        return await _one(request, member, result)
    outcome = "alinmadi" if post.error else "alindi"
    return pages.redirect(request, f"{member.home}/programlar/gonderim/{delivery.id}?{outcome}")


async def _show(
    request: Request,
    member: Member,
    result: FormResult = UNSENT,
    secret: str = "",
    given: Mapping[str, str] = {},
) -> Response:
    _, made = member.objects["push"].what
    most = push_deliveries.MOST if "hepsi" in request.query_params else SHOWN
    registry, failed = process.of(request).registry, "hata" in request.query_params
    line, found, rows = await registry.store.read(_log, registry.keyring, member, made, most, failed)
    body, sign = push_actions.form_of(line.made)
    return form_answers.page(
        request,
        member,
        "manage/push_log.html",
        result,
        given,
        stands={"body": body, "sign": sign},
        seen=push_actions.seen(line.made),
        failed=failed,
        again="yeniden" in request.query_params,
        answer_of=partial(push_deliveries.answer_of, registry.keyring),
        line=line,
        deliveries=found,
        rows=rows,
        secret=secret,
        more=len(found) == SHOWN,
        channel_of=lambda code: pages.text(request, OF_CODE[code].name),
        explained=partial(push_pages.explain, request),
        clock=dates.wire,
    )


async def _one(request: Request, member: Member, result: FormResult = UNSENT) -> Response:
    brand, made, delivery = member.objects["delivery"].what
    registry = process.of(request).registry
    page, former = await registry.store.read(push_deliveries.page, registry, brand.id, made.channel, delivery.post)
    may = await registry.store.read(_may_send, registry, brand.id, made, delivery.post)
    body: dict[str, Any] = wire.push(member.at.code, brand.code, page[:MOST_MOVEMENTS], former)
    for movement in body["list"]:
        if Field.RECIPIENT in movement:
            shown = recipients.mask(movement[Field.RECIPIENT]) if member.may(Permission.SEE) else "•••"
            movement[Field.RECIPIENT] = shown
    if not delivery.post.movements:
        body = wire.PUSH_TEST
    return form_answers.page(
        request,
        member,
        "manage/delivery.html",
        result,
        {},
        brand=brand,
        connection=made.whole or made.id,
        channel=pages.text(request, OF_CODE[made.channel].name),
        delivery=delivery,
        place=push_actions.place(made.target.url),
        message=push_deliveries.message(registry.keyring, made.id, delivery.post.after, delivery.post.last),
        body=json.dumps(wire.cloud_events(body) if made.target.events else body, ensure_ascii=False, indent=1),
        answer=push_deliveries.answer_of(registry.keyring, delivery),
        left_out=max(0, delivery.post.movements - MOST_MOVEMENTS),
        resends=may,
        explained=partial(push_pages.explain, request),
    )


def _log(
    snapshot: Snapshot, keyring: Keyring, member: Member, made: MadeConnection, most: int, failed: bool
) -> tuple[PushLine, list[KeptPost], dict[int, PushRow]]:
    """The connection, its posts, and its rows by their numbers."""
    rows = {row.made.id: row for row in push_actions.rows(snapshot, keyring, member.at.id)}
    own = [number for number, row in rows.items() if (row.made.whole or number) == made.id]
    line = next(one for one in push_actions.of_provider(snapshot, keyring, member.at.id) if one.id == made.id)
    return line, push_deliveries.listed(snapshot, own, most, failed=failed), rows


def _may_send(snapshot: Snapshot, registry: Registry, brand: int, made: MadeConnection, former: PostResult) -> bool:
    """Whether something of a post can be sent once more, and the connection's owner may still have it."""
    if not former.movements or (made.partner and not partners.may_write(snapshot, made.partner, brand, made.channel)):
        return False
    page, _ = push_deliveries.page(snapshot, registry, brand, made.channel, former)
    return bool(push_deliveries.standing(snapshot, brand, page))
