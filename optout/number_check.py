"""Verifies a record number: shows its day and door, never the person. A check digit finds typing errors; possible but
unknown numbers count as guesses."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import HOUR
from consents.queries import act_receipts
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.terms import Door
from optout.voice import call_refusals
from trust import limits, record_numbers
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web import errors, forms, pages, process
from web.rendering import receipt_words, texts, when

MISSES = 20  # numbers an hour from one neighbourhood that could be one and are none; a right one is never limited
_TEMPLATE = "optout/number.html"


async def ask(request: Request) -> Response:
    return pages.render(request, _TEMPLATE, typed="", fault="", found=None)


async def detail(request: Request) -> Response:
    """The number's day and door; 422 for a mistyped one, 404 for an unknown one, 429 after too many guesses."""
    return await answer(request, (await forms.fields(request)).get("number", "")[:100])


async def answer(request: Request, typed: str) -> Response:
    if not record_numbers.well_formed(record_numbers.plain(typed)):
        return _again(request, typed, "typo", 422)
    if await _guesses(request):
        return errors.answer(request, 429, {"retry-after": "3600"})
    found = await find(request, typed)
    if found is None:
        await _note(request)
        return _again(request, typed, "none", 404)
    return pages.render(request, _TEMPLATE, typed="", fault="", found=found)


async def find(request: Request, typed: str) -> dict[str, str] | None:
    """The number, its day and its door in words; None where there is none."""
    registry = process.of(request).registry
    recorded = await registry.store.read(_recorded, registry, typed)
    if recorded is None:
        return None
    language, _ = texts.language(request)
    return {
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


def _again(request: Request, typed: str, fault: str, status: int) -> Response:
    return pages.render(request, _TEMPLATE, status=status, typed=typed, fault=fault, found=None)


async def _guesses(request: Request) -> bool:
    store, limit = process.of(request).registry.store, _limit(request)
    return await store.read(limits.used, limit, store.now()) >= limit.most


async def _note(request: Request) -> None:
    with suppress(StoreUnavailable):  # whoever cannot be counted is answered all the same
        await process.of(request).registry.store.write(limits.take, _limit(request))


def _limit(request: Request) -> Limit:
    ip = request.client.host if request.client else ""
    return Limit(mark(process.of(request).registry.keyring, "record miss", neighbourhood(ip)), MISSES, HOUR)
