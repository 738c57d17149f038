"""The texts about a consent by SMS: fixed, under the rules of optout/sms/replies.py."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from optout.sms.replies import LONGEST
from settings import Settings
from web.rendering.when import stamp

_TITLE = 20

_ASK_ONAY = (
    "{M} ({T}) size reklam SMS'i gondersin mi? Istiyorsaniz 10 dk icinde ONAY {c} yazin. "
    "Istemiyorsaniz yazmayin, bir sey degismez."
)
NOT_GIVEN = (
    "Kod gecersiz veya suresi doldu. Onay kaydedilmedi, hicbir sey degismedi. "
    "Yeniden denemek icin ONAY ve marka adini yazin."
)
DECLINED = (
    "Onay kaydedilmedi, hicbir sey degismedi. Bir markayi reddetmek icin RET ve marka adini, yardim icin YARDIM yazin."
)
_ONAY_ELSEWHERE = (
    "{M} icin SMS ile onay alinmiyor, hicbir sey degismedi. Onay vermek isterseniz {site} giris yapin. "
    "Reddetmek icin: RET {M}"
)
_ONAY_GIVEN = (
    "Onayiniz kaydedildi: {M} size reklam SMS'i gonderebilir. Kayit: {DT}. "
    "Istediginiz zaman RET {M} yazarak vazgecebilirsiniz."
)


def ask_onay(name: str, title: str, digits: str) -> str:
    """The question before a consent. ``title``: the company's."""
    return _ASK_ONAY.format(M=name, T=_ascii(title)[:_TITLE].strip(), c=digits)


def onay_elsewhere(settings: Settings, name: str) -> str:
    """This brand takes no consent by SMS: where it can be given."""
    host = urlsplit(settings.public_url).hostname or ""
    text = _ONAY_ELSEWHERE.format(M=name, site=f"{host} sitesinde")
    return text if len(text) <= LONGEST and text.isascii() else _ONAY_ELSEWHERE.format(M=name, site="sitemizde")


def onay_given(name: str, at: int) -> str:
    """A consent was recorded."""
    return _ONAY_GIVEN.format(M=name, DT=stamp(at))


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c in " .-&"))
