"""The voice door: a call answered with keys, in Turkish or English. Twilio posts each step and gets TwiML with 200
wherever the request is genuine. Only refusals of the caller's own number are possible."""

from __future__ import annotations

import re

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consents.brands.book import BrandDirectory
from consents.people.recipients import Recipient, found, phone
from consents.registry import Registry
from consents.store import Unknown
from gateways.outbox import outbox
from gateways.received import Forged
from gateways.twilio import hook as twilio_call
from gateways.twilio import twiml
from gateways.twilio.hook import SIGNATURE, SIGNATURE_SETTINGS, Heard
from gateways.url import Gateway
from optout.sms import polling
from optout.voice import call_refusals, dialogue, voice_lines
from optout.voice.call_refusals import PhoneCall
from optout.voice.dialogue import BRAND_DIGITS, CallChoice, CallEnding, CallPlace, Spoken, Step
from settings import Settings
from web import process

PATH = "/hooks/twilio/voice"
# What Twilio writes for ANONYMOUS, BLOCKED, RESTRICTED, UNAVAILABLE and UNKNOWN, dialled on a keypad.
HIDDEN = frozenset({"+266696687", "+2562533", "+7378742833", "+86282452253", "+8656696"})

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

log = structlog.get_logger()


async def take(request: Request) -> Response:
    """One step of a call; 403 without a valid signature or for a number that is not ours, 404 where no call is
    taken."""
    registry, settings = process.of(request).registry, process.of(request).settings
    gateway = settings.call_gateway
    if gateway is None:
        raise HTTPException(404)
    place = CallPlace.read(request.query_params)
    try:
        heard = await _genuine(request, gateway, settings)
        spoken = await answer(registry, settings, place, heard)
    except Forged as forged:
        log.warning("hook_refused", carrier="twilio", reason=forged.reason)
        return PlainTextResponse("forbidden", 403)
    except Exception as fault:  # whatever it is, the caller is asked to call again
        log.error("call_failed", error=type(fault).__name__)
        key = "unsure" if isinstance(fault, Unknown) else "unavailable"
        spoken = Spoken(voice_lines.other_way(place.language, key, settings.optout_number))
    return Response(_twiml(settings, spoken), media_type="text/xml")


async def _genuine(request: Request, gateway: Gateway, settings: Settings) -> Heard:
    """A request that Twilio signed for our public URL. Errors: Forged."""
    query = f"?{request.url.query}" if request.url.query else ""
    headers = request.headers
    heard = twilio_call.heard(
        gateway,
        f"{settings.public_url}{request.scope['raw_path'].decode('latin-1')}{query}",
        headers.get("content-type", ""),
        await request.body(),
        (headers.get(SIGNATURE, ""), headers.get(SIGNATURE_SETTINGS, "")),
    )
    if heard.to.lstrip("+") == gateway.sender.lstrip("+"):
        return heard
    if not await process.of(request).registry.store.read(polling.is_ours, settings, heard.to):
        raise Forged("number")
    return heard


async def answer(registry: Registry, settings: Settings, place: CallPlace, heard: Heard) -> Spoken:
    caller = _caller(heard.caller)
    if caller is None:
        return Spoken(voice_lines.other_way(place.language, "hidden", settings.optout_number))
    book = await _book(registry)
    found = dialogue.turn(place, heard.keys, book, caller, settings.site_name, settings.countries)
    if isinstance(found, CallEnding):
        await registry.store.write(call_refusals.end_access, registry, caller)
        return Spoken(voice_lines.lines(place.language, "access-ended", "goodbye"))
    return await _refuse(registry, settings, place, heard, caller, found) if isinstance(found, CallChoice) else found


async def _refuse(
    registry: Registry, settings: Settings, place: CallPlace, heard: Heard, caller: Recipient, choice: CallChoice
) -> Spoken:
    keys = f"{place.brand}#{heard.keys}" if place.step is Step.WHAT else f"*{heard.keys}"
    call = PhoneCall(heard.call, place.step, caller, heard.to, keys, settings.countries)
    done = await registry.store.write(call_refusals.refuse, registry, call, choice)
    outbox.arrived(registry)
    return dialogue.result_lines(done, place.language, caller, settings.countries)


async def _book(registry: Registry) -> BrandDirectory:
    return await registry.book()


def _caller(written: str) -> Recipient | None:
    """None where the number is hidden or invalid."""
    return None if written in HIDDEN or not _E164.fullmatch(written) else found(phone, written)


def _twiml(settings: Settings, spoken: Spoken) -> str:
    if spoken.then is None:
        return twiml.saying(spoken.lines)
    action = f"{settings.public_url}{PATH}?{spoken.then.query()}"
    return twiml.asking(spoken.lines, action, BRAND_DIGITS if spoken.then.step is Step.NUMBER else 1)
