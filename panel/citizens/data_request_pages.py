"""Pages of requests about one's own data (KVKK art. 11): those that wait with their day, a letter to enter, an answer.
Addresses are masked; a copy of the record is a look, which its holder sees."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from citizen.public import OwnData, data_requests, own_data
from consents.brands import provider_list
from consents.people import recipients
from consents.people.recipients import mask
from consents.registry import Registry
from consents.store import Snapshot
from gateways.outbox import outbox
from panel import form_answers, panel_pages
from panel.audit import looks
from panel.citizens import data_request_actions
from panel.citizens.data_request_actions import STALE, State
from panel.panel_pages import Confirmation
from panel.people import brakes
from panel.retention import erased_list
from panel.rights import Member
from settings import Settings
from trust.codes.codes import read_code
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

AT = "/panel/isletmen/veri-talepleri"
ANSWER, REFUSE = "cevapla", "reddet"
Kind = data_requests.DataRequestKind
KINDS = {
    Kind.COPY: mark("Kaydının kopyası"),
    Kind.CORRECTION: mark("Düzeltme"),
    Kind.ERASURE: mark("Silme"),
    Kind.RECEIVED: mark("Kaydını kimler aldı"),
    Kind.OBJECTION: mark("İtiraz"),
}
NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
NO_KIND = mark("Ne istediğini seçin.")
_NO_PROOF = mark("Kimliğini nasıl gösterdiğini yazın: örneğin ıslak imzalı dilekçe, kimlik görüldü.")
_NO_ANSWER = mark("Cevabı yazın. Kişi bunu kendi sayfasından indirir.")
_CONFLICTS = (data_request_actions.PASSED_ON, data_request_actions.NOT_PROVED)
_ERASE = mark("Sil ve talebi kapat")
_EFFECTS = (
    mark("{address} silinsin mi?"),
    mark("Bütün izinleri reddedilir; kaydını alan şirketler silindiğini öğrenir."),
    mark("Numarası ya da e-postası, makbuzları ve talepleri silinir. Bu geri alınamaz."),
)


async def show(request: Request, member: Member) -> Response:
    """Those that wait, by their last day, a page after ``sonra``, and the latest that are closed."""
    return await _list(request, member, {}, [])


async def enter(request: Request, member: Member) -> Response:
    """Enters a letter."""
    given = await forms.fields(request)
    found = recipients.found(recipients.parse, given.get("address", "").strip()[:320])
    kind = next((one for one in Kind if one.name.lower() == given.get("kind")), None)
    proof = form_answers.line(given.get("proof", ""))
    missing = (
        (found, "address", NO_ADDRESS),
        (kind is not None, "kind", NO_KIND),
        (brakes.is_reason(proof), "proof", _NO_PROOF),
        (not brakes.address_fault(proof), "proof", brakes.ADDRESS_IN_REASON),
    )
    faults = [(place, sentence) for value, place, sentence in missing if not value]
    if faults or found is None or kind is None:
        return await _list(request, member, given, faults)
    text = given.get("text", "").strip()[: data_requests.LONGEST]
    new = data_requests.NewDataRequest(kind, found.address, text, proof, member.person.id)
    number = await form_answers.write(request, member, data_request_actions.enter, member, new)
    if number is None:
        return await _list(request, member, given, [("address", brakes.TOO_MANY_LETTERS)], status=429)
    return pages.redirect(request, f"{AT}/{number}?yazildi")


async def one(
    request: Request, member: Member, given: Mapping[str, str] | None = None, fault: str = "", status: int = 422
) -> Response:
    found: data_requests.KeptDataRequest = member.objects["datarequest"].what
    company = await _company(request, found)
    return panel_pages.render(
        request,
        member,
        "panel/citizens/data_request.html",
        status=status if fault else 200,
        one=found,
        path=f"{AT}/{found.id}",
        masked=mask(found.address) if found.address else "",
        kind=pages.text(request, KINDS[found.kind]),
        state=own_data.state(texts.language(request)[0], found),
        erases=found.kind is Kind.ERASURE,
        proved=found.proved_at is not None,
        company=company,
        given=given or {},
        fault=pages.text(request, fault) if fault else "",
        done=next(iter(request.query_params), ""),
    )


async def send_code(request: Request, member: Member) -> Response:
    """Sends a code to the address that a letter names."""
    found, here = member.objects["datarequest"].what, process.of(request)
    ip = request.client.host if request.client else ""
    todo = data_request_actions.send_code, here.registry, here.settings, found, ip
    if fault := await form_answers.write(request, member, *todo):
        return await one(request, member, {}, fault, 429 if fault == data_request_actions.NOT_SENT else 409)
    outbox.arrived(here.registry)
    return pages.redirect(request, f"{AT}/{found.id}?gonderildi")


async def prove(request: Request, member: Member) -> Response:
    """Takes the code that the letter's writer gives."""
    found, settings = member.objects["datarequest"].what, process.of(request).settings
    code = read_code(await forms.once(request, "code"))
    fault = data_request_actions.WRONG_CODE
    if code is not None:
        fault = await form_answers.write(request, member, data_request_actions.prove, settings, found, code)
    if fault:
        return await one(request, member, {}, fault)
    return pages.redirect(request, f"{AT}/{found.id}?dogrulandi")


