"""Webhooks of carriers for received SMS: signed, or on a secret path. 200 only after the commit (rule L8); else the
carrier tries again or is polled."""

from __future__ import annotations

import re

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from asking.public import words
from consents.brands import sms_words
from consents.registry import Registry
from consents.store import StoreUnavailable
from gateways import carriers
from gateways.received import Ambiguous, Forged, Hook, Posted, Pushed, Received
from optout.sms import polling, sms_door
from optout.sms.reader import letters
from settings import Settings
from trust.codes import shown_texts
from web import process

_CONFIRMED = ("ONAY", *(undo.partition(" ")[0] for undo in sms_words.UNDO))  # GERI: also with a slip behind it

log = structlog.get_logger()


async def take(request: Request) -> Response:
    """200 once the messages are committed; 400 names unreadable entries, after all others are committed; 403 without a
    valid signature or for a number that is not ours; 404 for another carrier's path."""
    registry, settings = process.of(request).registry, process.of(request).settings
    hook = _hook(settings, request.path_params["carrier"], request.path_params["door"])
    try:
        pushed = hook.read(await _posted(request, registry, settings))
        if pushed.proven:
            await _check_numbers(registry, settings, pushed.messages)
    except Forged as forged:
        log.warning("hook_refused", carrier=settings.sms_gateway.scheme, reason=forged.reason)
        if isinstance(forged, Ambiguous):
            polling.ring(registry)
        return PlainTextResponse("forbidden", 403)
    try:
        reply = await _take(registry, settings, pushed, post=not hook.replies)
    except StoreUnavailable:
        return PlainTextResponse("the store cannot commit now", 503, {"retry-after": "120"})
    if pushed.faults:
        return PlainTextResponse("\n".join(pushed.faults), 400)
    body, media_type = hook.answer(reply)
    return Response(body, media_type=media_type)


def needs_proof(text: str) -> bool:
    """Whether a text could give a consent, bring one back, verify or sign in: ONAY, GERİ AL, UNDO, a request's word, or
    a page's text."""
    plain = letters.plain(text)
    if (sent := words.read(plain)) is not None and sent.purpose is not None:
        return True
    read = re.sub(r"[^A-Z]", "", f"{text.upper()} {plain}")
    return any(word in read for word in _CONFIRMED) or shown_texts.read(plain) is not None


def _hook(settings: Settings, carrier: str, door: str) -> Hook:
    """Errors: HTTPException 404 for every other carrier's path."""
    gateway = next((one for one in settings.sms_gateway.all if one.scheme == carrier), None)
    secret = settings.hook_secret
    found = None if gateway is None else carriers.hook(gateway, secret.get_secret_value() if secret else None)
    if found is None or not found.is_door(door):
        raise HTTPException(404)
    return found


async def _posted(request: Request, registry: Registry, settings: Settings) -> Posted:
    """The request under our public URL, which the signature covers. ``scope["path"]`` may lack a slash that was
    sent."""
    query = request.scope["query_string"].decode("latin-1")
    url = f"{settings.public_url}{request.scope['raw_path'].decode('latin-1')}{'?' if query else ''}{query}"
    door = request.path_params["door"]
    return Posted(door, url, request.headers, await request.body(), registry.store.now())


async def _check_numbers(registry: Registry, settings: Settings, messages: list[Received]) -> None:
    """Errors: Forged where a signed message went to a number that is not ours."""
    for message in messages:
        if not await registry.store.read(polling.is_ours, settings, message.to):
            raise Forged("number")


async def _take(registry: Registry, settings: Settings, pushed: Pushed, post: bool) -> str | None:
    """Takes messages in order, because a later one may undo an earlier; the last reply. Unproven consents wait for the
    carrier's own list, which is polled at once. Raises the first failure after the last message."""
    failures: list[Exception] = []
    reply = None
    for message in pushed.messages:
        if not pushed.proven and needs_proof(message.text):
            polling.ring(registry)
            continue
        try:
            reply = await sms_door.take(registry, settings, message, post=post)
        except StoreUnavailable:
            raise
        except Exception as failure:  # whatever it is, the other messages go on
            failures.append(failure)
    if failures:
        raise failures[0]
    return reply
