"""``/deneme``: the phone of a demo's person, one invented number, whose SMS and calls go through the carriers' doors;
404 on every other site."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents.registry import Registry
from gateways.file import sending
from gateways.outbox import outbox
from gateways.outbox.outbox import Readable
from gateways.received import Received
from gateways.twilio.hook import Heard
from optout.sms import sms_door
from optout.sms.reader.letters import LONGEST
from optout.voice import voice_door
from optout.voice.dialogue import CallPlace, Spoken
from settings import Settings
from web import forms, pages, process
from web.rendering.drawing import Trial, trial_allowed
from web.rendering.when import clock

CARRIER = "trial"
TRIES = ("RET CINAR", "DURUM", "GERI AL")  # offered as one tap
_KEYS = re.compile(r"[0-9*#]{0,20}")
_CALL = re.compile(r"CA[0-9a-f]{32}")
SHOWN = 30  # messages
_MOST = 200  # of everybody's that are looked through
_SCRIPTS = {"ar": re.compile("[\u0621-\u064a]{3}"), "ru": re.compile("[\u0430-\u044f]{3}")}
_RELATIVES = re.compile(r"(?<![0-9])([0-9]{6})(?![0-9])")  # their messages have no line for the browser
_CODE = re.compile(r"#([0-9]{6})\s*\Z")


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
        wrote(registry, text, at)
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
    found = await newest(here.registry, here.settings, trial)
    piece = calling is None and pages.wants_piece(request)
    return pages.render(
        request,
        "optout/_bubbles.html" if piece else "optout/phone.html",
        bubbles=found,
        code=newest_code(found),
        call=calling,
        tries=TRIES,
        clock=clock,
    )


class Bubble(NamedTuple):
    """``at``: µs; ``mine``: written from the phone; ``code``: of a sign-in, "" where there is none."""

    at: int
    kind: str
    to: str
    subject: str
    text: str
    mine: bool = False
    code: str = ""

    @property
    def language(self) -> str:
        """Where the script shows it; else ""."""
        return next((language for language, letters in _SCRIPTS.items() if letters.search(self.text)), "")


async def newest(registry: Registry, settings: Settings, trial: Trial) -> list[Bubble]:
    """Newest first. The outbox drops a code once sent, so the carrier's file is read too."""
    waiting = await registry.store.read(outbox.readable, registry.keyring, _MOST)
    files = {gateway.path for gateway in (settings.sms_gateway, settings.mail_gateway)}
    sent = [message for path in files for message in await asyncio.to_thread(sending.tail, path)]
    known = {(message.to, message.text) for message in waiting}
    received = [*waiting, *(message for message in sent if (message.to, message.text) not in known)]
    to_him = (_received(message, trial) for message in received if message.to in trial)
    return sorted([*to_him, *_written(registry)], key=lambda bubble: bubble.at, reverse=True)[:SHOWN]


def wrote(registry: Registry, text: str, at: int) -> None:
    """Keeps a written message in memory. ``at``: µs."""
    _written(registry).append(Bubble(at, "sms", "", "", text, mine=True))


def newest_code(bubbles: Iterable[Bubble]) -> Bubble | None:
    return next((bubble for bubble in bubbles if bubble.code), None)


def _received(message: Readable, trial: Trial) -> Bubble:
    found = (_RELATIVES if message.to == trial.relative else _CODE).search(message.text)
    return Bubble(*message, code=found[1] if found else "")


def _written(registry: Registry) -> deque[Bubble]:
    return registry.store.own("trial-phone", lambda: deque[Bubble](maxlen=SHOWN))
