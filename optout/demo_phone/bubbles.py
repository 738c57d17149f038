"""The trial phone's messages, received and written."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from consents.registry import Registry
from gateways.file import file_tail
from gateways.outbox import outbox
from gateways.outbox.outbox import Readable
from settings import Settings
from web.rendering.drawing import Trial

SHOWN = 30  # messages
_MOST = 200  # of everybody's that are looked through
_CODE = re.compile(r"#([0-9]{6})\s*\Z")


class Bubble(NamedTuple):
    """``at``: µs; ``mine``: written from the phone; ``code``: of a sign-in, "" where there is none."""

    at: int
    kind: str
    to: str
    subject: str
    text: str
    mine: bool = False
    code: str = ""


async def newest(registry: Registry, settings: Settings, trial: Trial) -> list[Bubble]:
    """Newest first. The outbox drops a code once sent, so the carrier's file is read too."""
    waiting = await registry.store.read(outbox.readable, registry.keyring, _MOST)
    files = {gateway.path for gateway in (settings.sms_gateway, settings.mail_gateway)}
    sent = [message for path in files for message in await asyncio.to_thread(file_tail.tail, path)]
    known = {(message.to, message.text) for message in waiting}
    received = [*waiting, *(message for message in sent if (message.to, message.text) not in known)]
    to_him = (_received(message) for message in received if message.to in trial)
    return sorted([*to_him, *_written(registry)], key=lambda bubble: bubble.at, reverse=True)[:SHOWN]


def wrote(registry: Registry, text: str, at: int) -> None:
    """Keeps a written message in memory. ``at``: µs."""
    _written(registry).append(Bubble(at, "sms", "", "", text, mine=True))


def newest_code(bubbles: Iterable[Bubble]) -> Bubble | None:
    return next((bubble for bubble in bubbles if bubble.code), None)


def _received(message: Readable) -> Bubble:
    found = _CODE.search(message.text)
    return Bubble(*message, code=found[1] if found else "")


def _written(registry: Registry) -> deque[Bubble]:
    return registry.store.own("trial-phone", lambda: deque[Bubble](maxlen=SHOWN))