async def _company(request: Request, found: data_requests.KeptDataRequest) -> str:
    """The title of the company that passed it on."""
    if found.company is None:
        return ""
    return (await process.of(request).registry.store.read(provider_list.by_id, [found.company]))[0].title


async def decide(request: Request, member: Member) -> Response:
    """``deed=cevapla`` or ``reddet``, each with the text that the person reads."""
    given, found = await forms.fields(request), member.objects["datarequest"].what
    answer = given.get("answer", "").strip()[: data_requests.LONGEST]
    state = {ANSWER: State.ANSWERED, REFUSE: State.REFUSED}.get(given.get("deed", ""))
    if not answer or state is None:
        return await one(request, member, given, _NO_ANSWER)
    if state is State.ANSWERED and found.proved_at is None:
        return await one(request, member, given, data_request_actions.NOT_PROVED, 409)
    if not await form_answers.write(request, member, data_request_actions.close, found.id, state, answer):
        return await one(request, member, given, STALE, 409)
    return pages.redirect(request, f"{AT}?kapandi")


async def copy(request: Request, member: Member) -> Response:
    """The person's whole record as a PDF, to be sent with the answer; logged as a look."""
    found, here = member.objects["datarequest"].what, process.of(request)
    if not found.address or found.state is not State.OPEN:
        return await one(request, member, {}, STALE, 409)
    language, registry = texts.language(request)[0], here.registry
    if fault := await form_answers.write(request, member, data_request_actions.note_copy, registry, member, found):
        return await one(request, member, {}, fault, 409 if fault in _CONFLICTS else 429)
    holder = data_request_actions.holder(registry, found)
    own = await asyncio.to_thread(registry.store.read_now, _own_data, registry, here.settings, found)
    if own is None:  # since the look was logged
        return await one(request, member, {}, data_request_actions.PASSED_ON, 409)
    made = await asyncio.to_thread(own_data.paper, here, language, holder, own)
    headers = {"content-disposition": f'attachment; filename="kayit-{found.id}.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


def _own_data(
    snapshot: Snapshot, registry: Registry, settings: Settings, found: data_requests.KeptDataRequest
) -> OwnData | None:
    """None where the number has a new holder."""
    if data_request_actions.passed_on(snapshot, registry, found):
        return None
    return looks.gather(snapshot, registry, settings, data_request_actions.holder(registry, found))


async def sure_of_erasing(request: Request, member: Member) -> Response:
    found = member.objects["datarequest"].what
    if not found.address or found.state is not State.OPEN:
        return await one(request, member, {}, STALE, 409)
    if fault := await process.of(request).registry.store.read(_erasing_fault, process.of(request).registry, found):
        return await one(request, member, {}, fault, 409)
    question, *effects = ((sentence, {"address": mask(found.address)}) for sentence in _EFFECTS)
    return panel_pages.confirmation(request, member, Confirmation(question, effects, _ERASE, f"{AT}/{found.id}"))


async def erase(request: Request, member: Member) -> Response:
    """Erases the address of an open request that asks for it, and notifies it."""
    found, here = member.objects["datarequest"].what, process.of(request)
    if not found.address:
        return await one(request, member, {}, STALE, 409)
    todo = data_request_actions.erase, here.registry, here.settings, member, found
    if fault := await form_answers.write(request, member, *todo):
        return await one(request, member, {}, fault, 429 if fault == brakes.TOO_MANY_ERASURES else 409)
    outbox.arrived(here.registry)
    digest = here.registry.keyring.digest(found.address)
    await asyncio.to_thread(erased_list.append_now, here.registry.store, here.settings, digest)
    return pages.redirect(request, f"{AT}?kapandi")


def _erasing_fault(snapshot: Snapshot, registry: Registry, found: data_requests.KeptDataRequest) -> str:
    if found.kind is not Kind.ERASURE:
        return data_request_actions.NO_ERASURE
    if found.proved_at is None:
        return data_request_actions.NOT_PROVED
    return data_request_actions.PASSED_ON if data_request_actions.passed_on(snapshot, registry, found) else ""


async def _list(
    request: Request, member: Member, given: Mapping[str, str], faults: list[tuple[str, str]], status: int = 422
) -> Response:
    registry = process.of(request).registry
    after = form_answers.number(request.query_params.get("sonra", ""), 15)
    waiting, closed = await registry.store.read(_listed, registry, after)
    return panel_pages.render(
        request,
        member,
        "panel/citizens/data_requests.html",
        status=status if faults else 200,
        waiting=waiting,
        next_after=waiting[-1].id if len(waiting) == data_requests.LISTED else 0,
        closed=closed,
        now=registry.store.now(),
        kind=lambda one: pages.text(request, KINDS[one.kind]),
        state=lambda one: own_data.state(texts.language(request)[0], one),
        kinds=[(one.name.lower(), pages.text(request, words)) for one, words in KINDS.items()],
        given=given,
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults],
        done="kapandi" in request.query_params,
    )


def _listed(
    snapshot: Snapshot, registry: Registry, after: int
) -> tuple[list[data_requests.KeptDataRequest], list[data_requests.KeptDataRequest]]:
    return data_requests.waiting(snapshot, registry.keyring, after), data_requests.closed(snapshot, registry.keyring)
