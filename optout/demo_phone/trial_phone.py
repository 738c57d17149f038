"""``/deneme``: the phone of a demo's person, one invented number, whose SMS and calls go through the carriers' doors;
404 on every other site."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateways.received import Received
from gateways.twilio.call_hook import Heard
from optout.demo_phone import bubbles
from optout.sms import sms_door
from optout.sms.reader.letters import LONGEST
from optout.voice import voice_door
from optout.voice.dialogue import CallPlace, Spoken
from web import forms, pages, process
from web.rendering.drawing import Trial, trial_allowed
from web.rendering.when import clock

CARRIER = "trial"
TRIES = ("RET CINAR", "DURUM", "GERI AL")  # offered as one tap
_KEYS = re.compile(r"[0-9*#]{0,20}")
_CALL = re.compile(r"CA[0-9a-f]{32}")


class TrialCall(NamedTuple):
    name: str
    spoken: Spoken


async def show(request: Request) -> Response:
    return await _page(request, _trial(request))


async def write(request: Request) -> Response:
    trial, registry, settings = _trial(request), process.of(request).registry, process.of(request).settings
    given = dict(await forms.pairs(request))
    text = (given.get("ready") or given.get("text", "")).strip()[:LONGEST]
    if text:
        at = registry.store.now()
        inbound = Received(CARRIER, uuid.uuid4().hex, trial.phone, settings.optout_number or "0", text, at)
        await sms_door.take(registry, settings, inbound, post=True)
        bubbles.wrote(registry, text, at)
    return pages.redirect(request, "/deneme")


async def call(request: Request) -> Response:
    trial, registry, settings = _trial(request), process.of(request).registry, process.of(request).settings
    given = dict(await forms.pairs(request))
    place = CallPlace.read(dict(parse_qsl(given.get("place", ""))))
    name = given.get("call", "")
    name = name if _CALL.fullmatch(name) else f"CA{uuid.uuid4().hex}"
    keys = given.get("key") or given.get("keys", "")
    if not _KEYS.fullmatch(keys):
        raise HTTPException(400)
    heard = Heard(name, trial.phone, settings.optout_number or "0", keys.removesuffix("#"))
    spoken = await voice_door.answer(registry, settings, place, heard)
    return await _page(request, trial, TrialCall(name, spoken))


def _trial(request: Request) -> Trial:
    """Errors: HTTPException 404 without a trial phone."""
    here = process.of(request)
    if here.trial is None or not trial_allowed(here.settings):
        raise HTTPException(404)
    return here.trial


async def _page(request: Request, trial: Trial, calling: TrialCall | None = None) -> Response:
    here = process.of(request)
    found = await bubbles.newest(here.registry, here.settings, trial)
    piece = calling is None and pages.wants_piece(request)
    return pages.render(
        request,
        "optout/_bubbles.html" if piece else "optout/phone.html",
        bubbles=found,
        code=bubbles.newest_code(found),
        call=calling,
        tries=TRIES,
        clock=clock,
    )
