"""SMS and mails for a person, one at a time: settled with a reason, or recorded as a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.book import BrandEntry
from panel import form_answers, panel_pages
from panel.operations import inbox_actions
from panel.operations.inbox_actions import ReadWord, StaleText, TextQueue
from panel.people import brakes
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

AT = "/panel/isletmen/gelen"
BRANDS = ("brand", "brand-2", "brand-3", "brand-4", "brand-5")  # inputs: one message may refuse several
_NO_WHY = mark("Ne yaptığınızı kısaca yazın. Bu not kayıtta kalır.")
_NO_HEARD = mark("Ne istediğini nasıl anladığınızı kısaca yazın. Bu not kayıtta kalır.")
_NO_BRAND = mark("Bu adla ya da numarayla tek bir marka bulamadık. Listeden seçin.")
_NO_CHANNEL = mark("Neyi istemediğini seçin.")
_STALE = mark("Siz okurken başka biri bu iletiyi sonuçlandırdı.")

Faults = list[tuple[str, str]]


class TextForm(NamedTuple):
    """The typed values and errors (input's id, sentence)."""

    given: dict[str, str]
    faults: Faults
    status: int = 422


async def show(request: Request, member: Member) -> Response:
    return await _page(request, member, TextForm({"after": request.query_params.get("sonra", "")}, [], 200))


async def settle(request: Request, member: Member) -> Response:
    """Settles a read message; its text is deleted."""
    given = await _given(request, "why")
    if fault := brakes.address_fault(given["why"]) if given["why"] else _NO_WHY:
        return await _page(request, member, TextForm(given, [("why", fault)]))
    arguments = form_answers.number(given["text"]), given["why"]
    return await _settled(request, member, given, inbox_actions.settle, *arguments)


async def refuse(request: Request, member: Member) -> Response:
    """Records the writer's refusal as their own. Consents cannot be recorded here."""
    given, state = await _given(request, "heard"), process.of(request)
    typed = {place: given[place] for place in BRANDS if given[place]}
    brands = {place: await _brand(request, name) for place, name in typed.items()}
    unread = next((place for place, found in brands.items() if found is None), "" if brands else "brand")
    channels = tuple(one for one in inbox_actions.CHANNELS if f"channel-{one.lower()}" in given)
    missing = (
        (not unread, unread, _NO_BRAND),
        (channels, "channel-mesaj", _NO_CHANNEL),
        (given["heard"], "heard", _NO_HEARD),
    )
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if fault := brakes.address_fault(given["heard"]):
        faults.append(("heard", fault))
    if faults:
        return await _page(request, member, TextForm(given, faults))
    meant = tuple({found.id: found for found in brands.values() if found}.values())
    word = ReadWord(form_answers.number(given["text"]), meant, channels, given["heard"])
    return await _settled(request, member, given, inbox_actions.refuse, state.registry, member, word)


async def _given(request: Request, reason: str) -> dict[str, str]:
    given = await forms.fields(request)
    why = form_answers.line(given.get(reason, ""))
    brands = {place: given.get(place, "").strip()[:200] for place in BRANDS}
    return {**given, "text": given.get("text", ""), **brands, reason: why}


async def _settled(
    request: Request, member: Member, given: dict[str, str], work: Callable[..., None], *arguments: object
) -> Response:
    try:
        await form_answers.write(request, member, work, *arguments)
    except StaleText:
        return await _page(request, member, TextForm({}, [("", _STALE)], 409))
    what = "ret" if work is inbox_actions.refuse else "tamam"
    return pages.redirect(request, f"{AT}?{what}&sonra={form_answers.number(given.get('after', ''))}")


async def _brand(request: Request, typed: str) -> BrandEntry | None:
    """The brand by title, short name or number, as suggested."""
    registry = process.of(request).registry
    found: BrandEntry | None = await registry.store.read(
        inbox_actions.brand, registry.brands, registry.store.now(), typed
    )
    return found


async def _page(request: Request, member: Member, form: TextForm) -> Response:
    state = process.of(request)
    registry, wanted = state.registry, form.given.get("text") or ""
    after = form_answers.number(form.given.get("after", ""))
    queue: TextQueue = await registry.store.read(inbox_actions.queue, registry, form_answers.number(wanted), after)
    if form.faults and form.status == 422 and (queue.shown is None or str(queue.shown.id) != wanted):
        form = TextForm({}, [("", _STALE)], 409)  # what was to be put right is not here any more
    return panel_pages.render(
        request,
        member,
        "panel/waiting/texts.html",
        status=form.status,
        queue=queue,
        given=form.given,
        more_brands=BRANDS[1:],
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        done="ret" if "ret" in request.query_params else "tamam" if "tamam" in request.query_params else "",
    )
