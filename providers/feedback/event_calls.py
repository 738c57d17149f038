"""``/events/SECRET``: where mailing services and messengers post their events. The secret is looked up before the body
is read; 200 comes after the commit, so that a service repeats what was not kept."""

from __future__ import annotations

import asyncio

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from consents.store import StoreUnavailable
from providers.feedback import event_forms, feedback_hooks
from providers.feedback.events import BadEvents, EventForm, FeedbackEvent
from providers.feedback.feedback_hooks import EventResult, OpenHook
from web import process
from web.logs import Alone

PATH = "/events/"
BYTES = 256_000  # of a body; reports of complaints may hold the mail itself
_AT_ONCE = 20  # events that wait for the writer at a time

log = structlog.get_logger()


async def verify(request: Request) -> Response:
    """Meta's question whether this address is meant; the word that it asks with is the secret itself. Else 405."""
    hook = await _hook(request)
    if hook.form is not EventForm.WHATSAPP:
        raise HTTPException(405, headers={"allow": "POST"})
    answer = event_forms.challenge(request.query_params, request.path_params["secret"])
    return PlainTextResponse("forbidden", 403) if answer is None else PlainTextResponse(answer)


async def take(request: Request) -> Response:
    """200 with counts; 400 for a body of another form and 403 for a wrong signature, both shown to the company."""
    hook = await _hook(request)
    registry = process.of(request).registry
    if not await _has_room(request, hook):
        return _too_many()
    body = await request.body()
    try:
        found = await asyncio.to_thread(event_forms.read, hook.form, body, request.headers, hook.key)
    except BadEvents as bad:
        await _count(request, hook, 0, 1, bad.reason)
        return PlainTextResponse(bad.reason, 403 if bad.reason == "signature" else 400)
    try:
        results, full = list[EventResult](), False
        for begin in range(0, len(found.events), _AT_ONCE):
            # Again for each few, else a body of thousands would pass far above the limit.
            if full := begin > 0 and not await _has_room(request, hook):
                break
            some = found.events[begin : begin + _AT_ONCE]
            results += await asyncio.gather(*(_taken(request, hook, event) for event in some))
        if found.confirm or found.topic in hook.confirm:
            confirm = feedback_hooks.confirm, registry.keyring, hook, found.topic, found.confirm
            await registry.store.write(*confirm)
        faults = [*(["form"] * found.unread), *(one.fault for one in results if one.fault)]
        refused = sum(one.refused for one in results)
        if faults or refused or hook.fault or feedback_hooks.is_quiet(hook, registry.store.now()):
            await _count(request, hook, refused, len(faults), faults[-1] if faults else None)
    except StoreUnavailable:
        return PlainTextResponse("the store cannot commit now", 503, {"retry-after": "120"})
    if full:
        return _too_many()
    if "failed" in faults:  # of our own making: the service sends the body again, and what was taken is a repeat
        return PlainTextResponse("try again", 500)
    if found.answer is not None:
        return PlainTextResponse(found.answer)
    return JSONResponse({"refused": refused, "unread": len(faults), "others": found.others})


async def _taken(request: Request, hook: OpenHook, event: FeedbackEvent) -> EventResult:
    """One event by itself, so that none stops the others."""
    state = process.of(request)
    with Alone("feedback_event_failed", hook=hook.id):
        about = state.registry, state.settings, hook, event
        known = await state.registry.store.read(feedback_hooks.result_without_record, *about)
        if known is not None:
            return known
        return await state.registry.store.write(feedback_hooks.take, *about)
    return EventResult(refused=False, fault="failed")


async def _has_room(request: Request, hook: OpenHook) -> bool:
    registry = process.of(request).registry
    return await registry.store.read(feedback_hooks.has_room, registry.keyring, hook, registry.store.now())


def _too_many() -> Response:
    return PlainTextResponse("too many refusals in an hour", 503, {"retry-after": "600"})


async def _hook(request: Request) -> OpenHook:
    """Errors: HTTPException 404."""
    registry = process.of(request).registry
    found = await registry.store.read(feedback_hooks.find, registry.keyring, request.path_params["secret"])
    if found is None:
        raise HTTPException(404)
    return found


async def _count(request: Request, hook: OpenHook, refused: int, unread: int, fault: str | None) -> None:
    await process.of(request).registry.store.write(feedback_hooks.count, hook, refused, unread, fault)
