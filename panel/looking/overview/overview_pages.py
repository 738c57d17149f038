"""The overview of a company and of one brand, with pictures drawn on the server and the tables behind them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.looking import look_words
from panel.looking.overview import charts, overview_facts
from panel.looking.overview.overview_facts import DAYS, Movements
from panel.rights import Member
from providers.deliveries.taken_times import TakenWithin
from providers.refused.refused_counts import RefusedWay
from web import pages, process
from web.rendering import texts, when
from web.rendering.texts import mark

_WAYS = {
    RefusedWay.SINGLE: mark("programdan tek tek"),
    RefusedWay.LIST: mark("programdan listeyle"),
    RefusedWay.FILE: mark("dosyayla"),
    RefusedWay.HAND: mark("elle"),
}
_TAKEN = {
    TakenWithin.HOUR: mark("bir saat içinde alındı"),
    TakenWithin.DAY: mark("aynı gün alındı"),
    TakenWithin.IN_TIME: mark("üç iş günü içinde alındı"),
    TakenWithin.LATE: mark("üç iş gününden sonra alındı"),
    TakenWithin.OPEN: mark("henüz alınmadı, süresi var"),
    TakenWithin.OVERDUE: mark("alınmadı, süresi geçti"),
}


async def overview(request: Request, member: Member) -> Response:
    """A company at a glance."""
    store = process.of(request).registry.store
    facts = await store.read(overview_facts.of_company, member, store.now())
    drawn = _pictures(request, facts.movements)
    return panel_pages.render(request, member, "panel/looking/overview.html", facts=facts, **drawn)


async def brand(request: Request, member: Member) -> Response:
    """One brand at a glance."""
    found, store = member.objects["brand"], process.of(request).registry.store
    held, dealers, moved = await store.read(overview_facts.of_brand, found.id, store.now())
    drawn = _pictures(request, moved)
    return panel_pages.render(
        request, member, "panel/looking/brand.html", brand=found.what, held=held, dealers=dealers, **drawn
    )


def _pictures(request: Request, moved: Movements) -> dict[str, Any]:
    language = texts.language(request)[0]
    taken = [(kind.value, moved.taken.counts[kind]) for kind in TakenWithin]
    return {
        "channels": charts.by_channel(moved.counts, moved.first, DAYS),
        "doors": charts.doors(moved.counts),
        "disputes": charts.disputes(moved.counts),
        "taken": charts.shares(taken) if moved.taken.counts else [],
        "taken_whole": moved.taken.whole,
        "behind": moved.behind,
        "refused": moved.refused,
        "language": language,
        "days": DAYS,
        "door_word": lambda code: pages.text(request, look_words.door(code)),
        "taken_word": lambda code: pages.text(request, _TAKEN[TakenWithin(code)]),
        "way_word": lambda way: pages.text(request, _WAYS[way]),
        "weekday": lambda day: when.weekday(language, day),
    }
