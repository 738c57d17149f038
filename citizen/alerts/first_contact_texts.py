"""The first-contact notice. It gives a number and the ways to see and to refuse. It names no brand and asks for
nothing: it is no commercial message (Law 6563 m.2) and discloses little to a number's new holder."""

from __future__ import annotations

from typing import NamedTuple

from citizen import wording
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark, mark_counted

# Plain ASCII in every language. One message of 155 septets for a host of up to 24 characters and a number of up to 13.
_SMS = mark_counted("%(site)s: %(count)s markanin bu numaraya reklam izni var. Gormek: %(host)s Reklam degildir.")
_SMS_WITH_REPLY = mark_counted(
    "%(site)s: %(count)s markanin bu numaraya reklam izni var. Gormek: %(host)s Istemiyorsaniz %(number)s numarasina "
    "RET HEPSI yazin. Reklam degildir."
)

_SUBJECT = mark_counted("%(count)s markanın bu adrese reklam gönderme izni var")
_GREETING = mark("Merhaba,")
_WHAT = mark_counted("%(site)s kayıtlarında %(count)s markanın bu e-posta adresine reklam gönderme izni görünüyor.")
_WHO = mark("İzinleri şirketler bildirdi. Biz yalnız kaydını tutuyoruz.")
_REFUSE = mark("Hangi markalar olduğunu görmek ve istemediklerinizi reddetmek için: %(url)s")
_NOTHING = mark("Bir şey yapmak zorunda değilsiniz. Kimseye para ödemezsiniz, kart ya da kimlik bilgisi istemeyiz.")
_ONCE = mark("Bu ileti reklam değildir. Yalnız bir kez gönderilir, yenisi gelmez.")
_PRIVACY = mark("Verilerinizi neden ve nasıl işlediğimiz, haklarınız: %(url)s")

_SEPTETS, _PART = 160, 153  # 3GPP TS 23.038, 23.040: alone, and in each part of a longer one


class FirstContactNotice(NamedTuple):
    """``subject``: of a mail, else ""."""

    subject: str
    text: str


def language(address: str) -> str:
    """Nobody has chosen one yet: Turkish, English for numbers of other countries."""
    return "tr" if "@" in address or address.startswith("+90") else "en"


def notice(settings: Settings, address: str, brands: int) -> FirstContactNotice:
    """``brands``: how many have a permission."""
    chosen = language(address)
    return _mail(settings, chosen, brands) if "@" in address else FirstContactNotice("", _sms(settings, chosen, brands))


def parts(text: str) -> int:
    """How many messages an SMS in plain ASCII is charged as."""
    return 1 if len(text) <= _SEPTETS else -(-len(text) // _PART)


def _sms(settings: Settings, chosen: str, brands: int) -> str:
    values = {
        "site": wording.short_site(settings.site_name),
        "count": min(brands, 9999),
        "host": settings.host,
        "number": settings.optout_number,
    }
    return texts.counted(chosen, _SMS_WITH_REPLY if settings.optout_number else _SMS, brands) % values


def _mail(settings: Settings, chosen: str, brands: int) -> FirstContactNotice:
    translate = texts.catalogue(chosen).gettext
    values = {"count": brands, "site": settings.site_name}
    sender = [settings.operator_title or settings.site_name]
    sender += [f"MERSİS {settings.operator_mersis}"] if settings.operator_mersis else []
    sender += [settings.operator_address] if settings.operator_address else []
    paragraphs = [
        translate(_GREETING),
        texts.counted(chosen, _WHAT, brands) % values,
        translate(_WHO),
        translate(_REFUSE) % {"url": f"{settings.public_url}/giris"},
        translate(_NOTHING),
        translate(_ONCE),
        translate(_PRIVACY) % {"url": f"{settings.public_url}/gizlilik"},
        "\n".join(sender),
    ]
    return FirstContactNotice(texts.counted(chosen, _SUBJECT, brands) % values, "\n\n".join(paragraphs) + "\n")
