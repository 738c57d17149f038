"""A poster's sheet (A5) and cards (eight on A4) as tagged PDFs (PDF/UA-1); some 20 ms each, so they are cached."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from asking import forms
from asking.forms import Version
from consents.brands.book import BrandEntry
from consents.channels import OF_CODE, SPECS
from settings import Settings
from web.rendering import qr, texts
from web.rendering.drawing import phone
from web.rendering.texts import mark

_SOURCE = Path(__file__).parents[1] / "templates" / "asking" / "till_papers.typ"
_ASK = mark("Size reklam için ulaşalım mı?")
_FREE = mark("Karekodu okutun ve evet ya da hayır deyin. Alışverişiniz buna bağlı değildir.")
_SMS = mark("SMS ile: %(number)s numarasına ONAY %(word)s ya da HAYIR %(word)s yazın.")
_NOBODY = mark("Telefonunuza gelen kodu kimseye söylemeyin.")
_CODE = mark("Karekod:")


class TillPoster(NamedTuple):
    """``link``: of the QR; ``address``: the same as typed; ``number``: takes the word by SMS, "" for none;
    ``channels``: one bit each."""

    title: str
    company: str
    promise: str
    channels: int
    link: str
    address: str
    word: str
    number: str


def of_poster(settings: Settings, brand: BrandEntry, version: Version, word: str) -> TillPoster:
    by_sms = not any(OF_CODE[one.code].mail for one in forms.channels_in(version.texts.channels))
    return TillPoster(
        version.texts.title,
        brand.company_title,
        version.texts.promise,
        version.texts.channels,
        f"{settings.public_url}/o/{word}",
        f"{settings.host}/o/{word}",
        word,
        (settings.optout_number or "") if by_sms else "",
    )


def sheet(language: str, poster: TillPoster) -> bytes:
    return _made(language, poster, "sheet")


def cards(language: str, poster: TillPoster) -> bytes:
    return _made(language, poster, "cards")


KINDS: dict[str, Callable[[str, TillPoster], bytes]] = {"afis": sheet, "kartlar": cards}


@lru_cache(maxsize=64)
def _made(language: str, poster: TillPoster, form: str) -> bytes:
    translate = texts.catalogue(language).gettext
    names = [translate(SPECS[one].name) for one in forms.channels_in(poster.channels)]
    values = {"number": phone(poster.number), "word": poster.word}
    data = {
        "form": form,
        "lang": language,
        "title": poster.title,
        "company": poster.company,
        "ask": translate(_ASK),
        "promise": poster.promise,
        "channels": ", ".join(names),
        "qr": qr.svg(qr.pattern(poster.link), poster.address).decode(),
        "alt": f"{translate(_CODE)} {poster.address}",
        "address": poster.address,
        "how": translate(_FREE),
        "sms": translate(_SMS) % values if poster.number else "",
        "nobody": translate(_NOBODY),
    }
    import typst  # large, and few processes need it

    inputs = {"data": json.dumps(data)}
    return typst.compile(
        _SOURCE.read_bytes(), format="pdf", sys_inputs=inputs, pdf_standards="ua-1", ignore_system_fonts=True
    )
