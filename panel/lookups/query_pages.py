"""Query by criteria: counts, pages with masked addresses, and whole ones as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from consents import standing_counts
from consents.brands import dealer_records
from consents.channels import OF_CODE
from consents.people import recipients
from consents.queries import criteria_rows
from consents.queries.criteria_rows import ListPage, ListPlace
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Source
from panel import form_answers, panel_pages
from panel.exports import export_pages
from panel.exports.export_store import Export, ExportKind
from panel.lookups import lookup_texts, query_export, query_form
from panel.lookups.query_form import QueryForm
from panel.rights import Member, Permission
from web import forms, pages, process
from web.rendering import when
from web.rendering.texts import mark

ORDERS = {"tarih": False, "-tarih": True}  # by date: whether the newest comes first


class QueryAnswer(NamedTuple):
    """``amount``: how many, None for too many to count; ``counted_at``: the time of the tally (µs), None: now.
    ``shown``: masked addresses of the rows, None of erased people; ``dealers``: (code, title) by number; ``sortable``:
    whether they can be in the order of dates."""

    amount: int | None
    counted_at: int | None
    page: ListPage
    shown: list[str | None]
    dealers: dict[int, tuple[int, str]]
    sortable: bool


async def show(request: Request, member: Member) -> Response:
    store = process.of(request).registry.store
    form = await store.read(query_form.read, member, dict(request.query_params), store.now())
    return await _page(request, member, form)


async def ask_file(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    given = await forms.fields(request)
    form = await registry.store.read(query_form.read, member, given, registry.store.now())
    if not form.wanted:
        faults = form.faults or [("brand", query_form.NO_BRAND)]
        return await _page(request, member, form._replace(faults=faults))
    number = await form_answers.write(request, member, query_export.ask, member, form)
    path = f"{member.home}/sorgu/dosyalar"
    return pages.redirect(request, path if number is not None else f"{path}?bekleyin")


async def files(request: Request, member: Member) -> Response:
    return await export_pages.show(request, member, ExportKind.CONSENTS, words=lambda one: _asked(request, one))


async def download(request: Request, member: Member) -> Response:
    return await export_pages.download(request, member, "export", "izinler")


def _asked(request: Request, export: Export) -> list[str]:
    """The criteria of a file, in words."""
    _, given = query_form.unkept(export.criteria)
    words = [
        (label, request_text(given[name]))
        for name, (label, request_text) in _words(request).items()
        if name in given and name != "brand"
    ]
    return [f"{pages.text(request, label)}: {word}" for label, word in words]


def _words(request: Request) -> dict[str, tuple[str, Callable[[str], str]]]:
    """Labels of the criteria, and how each shows its value."""

    def term(words: Mapping[str, str]) -> Callable[[str], str]:
        return lambda value: pages.text(request, words[value]) if value in words else value

    return {
        "channel": (mark("Kanal"), term({str(Channel.of(code)): one.short for code, one in OF_CODE.items()})),
        "identity": (mark("Alıcı tipi"), term(query_form.IDENTITIES)),
        "status": (mark("Durum"), term(query_form.STATUSES)),
        "source": (mark("Nereden"), term({str(one): lookup_texts.source(one.code) for one in Source})),
        "dealer": (mark("Bayi"), str),
        "since": (mark("İzin tarihi: başlangıç"), str),
        "until": (mark("İzin tarihi: bitiş"), str),
        "batch": (mark("Yükleme numarası"), str),
    }


def _answer(
    snapshot: Snapshot, registry: Registry, form: QueryForm, order: str, after: ListPlace | None
) -> QueryAnswer:
    assert form.wanted is not None
    held = standing_counts.of_brands(snapshot, [one.brand for one in form.wanted])
    sortable = criteria_rows.sortable(form.wanted, held)
    if order in ORDERS and sortable:
        page = criteria_rows.by_date(snapshot, form.wanted, ORDERS[order], after)
    else:
        page = criteria_rows.first_rows(snapshot, form.wanted, after)
    tallied = all(criteria_rows.tallied(one, held[one.brand]) is not None for one in form.wanted)
    sealed = [row.sealed for row in page.rows]
    shown = [None if one is None else recipients.mask(one) for one in registry.keyring.unseal_all(sealed)]
    return QueryAnswer(
        criteria_rows.counted(snapshot, form.wanted, held),
        min((one.at for one in held.values() if one.at is not None), default=None) if tallied else None,
        page,
        shown,
        dealer_records.names(snapshot, {row.dealer for row in page.rows if row.dealer}),
        sortable,
    )


async def _page(request: Request, member: Member, form: QueryForm) -> Response:
    registry, answer = process.of(request).registry, None
    days = process.of(request).settings.hs_2015_old_days
    order = request.query_params.get("sirala", "")
    order = order if order in ORDERS else ""
    asked = {"brand": "", **form.given}
    if form.wanted is not None:
        after = query_form.place(request.query_params.get("after", ""))
        answer = await asyncio.to_thread(registry.store.read_now, _answer, registry, form, order, after)
    on = ""
    if answer is not None and answer.page.after is not None:
        on = urlencode({**asked, **({"sirala": order} if order else {}), "after": query_form.link(answer.page.after)})
    return panel_pages.render(
        request,
        member,
        "panel/looking/query.html",
        status=422 if form.faults else 200,
        form=form,
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        answer=answer,
        brands={one.id: one for one in form.brands},
        on=on,
        order=order,
        again=urlencode(asked),
        begun="after" in request.query_params,
        identities=[(value, pages.text(request, word)) for value, word in query_form.IDENTITIES.items()],
        statuses=[(value, pages.text(request, word)) for value, word in query_form.STATUSES.items()],
        sources=[(one, pages.text(request, lookup_texts.source(one.code))) for one in Source],
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        stamp=when.stamp,
        old=lambda row: lookup_texts.is_old(row.status, row.source, registry.store.now(), days),
        may_export=member.may(Permission.REPORT) and member.active,
        rows_shown=not member.is_staff,
    )
