"""What carriers post to us when somebody writes an SMS. No cookie, no page: signed, or on a path that nobody knows.

Answered with 200 only after the commit (rule L8); a carrier that gets no such answer tries again or is read later.
"""

from __future__ import annotations

import re
from hmac import compare_digest
from xml.sax.saxutils import escape

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consents.registry import Registry
from gateways.received import Received
from gateways.twilio import hook as twilio_hook
from gateways.twilio.hook import SIGNATURE, SIGNATURE_SETTINGS, Ambiguous, Forged
from gateways.verimor import hook as verimor_push
from optout import inbox, letters, sms
from optout.inbound import Inbound
from optout.inbox import NOT_NOW
from settings import Settings

log = structlog.get_logger()


async def twilio_sms(request: Request) -> Response:
    """A received SMS, answered with TwiML; 403 for what Twilio did not sign or what is not to us."""
    registry, settings = request.app.state.registry, request.app.state.settings
    if settings.sms_gateway.scheme != "twilio":
        raise HTTPException(404)
    try:
        form = await _genuine(request, registry, settings)
    except Forged as forged:
        log.warning("hook_refused", carrier="twilio", reason=forged.reason)
        if isinstance(forged, Ambiguous):
            inbox.ring(registry)
        return PlainTextResponse("forbidden", 403)
    inbound = Inbound("twilio", form["MessageSid"], form["From"], form["To"], form["Body"], registry.store.now())
    try:
        reply = await sms.take(registry, settings, inbound, post=False)
    except NOT_NOW:
        return _unavailable()
    answer = "" if reply is None else f"<Message>{escape(reply)}</Message>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{answer}</Response>', media_type="text/xml")


async def verimor(request: Request) -> Response:
    """Received SMS in JSON, unsigned. Answers leave through the outbox.

    400 names entries that cannot be read, after all others are committed. What could give a consent waits for
    Verimor's own list, which is asked at once: a push proves nothing but that somebody knows the path.
    """
    registry, settings = request.app.state.registry, request.app.state.settings
    if not _knows_path(settings, request.path_params["secret"]):
        raise HTTPException(404)
    messages, faults = verimor_push.read(await request.body(), registry.store.now())
    try:
        await _take(registry, settings, messages)
    except NOT_NOW:
        return _unavailable()
    return PlainTextResponse("\n".join(faults), 400) if faults else PlainTextResponse("OK")


def needs_proof(text: str) -> bool:
    """Whether a text could give a consent, or bring one back: anything in which ONAY or GERİ AL can be read."""
    read = re.sub(r"[^A-Z]", "", f"{text.upper()} {letters.plain(text)}")
    return "ONAY" in read or "GERI" in read


async def _genuine(request: Request, registry: Registry, settings: Settings) -> dict[str, str]:
    """The form of a webhook that Twilio signed for our public URL, whatever host it was sent to. Raises Forged."""
    query, headers = request.scope["query_string"].decode("latin-1"), request.headers
    form = twilio_hook.form(
        settings.sms_gateway,
        f"{settings.public_url}{request.scope['path']}{'?' if query else ''}{query}",
        headers.get("content-type", ""),
        await request.body(),
        (headers.get(SIGNATURE, ""), headers.get(SIGNATURE_SETTINGS, "")),
    )
    if not await registry.store.read(inbox.is_ours, settings, form["To"]):
        raise Forged("number")
    return form


async def _take(registry: Registry, settings: Settings, messages: list[Received]) -> None:
    """Takes one after the other, for a later one may undo an earlier. Raises the first failure after the last."""
    failures: list[Exception] = []
    for message in messages:
        if needs_proof(message.text):
            inbox.ring(registry)
            continue
        try:
            await sms.take(registry, settings, Inbound(*message), post=True)
        except NOT_NOW:
            raise
        except Exception as failure:  # whatever it is, the other messages go on
            failures.append(failure)
    if failures:
        raise failures[0]


def _knows_path(settings: Settings, given: str) -> bool:
    """Whether this is the path that Verimor was given; in the same time for every wrong one."""
    secret = settings.hook_secret
    if settings.sms_gateway.scheme != "verimor" or secret is None:
        return False
    return compare_digest(given.encode(errors="replace"), secret.get_secret_value().encode())


def _unavailable() -> Response:
    return PlainTextResponse("the store cannot commit now", 503, {"retry-after": "120"})
