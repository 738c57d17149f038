"""The whole record of an address: a page, a PDF, JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import record_pdf
from citizen.receipts.record_pdf import RecordFrame
from citizen.rows import history_sentences, list_filter, row_model, shown_lines
from citizen.rows.row_model import IDENTITIES, RowModel
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import blankets
from consents.brands.book import BrandEntry
from consents.instants import ISTANBUL, moment
from consents.keys import Keyring
from consents.ledger.blanket_acts import Way
from consents.queries import queries, timeline
from consents.queries.consent_lines import ConsentLine
from consents.queries.timeline import AheadAct, Entry, KeyChange
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Actor, Source
from trust import paper_seals, record_numbers
from web import pages, process
from web.process import Process
from web.rendering import texts
from web.rendering.drawing import phone
from web.rendering.texts import mark

_BOTH = mark("kendiniz ve işletmeniz için")
_REFUSED_AHEAD = mark("Yeni markalara kapandınız: %(ways)s.")
_ENDED_AHEAD = mark("Yeni markalara yeniden açıksınız: %(ways)s.")

JSON_PATH, PDF_PATH = "/izinler/kayit.json", "/izinler/kayit.pdf"
PAGE = 30  # brands
SEARCHED = 14  # brands from which on there is a search, as in the list


class Whole(NamedTuple):
    """Brands of a recipient's record, in the directory's order, with lines and history. ``total``: of all brands in
    it; ``refused_ahead``: the standing refusals in force; ``ahead``: the acts about them."""

    brands: list[tuple[BrandEntry, list[ConsentLine], list[Entry]]]
    total: int
    dealers: dict[int, str]
    refused_ahead: list[Way]
    ahead: list[AheadAct]


class RecordMore(NamedTuple):
    """What a copy of all data has beside the record: sections (title, lines) of the PDF, members of the JSON."""

    sections: Sequence[tuple[str, Sequence[str]]] = ()
    data: Mapping[str, Any] = {}


NOTHING_MORE = RecordMore()


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """The record, a page of brands at a time; ``q`` finds some."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    q = list_filter.search(request).strip()
    whole, now = await _read(request, holder, q), registry.store.now()
    language, _ = texts.language(request)
    count = max(1, -(-len(whole.brands) // PAGE))
    page = min(max(list_filter.page(request), 1), count)

    def drawn(brand: BrandEntry, lines: list[ConsentLine], entries: list[Entry]) -> dict[str, Any]:
        story = history_sentences.story(language, registry.keyring, entries, whole.dealers, now)
        looks = [row_model.build(line, language, stopping="") for line in lines]
        days = [wording.day(language, line.since) for line in lines]
        rows = list(zip(looks, days, strict=True))
        return {"brand": brand, "states": _states(language, lines, looks), "rows": rows, "story": story}

    return pages.render(
        request,
        "citizen/consents/record.html",
        **holders.frame(request, session, holder),
        made_at=wording.moment(language, now),
        pdf_path=PDF_PATH,
        json_path=JSON_PATH,
        q=q,
        searched=whole.total > SEARCHED or bool(q),
        count=whole.total,
        found=len(whole.brands),
        brands=[drawn(*one) for one in whole.brands[(page - 1) * PAGE : page * PAGE]],
        page=page,
        pages=count,
        before=list_filter.turned(request, page - 1) if page > 1 else "",
        after=list_filter.turned(request, page + 1) if page < count else "",
        ahead=wording.ways(language, whole.refused_ahead, named=True) if whole.refused_ahead else "",
        ahead_story=[_standing(language, registry.keyring, one) for one in whole.ahead],
    )


@sessions.required
async def download(request: Request, session: Session) -> Response:
    """The record as JSON; times are ISO 8601 with Türkiye's offset, words those of the regulator's lists."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    whole = await _read(request, holder)
    site, now = process.of(request).settings.site_name, registry.store.now()
    body = await asyncio.to_thread(as_json, registry.keyring, whole, holder.masked, site, now)
    headers = {"content-disposition": 'attachment; filename="izin.json"'}
    return Response(body, media_type="application/json", headers=headers)


@sessions.required
async def paper(request: Request, session: Session) -> Response:
    """The record as a sealed PDF, a row for each brand, with its JSON attached."""
    holder = holders.current(request, session)
    whole = await _read(request, holder)
    language, _ = texts.language(request)
    made = await asyncio.to_thread(as_pdf, process.of(request), language, holder, whole)
    headers = {"content-disposition": 'attachment; filename="izin.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def as_pdf(here: Process, language: str, holder: Holder, whole: Whole, more: RecordMore = NOTHING_MORE) -> bytes:
    keyring, site, now = here.registry.keyring, here.settings.site_name, here.registry.store.now()
    ways = wording.ways(language, whole.refused_ahead, named=True)
    written = as_json(keyring, whole, holder.masked, site, now, more)
    at = wording.moment(language, now)
    around = RecordFrame(site, here.settings.public_url, phone(holder.address), at, ways, written, more.sections)
    made = record_pdf.made(language, [(brand, lines) for brand, lines, _ in whole.brands], around)
    return paper_seals.sealed(made, paper_seals.of_minute(paper_seals.RECORD, now), keyring)


def as_json(keyring: Keyring, whole: Whole, masked: str, site: str, now: int, more: RecordMore = NOTHING_MORE) -> str:
    record = {
        "address": masked,
        "made_at": _iso(now),
        "registry": site,
        "refused_ahead": [_way(*way) for way in whole.refused_ahead],
        "ahead": [_ahead(keyring, one) for one in whole.ahead],
        "brands": [_brand(keyring, whole.dealers, *one) for one in whole.brands],
        **more.data,
    }
    return json.dumps(record, ensure_ascii=False, indent=1)


async def _read(request: Request, holder: Holder, q: str = "") -> Whole:
    """In a thread: a whole record may be long. ``q``: of the brands that it finds alone."""
    registry = process.of(request).registry
    return await asyncio.to_thread(registry.store.read_now, whole_of, registry, holder, registry.store.now(), q)


def whole_of(snapshot: Snapshot, registry: Registry, holder: Holder, now: int, q: str = "") -> Whole:
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return Whole([], 0, {}, [], [])
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    groups = queries.whole(snapshot, book, recipient, now, since=since)
    entries_by_brand = timeline.by_brand(
        timeline.entries(snapshot, recipient, since=since, reconsent=registry.policy.reconsent)
    )
    lines = {group.brand.id: group.lines for group in groups}
    every = {*lines, *entries_by_brand}
    shown = every & {brand.id for brand in book.search(q)} if q else every
    brands = sorted((book.by_id[number] for number in shown), key=lambda brand: brand.rank)
    words = [change.word for entries in entries_by_brand.values() for entry in entries for change in entry.changes]
    dealers = queries.dealer_titles(snapshot, queries.dealers(groups) | {word.dealer for word in words})
    return Whole(
        [(brand, lines.get(brand.id, []), entries_by_brand.get(brand.id, [])) for brand in brands],
        len(every),
        dealers,
        sorted(covered[1:] for covered in blankets.in_force(snapshot, [recipient])),
        timeline.ahead_acts(snapshot, recipient, since),
    )


def _states(language: str, lines: list[ConsentLine], looks: list[RowModel]) -> list[tuple[str, bool, str]]:
    """What stands, in a line for each state: (word, whether it is the citizen's own, the ways in words)."""
    which: dict[tuple[str, bool], list[Way]] = {}
    for line, look in zip(lines, looks, strict=True):
        which.setdefault((look.word, look.mine), []).append((line.channel, line.identity))
    named = any(line.identity for line in lines)
    return [(*state, _ways(language, ways, named=named)) for state, ways in which.items()]


def _ways(language: str, ways: list[Way], *, named: bool) -> str:
    """As ``wording.ways``, shorter where a person's and a business's are the same."""
    channels = sorted({channel for channel, _ in ways})
    if len(ways) < len(IDENTITIES) * len(channels) or not named:
        return wording.ways(language, ways, named=named)
    return f"{wording.channels(language, channels)} ({wording.translate(language, _BOTH)})"


def _standing(language: str, keyring: Keyring, one: AheadAct) -> tuple[str, str, str, str]:
    """An act about standing refusals in words: (when, what, when it was undone, record number)."""
    refuses, ways = one.parts[0].refuses, wording.ways(language, [part[:2] for part in one.parts], named=True)
    undone = wording.moment(language, one.undone_at) if one.undone_at else ""
    sentence = wording.translate(language, _REFUSED_AHEAD if refuses else _ENDED_AHEAD) % {"ways": ways}
    return wording.moment(language, one.recorded_at), sentence, undone, record_numbers.of_act(keyring, one.act)


def _ahead(keyring: Keyring, one: AheadAct) -> dict[str, Any]:
    return {
        "refuses": one.parts[0].refuses,
        "ways": [_way(*part[:2]) for part in one.parts],
        "recorded_at": _iso(one.recorded_at),
        "record_number": record_numbers.of_act(keyring, one.act),
        "undone_at": _iso(one.undone_at) if one.undone_at else None,
    }


def _way(channel: int, identity: int) -> dict[str, str]:
    return {"channel": row_model.CHANNELS[channel], "identity": row_model.IDENTITIES[identity]}


def _brand(
    keyring: Keyring, dealers: Mapping[int, str], brand: BrandEntry, lines: list[ConsentLine], entries: list[Entry]
) -> dict[str, Any]:
    return {
        "code": brand.code,
        "title": brand.title,
        "company": brand.company_title,
        "company_code": brand.company_code,
        "consents": [_line(dealers, line) for line in lines],
        "history": [_change(keyring, dealers, entry, change) for entry in entries for change in entry.changes],
    }


def _line(dealers: Mapping[int, str], line: ConsentLine) -> dict[str, Any]:
    return {
        "channel": row_model.CHANNELS[line.channel],
        "identity": row_model.IDENTITIES[line.identity],
        "status": row_model.WORDS[line.status],
        **({} if line.veiled else _word(dealers, line.source, line.at, line.dealer)),
        **({"asked_until": _iso(line.asked.until)} if line.asked else {}),
        **({"covers": _word(dealers, *line.covered)} if line.covered else {}),
    }


def _change(keyring: Keyring, dealers: Mapping[int, str], entry: Entry, change: KeyChange) -> dict[str, Any]:
    return {
        "transaction_id": keyring.transaction_id(change.word.event, entry.recorded_at),
        "channel": row_model.CHANNELS[change.channel],
        "identity": row_model.IDENTITIES[change.identity],
        "status": row_model.WORDS[change.word.status],
        **_word(dealers, change.word.source, change.word.at, change.word.dealer),
        "waited": change.waited,
        "recorded_at": _iso(entry.recorded_at),
        "by": str(entry.actor),
        "record_number": record_numbers.of_act(keyring, entry.act) if entry.actor is Actor.CITIZEN else None,
        "door": str(entry.door),
        "announces_an_undo": entry.undoes is not None,
        "follows_from_ahead": entry.ahead,
        "undone_at": _iso(entry.undone_at) if entry.undone_at else None,
    }


def _word(dealers: Mapping[int, str], source: int | None, at: int, dealer: int | None) -> dict[str, Any]:
    return {
        "source": None if source is None else str(Source.of(source)),
        "decided_at": _iso(at) if at else None,
        "dealer": None if dealer is None else dealers[dealer],
    }


def _iso(at: int) -> str:
    return moment(at).astimezone(ISTANBUL).isoformat(timespec="seconds")
