"""The whole record of an address, as JSON or for print."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.rows import history_sentences, row_model, shown_lines
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
from trust import record_numbers
from web import pages, process
from web.rendering import texts
from web.rendering.texts import mark

_REFUSED_AHEAD = mark("Yeni markalara kapandınız: %(ways)s.")
_ENDED_AHEAD = mark("Yeni markalara yeniden açıksınız: %(ways)s.")

PATH, JSON_PATH = "/izinler/kayit", "/izinler/kayit.json"


class Whole(NamedTuple):
    """Each brand of a recipient's record, in the directory's order, with lines and history. ``refused_ahead``: the
    standing refusals in force; ``ahead``: the acts about them."""

    brands: list[tuple[BrandEntry, list[ConsentLine], list[Entry]]]
    dealers: dict[int, str]
    refused_ahead: list[Way]
    ahead: list[AheadAct]


@sessions.required
async def show(request: Request, session: Session) -> Response:
    holder = holders.current(request, session)
    registry = process.of(request).registry
    whole, now = await _read(request, holder), registry.store.now()
    language, _ = texts.language(request)

    def drawn(brand: BrandEntry, lines: list[ConsentLine], entries: list[Entry]) -> dict[str, Any]:
        story = history_sentences.story(language, registry.keyring, entries, whole.dealers, now)
        looks = [row_model.face(line, language, stopping="") for line in lines]
        days = [wording.day(language, line.at) for line in lines]
        return {"brand": brand, "rows": list(zip(looks, days, strict=True)), "story": story}

    return pages.render(
        request,
        "citizen/consents/record.html",
        **holders.frame(request, session, holder),
        made_at=wording.moment(language, now),
        json_path=JSON_PATH,
        brands=[drawn(*one) for one in whole.brands],
        ahead=wording.ways(language, whole.refused_ahead, named=True) if whole.refused_ahead else "",
        ahead_story=[_standing(language, registry.keyring, one) for one in whole.ahead],
    )


@sessions.required
async def download(request: Request, session: Session) -> Response:
    """The record as JSON; times are ISO 8601 with Türkiye's offset, words those of the regulator's lists."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    whole = await _read(request, holder)
    record = {
        "address": holder.masked,
        "made_at": _iso(registry.store.now()),
        "registry": process.of(request).settings.site_name,
        "refused_ahead": [_way(*way) for way in whole.refused_ahead],
        "ahead": [_ahead(registry.keyring, one) for one in whole.ahead],
        "brands": [_brand(registry.keyring, whole.dealers, *one) for one in whole.brands],
    }
    body = json.dumps(record, ensure_ascii=False, indent=1)
    headers = {"content-disposition": 'attachment; filename="izin.json"'}
    return Response(body, media_type="application/json", headers=headers)


async def _read(request: Request, holder: Holder) -> Whole:
    """In a thread: a whole record may be long."""
    registry = process.of(request).registry
    return await asyncio.to_thread(registry.store.read_now, _whole, registry, holder, registry.store.now())


def _whole(snapshot: Snapshot, registry: Registry, holder: Holder, now: int) -> Whole:
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return Whole([], {}, [], [])
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    groups = queries.whole(snapshot, book, recipient, now, since=since)
    entries_by_brand = timeline.by_brand(
        timeline.entries(snapshot, recipient, since=since, reconsent=registry.policy.reconsent)
    )
    lines = {group.brand.id: group.lines for group in groups}
    brands = sorted((book.by_id[number] for number in {*lines, *entries_by_brand}), key=lambda brand: brand.rank)
    words = [change.word for entries in entries_by_brand.values() for entry in entries for change in entry.changes]
    dealers = queries.dealer_titles(snapshot, queries.dealers(groups) | {word.dealer for word in words})
    return Whole(
        [(brand, lines.get(brand.id, []), entries_by_brand.get(brand.id, [])) for brand in brands],
        dealers,
        sorted(covered[1:] for covered in blankets.in_force(snapshot, [recipient])),
        timeline.ahead_acts(snapshot, recipient, since),
    )


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
