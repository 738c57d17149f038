"""A brand's poster on A5 as a tagged PDF (PDF/UA-1); some 20 ms, so it is cached."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from consents.brands.book import BrandEntry
from settings import Settings
from web.rendering import qr, texts
from web.rendering.drawing import phone
from web.rendering.texts import mark

_SOURCE = Path(__file__).parents[2] / "templates" / "optout" / "poster.typ"
_TITLE, _ASK = mark("Afiş: %(title)s"), mark("Size reklam göndersin mi?")
_STEPS = (
    mark("Karekodu okutun ya da adresi yazın."),
    mark("Cep telefonu numaranızı veya e-postanızı yazın, gelen kodu girin."),
    mark("Reddedin ya da izin verin. İstediğiniz zaman değiştirebilirsiniz."),
)
_SMS = mark("Giriş yapmadan reddetmek için %(number)s numarasına yazın: %(word)s")
_FREE = mark("Ücretsizdir.")
_FOOT = mark("Adınız, T.C. kimlik numaranız ya da şifreniz sorulmaz. Bunları soran site biz değiliz.")
_BY = mark("Siteyi işleten: %(title)s")
_CODE = mark("Karekod:")


class Poster(NamedTuple):
    """``link``: of the QR; ``address``: the same as typed; ``number``: takes RET of all brands, "" of none;
    ``operator``: of the site, "" where unknown."""

    title: str
    company: str
    name: str
    link: str
    address: str
    number: str
    free: bool
    operator: str


def of_brand(settings: Settings, brand: BrandEntry) -> Poster:
    return Poster(
        brand.title,
        brand.company_title,
        brand.name,
        f"{settings.public_url}/m/{brand.code}",
        f"{settings.host}/m/{brand.code}",
        settings.optout_number or "",
        settings.optout_number_free,
        settings.operator_title or "",
    )


@lru_cache(maxsize=64)
def made(language: str, poster: Poster) -> bytes:
    translate = texts.catalogue(language).gettext
    data = {
        "lang": language,
        "document": translate(_TITLE) % {"title": poster.title},
        "title": poster.title,
        "company": poster.company,
        "ask": translate(_ASK),
        "qr": qr.svg(qr.pattern(poster.link), poster.address).decode(),
        "alt": f"{translate(_CODE)} {poster.address}",
        "address": poster.address,
        "steps": [translate(step) for step in _STEPS],
        "sms": _sms(language, poster),
        "foot": " ".join(
            filter(None, [translate(_FOOT), poster.operator and translate(_BY) % {"title": poster.operator}])
        ),
    }
    inputs = {"data": json.dumps(data)}
    source = _SOURCE.read_bytes()
    import typst  # large, and few processes need it

    return typst.compile(source, format="pdf", sys_inputs=inputs, pdf_standards="ua-1", ignore_system_fonts=True)


def _sms(language: str, poster: Poster) -> str:
    if not poster.number:
        return ""
    translate = texts.catalogue(language).gettext
    line = translate(_SMS) % {"number": phone(poster.number), "word": f"RET {poster.name}"}
    return f"{line}. {translate(_FREE)}" if poster.free else line
