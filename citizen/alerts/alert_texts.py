"""The alert about declared consents. It names brands and the way to refuse, and never asks for a consent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from citizen import wording
from consents.brands.book import BrandEntry
from web.rendering import texts, when
from web.rendering.texts import mark, mark_counted

MOST = 12  # brands that a mail names for one address
_BY_SMS = 2  # brands that an SMS names

_SUBJECT = mark_counted("%(count)s marka izin verdiğinizi bildirdi")
_GREETING = mark("Merhaba,")
_DECLARED = mark("Şu markalar %(address)s için reklam izni verdiğinizi bildirdi:")
_WAITS = mark("siz karar verene kadar gönderemez")
_MORE = mark_counted("ve %(count)s marka daha")
_REFUSE = mark("Bu izni vermediyseniz ya da istemiyorsanız reddedebilirsiniz: %(url)s")
_BY_NUMBER = mark("Giriş yapmadan reddetmek için %(number)s numarasına RET ve SMS gönderenin adını yazın.")
_NOTHING = mark("Bu haber sizden izin istemez; yanıt beklemez.")
_STOP = mark("Günde en çok bir haber gelir. Haberleri durdurmak için: %(stop)s")
_UNTIL = mark("Haberler %(day)s gününe kadar gelir. Uzatmak için aynı numara ve e-postayla yeniden giriş yapın.")
_UNTIL_MAIL = mark("Haberler %(day)s gününe kadar gelir. Uzatmak için yeniden giriş yapın.")

# Plain ASCII in every language, within one message of 160 septets whatever the values (brand: 11 letters).
_SMS_ONE = mark("%(brand)s bu numara icin reklam izni verdiginizi bildirdi. Istemiyorsaniz %(how)s.")
_SMS_TWO = mark("%(brand)s ve %(second)s bu numara icin reklam izni verdiginizi bildirdi. Istemiyorsaniz %(how)s.")
_SMS_MORE = mark_counted(
    "%(brand)s, %(second)s ve %(count)s marka daha reklam izni verdiginizi bildirdi. Istemiyorsaniz %(how)s."
)
_SMS_BACK = mark("RET ve marka adini yazin. Bu haberi sitede kapatabilirsiniz")
_ON_THE_SITE = mark("sitede reddedin. Bu haberi de orada kapatabilirsiniz")


class BrandNews(NamedTuple):
    """A brand with the channels (codes) it declared; ``waits``: it may not send until the citizen decides."""

    brand: BrandEntry
    channels: tuple[int, ...]
    waits: bool


class News(NamedTuple):
    """News about one address, ``masked``; the newest brand first. ``phone``: it takes refusals by SMS."""

    masked: str
    brands: Sequence[BrandNews]
    phone: bool


class MailFrame(NamedTuple):
    site: str
    url: str
    stop: str
    number: str | None
    until: int
    alone: bool


def mail(language: str, news: Sequence[News], frame: MailFrame) -> tuple[str, str]:
    """(subject, text) of one mail about all addresses."""
    translate = texts.catalogue(language).gettext
    count = len({one.brand.id for each in news for one in each.brands})
    parts = [
        translate(_GREETING),
        *(_section(language, each) for each in news),
        translate(_REFUSE) % {"url": frame.url},
    ]
    if frame.number and any(each.phone for each in news):
        parts.append(translate(_BY_NUMBER) % {"number": frame.number})
    until = translate(_UNTIL_MAIL if frame.alone else _UNTIL) % {"day": when.day(language, frame.until)}
    parts += [translate(_NOTHING), translate(_STOP) % {"stop": frame.stop}, until, frame.site]
    return texts.counted(language, _SUBJECT, count) % {"count": count}, "\n\n".join(parts) + "\n"


def sms(language: str, brands: Sequence[BrandNews], *, by_sms: bool) -> str:
    """``by_sms``: a number takes refusals by SMS."""
    translate = texts.catalogue(language).gettext
    names, more = [one.brand.name for one in brands[:_BY_SMS]], len(brands) - _BY_SMS
    values = {"brand": names[0], "second": names[-1], "how": translate(_SMS_BACK if by_sms else _ON_THE_SITE)}
    if more > 0:
        return texts.counted(language, _SMS_MORE, more) % {**values, "count": min(more, 9999)}
    return translate(_SMS_TWO if more == 0 else _SMS_ONE) % values


def _section(language: str, news: News) -> str:
    translate = texts.catalogue(language).gettext
    lines = [translate(_DECLARED) % {"address": news.masked}]
    for one in news.brands[:MOST]:
        ways = wording.ways(language, [(channel, 0) for channel in one.channels], named=False)
        waits = f" ({translate(_WAITS)})" if one.waits else ""
        lines.append(f"– {one.brand.title}: {ways}{waits}")
    if (more := len(news.brands) - MOST) > 0:
        lines.append(f"– {texts.counted(language, _MORE, more) % {'count': more}}")
    return "\n".join(lines)
