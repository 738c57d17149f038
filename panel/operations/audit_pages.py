"""The audit log: a company's, and all for the operator's people. The search is posted, because links must not hold
addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from consents import dates
from consents.instants import day_of
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.audit import audit_log, audit_texts, looks
from panel.audit.audit_log import AuditSearch
from panel.audit.change import Change
from panel.lookups import query_form, record_search
from panel.operations import audit_lines
from panel.operations.audit_lines import AuditPage
from panel.people import brakes
from panel.rights import Capacity, Member, Staff
from providers.uploads.files.row_refusals import csv_bytes, spreadsheet_safe
from web import forms, pages, process
from web.rendering import when
from web.rendering.texts import mark

COMMANDS = "commands"  # chosen in the place of a person
MOST, AT_ONCE = 100_000, 500  # lines of a file, and of one reading
_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")
_HEAD = (
    mark("No"), mark("Zaman"), mark("Kim"), mark("Makine"), mark("Ne"), mark("Şirket"), mark("Ayrıntı"), mark("Önce"),
    mark("Sonra"), mark("Nedeni"),
)  # fmt: skip
_COMMAND, _OPERATOR, _VISITOR = mark("komut"), mark("siteyi işleten"), mark("başvuran")


async def show(request: Request, member: Member) -> Response:
    return await _page(request, member, {}, _read(member, {}))


async def search(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    return await _page(request, member, given, await _admitted(request, member, _read(member, given)))


async def _page(request: Request, member: Member, given: Mapping[str, str], reading: LogSearch) -> Response:
    """The search; of one with faults no line."""
    registry = process.of(request).registry
    found = await registry.store.read(_page_of, registry, member, reading.wanted, audit_log.PAGE)
    if reading.faults:
        found = found._replace(lines=[], earlier=0)
    translate = partial(pages.text, request)
    return panel_pages.render(
        request,
        member,
        "panel/deeds/log.html",
        status=reading.status,
        book=found,
        words={word: translate(sentence) for word, sentence in audit_texts.WORDS.items()},
        thing=partial(audit_texts.thing, translate),
        value=lambda what, kept: audit_texts.value(translate, what, kept, found.brands),
        commands=COMMANDS,
        typed=partial(audit_texts.typed, translate),
        given=given,
        wanted=reading.wanted,
        faults=[(place, translate(sentence)) for place, sentence in reading.faults],
        asks_why=_asks_why(member),
        path=request.url.path.removesuffix("/indir"),
    )


async def download(request: Request, member: Member) -> Response:
    """The lines that a search finds, the newest first, as CSV for Excel; at most ``MOST``. The download is logged."""
    registry, given = process.of(request).registry, await forms.fields(request)
    reading = await _admitted(request, member, _read(member, {**given, "before": ""}))
    if reading.faults:
        return await _page(request, member, given, reading)
    await form_answers.write(request, member, _fetched, member)

    async def body() -> AsyncIterator[bytes]:
        yield csv_bytes([[pages.text(request, one) for one in _HEAD]], bom="\ufeff")
        wanted, left = reading.wanted, MOST
        while left > 0:
            found = await registry.store.read(_page_of, registry, member, wanted, min(AT_ONCE, left))
            left -= len(found.lines)
            yield await asyncio.to_thread(_rows, partial(pages.text, request), found)
            if not found.earlier:
                return
            wanted = wanted._replace(before_id=found.earlier)

    name = f"islem-gecmisi-{member.at.code if member.company else 'site'}-{day_of(registry.store.now())}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(body(), headers=headers, media_type="text/csv; charset=utf-8")


class LogSearch(NamedTuple):
    """``faults``: (input's id, sentence); ``why``: of the operator's people who search for an address."""

    wanted: AuditSearch
    faults: list[tuple[str, str]]
    why: str = ""
    limited: bool = False

    @property
    def status(self) -> int:
        return 429 if self.limited else 422 if self.faults else 200


async def _admitted(request: Request, member: Member, reading: LogSearch) -> LogSearch:
    """Logs the search for an address by one of the operator's people, within their limit of look-ups. A search
    without an address looks at nobody."""
    wanted = reading.wanted
    if reading.faults or not wanted.address or not _asks_why(member):
        return reading
    if await form_answers.write(request, member, _looked, member, wanted.address, reading.why):
        return reading
    return reading._replace(faults=[("address", brakes.TOO_MANY_LOOKS)], limited=True)


def _looked(change: Change, member: Member, address: str, why: str) -> bool:
    """False, without an entry, above the limit."""
    if not brakes.may_look(change.transaction, change.keyring, member.person.id):
        return False
    change.note(
        "address-looked-at",
        looks.about(member),
        why=why,
        provider=member.company and member.company.id,
        address=address,
    )
    return True


def _asks_why(member: Member) -> bool:
    """Whether they are of the operator's people, who may search the log of everybody."""
    return member.person.staff is not Staff.NONE


def _read(member: Member, given: Mapping[str, str]) -> LogSearch:
    typed = given.get("address", "").strip()
    address = record_search.canonical(typed) if typed else ""
    since, until, faults = query_form.days(given)
    wanted = AuditSearch(
        provider=member.company.id if member.company else 0,
        person=form_answers.number(given.get("person", "")),
        what=given.get("what", "") if given.get("what", "") in audit_texts.WORDS else "",
        address=address or "",
        commands=given.get("person", "") == COMMANDS,
        before_id=form_answers.number(given.get("before", "")) or AuditSearch().before_id,
        for_company=member.capacity is Capacity.MEMBER,
        brands_of=member.person.id if member.brands is not None else 0,
        since=dates.day_bounds(since)[0] if since and not faults else 0,
        until=dates.day_bounds(until)[1] if until and not faults else 0,
    )
    why = form_answers.line(given.get("why", ""))
    if typed and _asks_why(member) and (fault := brakes.reason_fault(why)):
        faults = [("why", fault), *faults]
    return LogSearch(wanted, faults if address is not None else [("address", _NO_ADDRESS), *faults], why)


def _page_of(snapshot: Snapshot, registry: Registry, member: Member, wanted: AuditSearch, most: int) -> AuditPage:
    """A company reads that its operator did it, and not who of the operator's people, or on which machine."""
    sees = (lambda brand: True) if member.company is None else member.sees
    return audit_lines.read(snapshot, registry.keyring, wanted, member.company is None, sees, most)


def _fetched(change: Change, member: Member) -> None:
    change.note("log-exported", provider=None if member.company is None or member.is_staff else member.at.id)


def _rows(translate: Callable[[str], str], found: AuditPage) -> bytes:
    rows = []
    for one in found.lines:
        other = _COMMAND if one.by_command else _OPERATOR if one.by_operator else _VISITOR
        cells = [
            when.stamp(one.at),
            one.who or translate(other),
            audit_texts.typed(translate, one.typed),
            translate(audit_texts.WORDS[one.what]) if one.what in audit_texts.WORDS else one.what,
            one.company,
            audit_texts.thing(translate, one.about),
            audit_texts.value(translate, one.what, one.before, found.brands) if one.before else "",
            audit_texts.value(translate, one.what, one.after, found.brands) if one.after else "",
            one.why,
        ]
        rows.append([str(one.id), *map(spreadsheet_safe, cells)])
    return csv_bytes(rows)
