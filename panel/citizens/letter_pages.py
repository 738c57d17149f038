"""A company passes a letter about somebody's data on to the operator's desk, and sees how it ended; nothing else of the
person, and of no other company."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from citizen.public import data_requests
from consents.dates import day_bounds
from consents.instants import day_of
from consents.people import recipients
from panel import form_answers, panel_pages
from panel.citizens import data_request_actions
from panel.citizens.data_request_pages import KINDS, NO_ADDRESS, NO_KIND, Kind
from panel.people import brakes
from panel.rights import Member
from web import forms, pages, process
from web.rendering.texts import mark

PATH = "/panel/{company:number}/mektuplar"
OLDEST = timedelta(days=60)  # of a day of receipt
REFERENCE = 100  # characters
_STATES = {
    data_request_actions.State.OPEN: mark("Bekliyor"),
    data_request_actions.State.ANSWERED: mark("Cevaplandı"),
    data_request_actions.State.REFUSED: mark("Kabul edilmedi"),
    data_request_actions.State.ERASED: mark("Kapandı"),
}
_NO_DAY = mark("Mektubun size geldiği günü yazın: bugün ya da son 60 gün.")
_NO_REFERENCE = mark("Kendi kayıt numaranızı yazın.")
_TOO_MANY = mark("Bir günde en çok 20 mektup iletilebilir ve bu sayı doldu. Yarın yeniden deneyin.")


async def show(request: Request, member: Member) -> Response:
    return await _page(request, member, {}, [])


async def take(request: Request, member: Member) -> Response:
    """Passes a letter on."""
    given = await forms.fields(request)
    today = day_of(process.of(request).registry.store.now())
    found = recipients.found(recipients.parse, given.get("address", "").strip()[:320])
    kind = next((one for one in Kind if one.name.lower() == given.get("kind")), None)
    day = _day(given.get("day", ""), today)
    reference = form_answers.line(given.get("reference", ""))[:REFERENCE]
    missing = (
        (found, "address", NO_ADDRESS),
        (kind is not None, "kind", NO_KIND),
        (day, "day", _NO_DAY),
        (reference, "reference", _NO_REFERENCE),
        (not brakes.address_fault(reference), "reference", brakes.ADDRESS_IN_REASON),
    )
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if faults or found is None or kind is None or day is None:
        return await _page(request, member, given, faults)
    new = data_requests.NewDataRequest(
        kind,
        found.address,
        by=member.person.id,
        company=member.at.id,
        reference=reference,
        received_at=day_bounds(day)[0],
    )
    number = await form_answers.write(request, member, data_request_actions.pass_on, member, new)
    if number is None:
        return await _page(request, member, given, [("address", _TOO_MANY)], 429)
    return pages.redirect(request, f"{member.home}/mektuplar?iletildi")


def _day(typed: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if today - OLDEST <= day <= today else None


async def _page(
    request: Request, member: Member, given: Mapping[str, str], faults: list[tuple[str, str]], status: int = 422
) -> Response:
    registry = process.of(request).registry
    listed = await registry.store.read(data_requests.of_company, registry.keyring, member.at.id)
    return panel_pages.render(
        request,
        member,
        "panel/citizens/letters.html",
        status=status if faults else 200,
        listed=listed,
        path=f"{member.home}/mektuplar",
        kind=lambda one: pages.text(request, KINDS[one.kind]),
        state=lambda one: pages.text(request, _STATES[one.state]),
        kinds=[(one.name.lower(), pages.text(request, words)) for one, words in KINDS.items()],
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        done="iletildi" in request.query_params,
    )
