"""The day's report by calls: totals, hash, agreement, time stamp, file (İYS “mutabakat”), kept as long as the law
requires. ``?type=MESAJ`` gives one channel's."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import date
from typing import Any, TypeVar

from starlette.responses import Response, StreamingResponse

from consents.languages import Sentence
from consents.store import Transaction
from providers.api import bodies, endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.background import AllBusy, WorkPool
from providers.api.endpoint import Call, Right
from providers.cases.meanings import CHANNELS, IDENTITIES
from providers.days import day_files, day_store, days_kept
from providers.days.day_store import ALL, Made, Which
from providers.deliveries import handout_store
from web.iys_fields import Field

# İYS has no code for a wrong body of an agreement; H097 is nearest.
AGREEMENT = Sentence('Mutabakat isteği geçersiz. Gövdede {"agreementStatus":true} gönderin.')
_making = WorkPool("report", 2)
_SOON = {"retry-after": "2"}  # seconds
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
T = TypeVar("T")


@endpoint.requires(Right.AGREEMENTS)
async def totals(call: Call) -> Answer:
    """A day's movements in numbers, of one identity; of a running day as of now."""
    text = str(call.request.path_params[Field.IDENTITY])
    if text not in IDENTITIES:
        raise Refusal(422, Fault("H116", (Field.IDENTITY,), text[:200]))
    day, made = await _report(call)
    channel, identity = _channel(call), IDENTITIES[text].code
    if made is not None:
        counts = made.counts
    elif days_kept.ended(call.registry, day):
        counts = {}
    else:
        counts = await _share(call, day, days_kept.running, call.registry, call.of_brand.id, day)
    of_these = {k: n for k, n in counts.items() if k.identity == identity and channel in (ALL, k.channel)}
    return Answer(200, wire.change_stats(of_these))


@endpoint.requires(Right.AGREEMENTS)
async def digest(call: Call) -> Answer:
    """The file's hash and whether it is agreed to; 204 for a day without movements, or a future one."""
    day, made = await _report(call)
    if made is None and days_kept.begun(call.registry, day) and not days_kept.ended(call.registry, day):
        return Answer(200, {"processStatus": "inprogress"})
    if made is None or not made.rows:
        return Answer(204)
    reply = {"processStatus": "completed", "hashValue": made.sha384.hex(), "hashMethod": "SHA-384"}
    return Answer(200, reply | {"agreementStatus": made.agreed_at is not None})


@endpoint.requires(Right.AGREEMENTS)
async def agree(call: Call) -> Answer:
    """Records that the provider agrees with the day: its movements have reached it."""
    body = await bodies.read_object(call.request, "H097", message=AGREEMENT)
    if faults := bodies.unknown(body, ("agreementStatus",)):
        raise Refusal(422, *faults)
    if body.get("agreementStatus") is not True:
        raise Refusal(422, Fault("H512", ("agreementStatus",), bodies.shown(body.get("agreementStatus"))))
    day, made = await _report(call)
    if made is None or not made.rows:
        return Answer(204)
    return await call.write(_agree, Which(call.of_brand.id, day, _channel(call)), made, call.caller.user)


@endpoint.requires(Right.AGREEMENTS)
async def stamp(call: Call) -> Answer | Response:
    """The file's RFC 3161 TimeStampResp; 204 without one yet."""
    day, made = await _report(call)
    if made is None or made.stamp is None:
        return Answer(204)
    return Response(made.stamp, headers=_download(call, day, "csv.tsr"), media_type="application/timestamp-reply")


@endpoint.requires(Right.AGREEMENTS)
async def file(call: Call) -> Answer | Response:
    """204 for a day without movements, or one that is not over."""
    day, made = await _report(call)
    if made is None or not made.rows:
        return Answer(204)
    which = Which(call.of_brand.id, day, _channel(call))
    handed = call.of_brand.id, call.caller.user, made.span.first, made.span.last, day_store.channel_of(which)
    if not await call.registry.store.read(handout_store.is_file_known, *handed):
        await call.registry.store.write(handout_store.note_file, *handed)
    headers = _download(call, day, "csv") | {"content-length": str(made.size)}
    return StreamingResponse(
        day_files.sent_slowly(call.registry.store, call.registry.keyring, which, made),
        headers=headers,
        media_type="text/csv",
    )


async def _report(call: Call) -> tuple[date, Made | None]:
    """The day and its report, which is made now where it is missing; it has no rows for a day without movements. None
    where the day is not over, or before the brand's first movement."""
    day, which_channel = _day(call), _channel(call)
    if not days_kept.ended(call.registry, day):
        return day, None
    store, which = call.registry.store, Which(call.of_brand.id, day, which_channel)
    kept = await store.read(day_store.find, which)
    if kept is not None:
        return day, kept
    return day, await _share(call, which, days_kept.ensure, call.registry, which)


async def _share(call: Call, key: Hashable, work: Callable[..., T], *arguments: Any) -> T:
    """Makes a report once for all callers. Errors: Refusal 503 H123 while another of the brand is made."""
    try:
        return await _making.share(call.registry.store, call.of_brand.id, key, work, *arguments)
    except AllBusy:
        raise Refusal(503, Fault("H123"), headers=_SOON) from None


def _day(call: Call) -> date:
    text = str(call.request.path_params["reportDate"])
    try:
        if not _DAY(text):  # fromisoformat takes weeks too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(422, Fault("H501", ("reportDate",), text[:200])) from None


def _channel(call: Call) -> int:
    text = call.request.query_params.get("type")
    if text is None:
        return ALL
    if text not in CHANNELS:
        raise Refusal(422, Fault("H117", ("type",), text[:200]))
    return CHANNELS[text].code


def _agree(transaction: Transaction, which: Which, made: Made, reader: int) -> Answer:
    day_store.agree_and_note(transaction, which, made, reader)
    return Answer(200, {"agreementCaptured": True})


def _download(call: Call, day: date, ending: str) -> dict[str, Any]:
    name = f"{call.of_brand.code}-{day}"
    return {"content-disposition": f'attachment; filename="{name}.{ending}"', "cache-control": "no-store"}
