"""Verifies a record number: shows its day and door, never the person. A check digit finds typing errors; possible but
unknown numbers count as guesses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import HOUR
from consents.queries import act_receipts
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.terms import Door
from evidence.checkpoints import LogKey
from optout.voice import call_refusals
from trust import limits, record_numbers
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web import errors, forms, pages, process
from web.rendering import receipt_words, texts, when

MISSES = 20  # numbers an hour from one neighbourhood that could be one and are none; a right one is never limited
_TEMPLATE = "optout/check.html"  # also of receipt_check.py


async def ask(request: Request) -> Response:
    return page(request)


async def detail(request: Request) -> Response:
    """The number's day and door; 422 for a mistyped one, 404 for an unknown one, 429 after too many guesses."""
    return await answer(request, (await forms.fields(request)).get("number", "")[:100])


async def answer(request: Request, typed: str) -> Response:
    if not record_numbers.well_formed(record_numbers.plain(typed)):
        return page(request, status=422, typed=typed, fault="typo")
    if await _guesses(request):
        return errors.answer(request, 429, {"retry-after": "3600"})
    found = await find(request, typed)
    if found is None:
        await _note(request)
        return page(request, status=404, typed=typed, fault="none")
    return page(request, found=found)


def page(request: Request, *, status: int = 200, **shown: Any) -> Response:
    """The page that checks numbers and documents. ``shown``: ``fault``, with what was ``typed``; or what was found:
    ``found`` of a number, ``receipt`` or a company's ``document`` (``resaved`` in a PDF that is not as it was given),
    ``paper`` of a receipt's PDF, ``record`` of a record's."""
    key = LogKey.of(process.of(request).registry.keyring).verifier()
    nothing: dict[str, Any] = dict.fromkeys(("found", "receipt", "document", "resaved", "paper", "record"))
    return pages.render(
        request, _TEMPLATE, status=status, verifier=key, **({"fault": "", "typed": ""} | nothing | shown)
    )


async def find(request: Request, typed: str) -> dict[str, str] | None:
    """The number, its day and its door in words; None where there is none."""
    registry = process.of(request).registry
    recorded = await registry.store.read(_recorded, registry, typed)
    if recorded is None:
        return None
    language, _ = texts.language(request)
    return {
        "plain": record_numbers.plain(typed),
        "number": record_numbers.spaced(record_numbers.plain(typed)),
        "day": when.day(language, recorded[0]),
        "door": receipt_words.how(language, recorded[1]),
    }


def _recorded(snapshot: Snapshot, registry: Registry, typed: str) -> tuple[int, Door] | None:
    """When (µs) and by which door, of a citizen's act or a call; None without either."""
    past = act_receipts.citizens(snapshot, record_numbers.read(registry.keyring, typed))
    if past is not None:
        return past.recorded_at, past.door
    if record_numbers.read_call(registry.keyring, typed) is None:
        return None
    call = call_refusals.find(snapshot, registry.keyring, typed)
    return (call.at, Door.VOICE) if call else None


async def _guesses(request: Request) -> bool:
    store, limit = process.of(request).registry.store, _limit(request)
    return await store.read(limits.used, limit, store.now()) >= limit.most


async def _note(request: Request) -> None:
    with suppress(StoreUnavailable):  # whoever cannot be counted is answered all the same
        await process.of(request).registry.store.write(limits.take, _limit(request))


def _limit(request: Request) -> Limit:
    ip = request.client.host if request.client else ""
    return Limit(mark(process.of(request).registry.keyring, "record miss", neighbourhood(ip)), MISSES, HOUR)
