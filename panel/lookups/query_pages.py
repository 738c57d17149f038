"""Query by criteria: counts, pages with masked addresses, and whole ones as a file."""

from __future__ import annotations

import asyncio
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from consents import standing_counts
from consents.brands.companies import KnownBrand
from consents.people import recipients
from consents.queries import criteria_rows, queries
from consents.queries.criteria_rows import CriteriaPage
from consents.registry import Registry
from consents.rules import BEKLIYOR, RET
from consents.standing_counts import HeldCount
from consents.store import Snapshot
from consents.terms import Source
from panel import form_answers, panel_pages
from panel.exports import export_pages
from panel.exports.export_store import ExportKind
from panel.lookups import lookup_texts, query_export, query_form
from panel.lookups.query_form import QueryForm
from panel.rights import Member, Permission
from web import forms, pages, process


class QueryAnswer(NamedTuple):
    """``amount``: how many; ``exact``: not more; ``held``: the tally used, None where rows were counted. ``shown``:
    masked addresses of the rows, None of erased people; ``dealers``: titles by number."""

    amount: int
    exact: bool
    held: HeldCount | None
    page: CriteriaPage
    shown: list[str | None]
    dealers: dict[int, str]


async def show(request: Request, member: Member) -> Response:
    store = process.of(request).registry.store
    form = await store.read(query_form.read, member, dict(request.query_params), store.now())
    return await _page(request, member, form)


async def ask_file(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    given = await forms.fields(request)
    form = await registry.store.read(query_form.read, member, given, registry.store.now())
    if form.wanted is None:
        faults = form.faults or [("brand", query_form.NO_BRAND)]
        return await _page(request, member, form._replace(faults=faults))
    number = await form_answers.write(request, member, query_export.ask, member, form)
    path = f"{member.home}/sorgu/dosyalar"
    return pages.redirect(request, path if number is not None else f"{path}?bekleyin")


async def files(request: Request, member: Member) -> Response:
    return await export_pages.show(request, member, ExportKind.CONSENTS)


async def download(request: Request, member: Member) -> Response:
    return await export_pages.download(request, member, "export", "izinler")


def _answer(snapshot: Snapshot, registry: Registry, form: QueryForm, after: criteria_rows.Place | None) -> QueryAnswer:
    assert form.wanted is not None
    held = standing_counts.of_brand(snapshot, form.wanted.brand)
    tallied = criteria_rows.tallied(form.wanted, held)
    if tallied is not None and form.wanted.status in (RET, BEKLIYOR):
        silent = criteria_rows.answered_by_silence(snapshot, form.wanted)
        tallied = tallied + silent if form.wanted.status == RET else max(0, tallied - silent)
    count, exact = (tallied, True) if tallied is not None else criteria_rows.count(snapshot, form.wanted)
    page = criteria_rows.first_rows(snapshot, form.wanted, after or criteria_rows.START)
    shown = [
        None if one is None else recipients.mask(one)
        for one in registry.keyring.unseal_all([r.sealed for r in page.rows])
    ]
    dealers = queries.dealer_titles(snapshot, {row.dealer for row in page.rows})
    return QueryAnswer(count, exact, held if tallied is not None else None, page, shown, dealers)


async def _page(request: Request, member: Member, form: QueryForm) -> Response:
    registry, answer = process.of(request).registry, None
    if form.wanted is not None:
        after = query_form.place(request.query_params.get("after", ""))
        answer = await asyncio.to_thread(registry.store.read_now, _answer, registry, form, after)
    on = ""
    if answer is not None and answer.page.after is not None:
        on = urlencode({**form.given, "after": ".".join(map(str, answer.page.after))})
    brand: KnownBrand | None = form.brand
    return panel_pages.render(
        request,
        member,
        "panel/looking/query.html",
        status=422 if form.faults else 200,
        form=form,
        faults=[(place, pages.text(request, sentence)) for place, sentence in form.faults],
        answer=answer,
        brand=brand,
        on=on,
        begun="after" in request.query_params,
        sources=[(one, pages.text(request, lookup_texts.source(one.code))) for one in Source],
        source=lambda code: pages.text(request, lookup_texts.source(code)),
        may_export=member.may(Permission.REPORT) and member.active,
        rows_shown=not member.is_staff,
    )
