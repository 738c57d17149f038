"""The whole record as a PDF of a few pages: a row for each brand; all that is recorded is attached as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from citizen import wording
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.queries.consent_lines import ConsentLine
from consents.rules import BEKLIYOR, ONAY, RET
from consents.terms import Identity, Source
from web.rendering import receipt_pdf, texts
from web.rendering.texts import mark, mark_counted

MOST = 500  # brands that are printed: some forty pages
_SOURCE = Path(__file__).parents[2] / "templates" / "citizen" / "receipts" / "record.typ"
_TITLE, _NUMBER, _MADE, _BRAND = mark("Kaydımın tamamı"), mark("Numara veya e-posta"), mark("Hazırlandı"), mark("Marka")
_COUNTS = {
    ONAY: mark_counted("%(count)s marka size reklam gönderebilir."),
    BEKLIYOR: mark_counted("%(count)s marka kararınızı bekliyor."),
    RET: mark_counted("%(count)s marka reddedildi."),
}
_OPENNESS = (ONAY, BEKLIYOR, RET)  # a brand counts once, by its most open consent
_STATES = {ONAY: mark("İzin var"), BEKLIYOR: mark("Kararınızı bekliyor"), RET: mark("Reddedildi")}
_REFUSED, _NONE = mark("Reddettiniz"), mark("Kayıt yok")
_CLOSED = mark("Yeni markalara kapalısınız: %(ways)s.")
_EMPTY = mark("Bu sistemde kayıtlı izniniz veya reddiniz yok.")
_MORE = mark_counted("ve %(count)s marka daha; hepsi ekli dosyadadır")
_FOOT = mark(
    "Bütün geçmişiniz, bilgisayarların okuduğu biçimde, bu PDF'e ekli izin.json dosyasındadır. "
    "PDF'in değişmediğini denetleyen sayfa:"
)
_JSON = mark("Kaydın tamamı, bilgisayar için (JSON)")
_AS = {
    (Identity.BIREYSEL.code,): mark("kendiniz için"),
    (Identity.TACIR.code,): mark("işletmeniz için"),
    (Identity.BIREYSEL.code, Identity.TACIR.code): mark("kendiniz ve işletmeniz için"),
}

Brands = Sequence[tuple[BrandEntry, list[ConsentLine]]]
_Cell = tuple[str, str]  # a state and its day


class RecordFrame(NamedTuple):
    """``address``: as shown; ``made_at``: in words; ``ways``: standing refusals in words, "" without any; ``whole``:
    the record as JSON; ``sections``: (title, lines) behind it."""

    site: str
    url: str
    address: str
    made_at: str
    ways: str
    whole: str
    sections: Sequence[tuple[str, Sequence[str]]] = ()


def made(language: str, brands: Brands, around: RecordFrame) -> bytes:
    translate = texts.catalogue(language).gettext
    channels = sorted({line.channel for _, lines in brands for line in lines})
    more = texts.counted(language, _MORE, len(brands) - MOST) % {"count": len(brands) - MOST}
    data = {
        "lang": language,
        "title": translate(_TITLE),
        "site": around.site,
        "facts": [(translate(_NUMBER), around.address), (translate(_MADE), around.made_at)],
        "lines": _summary(language, brands, around.ways),
        "head": [translate(_BRAND), *(translate(OF_CODE[channel].name) for channel in channels)],
        "rows": [row for brand, lines in brands[:MOST] for row in _rows(language, brand, lines, channels)],
        "more": more if len(brands) > MOST else "",
        "sections": around.sections,
        "foot": f"{translate(_FOOT)} {around.url}/dogrula",
        "proof": around.whole,
        "about": translate(_JSON),
    }
    return receipt_pdf.compiled(_SOURCE, data)


def letter(language: str, title: str, facts: Sequence[tuple[str, str]], lines: Sequence[str], site: str) -> bytes:
    """A page of text with its facts, as a PDF."""
    data = {"lang": language, "title": title, "site": site, "facts": facts, "lines": lines, "rows": [], "sections": []}
    about = {"head": [], "more": "", "foot": "", "proof": "", "about": ""}
    return receipt_pdf.compiled(_SOURCE, {**data, **about})


def _summary(language: str, brands: Brands, ways: str) -> list[str]:
    counts = dict.fromkeys(_OPENNESS, 0)
    for _, lines in brands:
        statuses = {line.status for line in lines}
        if (most := next((status for status in _OPENNESS if status in statuses), None)) is not None:
            counts[most] += 1
    written = [
        texts.counted(language, _COUNTS[status], count) % {"count": count} for status, count in counts.items() if count
    ]
    translate = texts.catalogue(language).gettext
    return [*(written or [translate(_EMPTY)]), *([translate(_CLOSED) % {"ways": ways}] if ways else [])]


def _rows(language: str, brand: BrandEntry, lines: list[ConsentLine], channels: list[int]) -> list[dict[str, Any]]:
    """One row, or two where consents of a person and of a business differ."""
    cells: dict[int, dict[int, _Cell]] = {}
    for line in lines:
        cells.setdefault(line.identity, {})[line.channel] = _cell(language, line)
    alike: dict[tuple[_Cell, ...], list[int]] = {}
    for identity in sorted(cells):
        row = tuple(cells[identity].get(channel, ("–", "")) for channel in channels)
        alike.setdefault(row, []).append(identity)
    translate = texts.catalogue(language).gettext
    named = Identity.TACIR.code in cells
    return [
        {
            "title": brand.title,
            "company": brand.company_title,
            "whose": translate(_AS[tuple(identities)]) if named else "",
            "cells": list(row),
        }
        for row, identities in (alike or {(("–", ""),) * len(channels): []}).items()
        if identities or not named
    ]


def _cell(language: str, line: ConsentLine) -> _Cell:
    translate = texts.catalogue(language).gettext
    if line.status is None:
        return translate(_NONE), ""
    own = line.status == RET and line.own and line.source != Source.IYS_AHS_HAT_KAPATMA.code and line.covered is None
    source = line.source if line.covered is None else line.covered.source
    dated = line.since > 0 and not line.veiled and source is not None and source != Source.HS_2015.code
    return translate(_REFUSED if own else _STATES[line.status]), wording.day(language, line.since) if dated else ""
