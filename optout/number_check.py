"""Verifies a record number: shows its day and door, never the person. A check digit finds typing errors; possible but
unknown numbers count as guesses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents import history
from consents.instants import HOUR
from consents.queries import act_receipts
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.terms import Door
from evidence.checkpoints import LogKey
from optout import verifier_file
from optout.voice import call_refusals
from trust import limits, record_numbers
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web import errors, forms, pages, process
from web.guards import READING
from web.rendering import receipt_words, texts, when

MISSES = 20  # numbers an hour from one neighbourhood that could be one and are none; a right one is never limited
_TEMPLATE = "optout/check.html"  # also of receipt_check.py


async def ask(request: Request) -> Response:
    """The form; after a POST the number's day and door."""
    typed = pages.result(request, request.url.path)
    found = await find(request, typed) if typed is not None else None
    return page(request, found=found)


async def detail(request: Request) -> Response:
    """Leads to the number's day and door; 422 for a mistyped one, 404 for an unknown one, 429 after too many
    guesses."""
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
    if request.method in READING:  # the link of a receipt's QR code
        return page(request, found=found)
    return pages.show_result(request, request.url.path, found["plain"])


def page(request: Request, *, status: int = 200, **shown: Any) -> Response:
    """The page that checks numbers and documents. ``shown``: ``fault``, with what was ``typed``; or what was found:
    ``found`` of a number, ``receipt`` or a company's ``document`` (``resaved`` in a PDF that is not as it was given,
    ``earlier`` if a replaced key signed it), ``paper`` of a receipt's PDF, ``record`` of a record's."""
    key = LogKey.of(process.of(request).registry.keyring).verifier()
    nothing: dict[str, Any] = dict.fromkeys(("found", "receipt", "document", "resaved", "earlier", "paper", "record"))
    return pages.render(
        request,
        _TEMPLATE,
        status=status,
        verifier=key,
        static=verifier_file,
        **({"fault": "", "typed": ""} | nothing | shown),
    )


class CheckedNumber(NamedTuple):
    """Its act or call: when, by which door. ``own``: the citizen's, so it has a receipt; ``undone_at``: µs or None."""

    at: int
    door: Door
    own: bool = True
    undone_at: int | None = None


async def find(request: Request, typed: str) -> dict[str, Any] | None:
    """The number, its day and its door in words; None where there is none."""
    registry = process.of(request).registry
    recorded = await registry.store.read(_recorded, registry, typed)
    if recorded is None:
        return None
    language, _ = texts.language(request)
    return {
        "plain": record_numbers.plain(typed),
        "number": record_numbers.spaced(record_numbers.plain(typed)),
        "day": when.day(language, recorded.at),
        "door": receipt_words.how(language, recorded.door),
        "own": recorded.own,
        "back": when.moment(language, recorded.undone_at) if recorded.undone_at else "",
    }


def _recorded(snapshot: Snapshot, registry: Registry, typed: str) -> CheckedNumber | None:
    """Of a citizen's act, of a record of the call desk, or of a call; None without any."""
    number = record_numbers.read(registry.keyring, typed)
    past = history.act(snapshot, number) if number is not None else None
    if past is not None:
        own = act_receipts.citizens(snapshot, past.id) is not None
        declared = past.door is Door.DESK and past.undoes is None and past.last_event >= past.first_event
        undoing = history.undone_by(snapshot, past.id) if declared else None
        undone = history.act(snapshot, undoing) if undoing is not None else None
        return (
            CheckedNumber(past.recorded_at, past.door, own, undone and undone.recorded_at) if own or declared else None
        )
    if record_numbers.read_call(registry.keyring, typed) is None:
        return None
    call = call_refusals.find(snapshot, registry.keyring, typed)
    return CheckedNumber(call.at, Door.VOICE) if call else None


async def _guesses(request: Request) -> bool:
    store, limit = process.of(request).registry.store, _limit(request)
    return await store.read(limits.used, limit, store.now()) >= limit.most


async def _note(request: Request) -> None:
    with suppress(StoreUnavailable):  # without the count there is an answer all the same
        await process.of(request).registry.store.write(limits.take, _limit(request))


def _limit(request: Request) -> Limit:
    ip = request.client.host if request.client else ""
    return Limit(mark(process.of(request).registry.keyring, "record miss", neighbourhood(ip)), MISSES, HOUR)
