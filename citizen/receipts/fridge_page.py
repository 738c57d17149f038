"""The page for the fridge: an act of refusal on one sheet in large type, with the number and the word against the next
advertisement. A tagged PDF (PDF/UA-1)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import receipt
from citizen.receipts.receipt import OwnReceipt
from citizen.rows import shown_lines
from citizen.session import session as sessions
from citizen.session.session import Session
from consents import languages
from settings import Settings
from trust import record_numbers
from web import process
from web.rendering import qr, texts
from web.rendering.drawing import phone
from web.rendering.texts import mark, mark_counted

_SOURCE = Path(__file__).parents[2] / "templates" / "citizen" / "receipts" / "fridge.typ"
_TITLE = mark("Reklamlar reddedildi")
_BRANDS = mark_counted("%(count)s marka reddedildi.")
_CLOSED = mark("Yeni markalar da yazamaz.")
_STOP = mark("Şu günün sonunda susmalılar: %(date)s")
_STILL = mark("Yine reklam gelirse")
_SMS = mark("Bu numaraya SMS gönderin: %(number)s")
_WORD = mark("Şunu yazın: RET ve mesajı gönderenin adı. Örnek:")
_CALL = mark("Sizi aradılarsa bu numarayı arayın: %(number)s")
_HANG_UP = mark("Sizi arayan şirkete aranmak istemediğinizi söyleyin; reddinizi kaydetmek zorundadır.")
# Without a number for SMS, in order; each button as the pages name it.
_SITE = mark("Karekodu okutun ya da adresi yazın.")
_SIGN_IN, _SIGN_IN_BUTTON = mark("“%(button)s” düğmesine basın; kod gelir."), mark("Numaramla veya e-postamla gir")
_REFUSE, _REFUSE_BUTTON = mark("Reklamı gönderen markada “%(button)s” düğmesine basın."), mark("Reddet")
_SITE_QR = mark("Siteyi açan karekod")
_CODE = mark("Telefonda kod isteyene vermeyin. Biz sizi arayıp kod istemeyiz.")
_MADE, _NUMBER, _QR = mark("Yapıldığı gün: %(moment)s"), mark("Kayıt no: %(number)s"), mark("Kaydı görmek için karekod")


@sessions.open_to_limited
async def paper(request: Request, session: Session) -> Response:
    """404 for what is no refusal, or was undone."""
    own = await receipt.find_own(request, session)
    if own.receipt.undo or own.receipt.taken_back_at is not None or not own.receipt.refused:
        raise HTTPException(404)
    registry, settings = process.of(request).registry, process.of(request).settings
    closed = bool(await registry.store.read(shown_lines.closed_ways, own.receipt.recipient))
    number, language = receipt.number_of(request, own), texts.language(request)[0]
    data = _data(settings, language, own, number, closed=closed)
    made = await asyncio.to_thread(_made, data)
    headers = {"content-disposition": f'attachment; filename="izin-{number}-buzdolabi.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _data(settings: Settings, language: str, own: OwnReceipt, number: str, *, closed: bool) -> dict[str, Any]:
    translate, done = texts.catalogue(language).gettext, own.receipt
    brands, address = len(done.brands), f"{settings.public_url}/makbuz/{number}"
    facts = [
        *([texts.counted(language, _BRANDS, brands) % {"count": brands}] if brands else []),
        *([translate(_CLOSED)] if closed else []),
        *([translate(_STOP) % {"date": wording.weekday(language, done.stop)}] if done.stop else []),
    ]
    call = translate(_CALL) % {"number": phone(settings.call_number)} if settings.call_number else ""
    if settings.optout_number:
        steps = [translate(_SMS) % {"number": phone(settings.optout_number)}, translate(_WORD)]
    else:
        steps = [
            translate(_SITE),
            translate(_SIGN_IN) % {"button": translate(_SIGN_IN_BUTTON)},
            translate(_REFUSE) % {"button": translate(_REFUSE_BUTTON)},
        ]
        call = call or translate(_HANG_UP)
    site = "" if settings.optout_number else settings.public_url
    return {
        "lang": language,
        "title": translate(_TITLE),
        "masked": own.holder.masked,
        "facts": facts,
        "still": translate(_STILL),
        "steps": steps,
        "example": f"{_refusing_word(language)} {done.brands[0].name if done.brands else ''}".strip()
        if settings.optout_number
        else "",
        "call": call,
        "address": site and settings.host,
        "site_qr": site and qr.svg(qr.pattern(site), settings.host).decode(),
        "site_alt": f"{translate(_SITE_QR)}: {site}",
        "site_caption": translate(_SITE_QR),
        "code": translate(_CODE),
        "qr": qr.svg(qr.pattern(address), settings.host).decode(),
        "alt": f"{translate(_QR)}: {address}",
        "caption": translate(_QR),
        "made": translate(_MADE) % {"moment": wording.moment(language, done.recorded_at)},
        "number": translate(_NUMBER) % {"number": record_numbers.spaced(number)},
        "site": settings.site_name,
    }


def _refusing_word(language: str) -> str:
    return str(languages.keywords(language)["words"]["command"]).split()[0]


def _made(data: dict[str, Any]) -> bytes:
    import typst  # large, and few processes need it

    source, inputs = _SOURCE.read_bytes(), {"data": json.dumps(data)}
    return typst.compile(source, format="pdf", sys_inputs=inputs, pdf_standards="ua-1", ignore_system_fonts=True)
