"""Closed lists in the words of companies' people."""

from __future__ import annotations

from consents.care import aging
from consents.terms import Door, Source
from web.rendering.texts import mark

SOURCES = {
    Source.HS_2015: mark("1 Mayıs 2015'ten önce"),
    Source.HS_KARAR: mark("kendi kararıyla"),
    Source.HS_FIZIKSEL_ORTAM: mark("mağazada veya yüz yüze"),
    Source.HS_ISLAK_IMZA: mark("imzalı formla"),
    Source.HS_ETKINLIK: mark("bir etkinlikte"),
    Source.HS_ATM: mark("ATM'de veya kioskta"),
    Source.HS_EORTAM: mark("elektronik ortamda"),
    Source.HS_WEB: mark("web sitenizde"),
    Source.HS_MOBIL: mark("uygulamanızda"),
    Source.HS_MESAJ: mark("size gönderilen SMS ile"),
    Source.HS_EPOSTA: mark("size gönderilen e-postayla"),
    Source.HS_CAGRI_MERKEZI: mark("çağrı merkezinizde"),
    Source.HS_SOSYAL_MEDYA: mark("sosyal medyada"),
    Source.IYS_WEB: mark("vatandaş, bu sitede"),
    Source.IYS_WEB_YENI: mark("vatandaş, markayı ekleyerek"),
    Source.IYS_KISAMESAJ: mark("vatandaş, SMS göndererek"),
    Source.IYS_CM: mark("vatandaş, telefonla arayarak"),
    Source.IYS_EPOSTA: mark("vatandaş, e-postadaki düğmeyle"),
    Source.IYS_MOBIL: mark("vatandaş, İYS uygulamasında"),
    Source.IYS_AHS_HAT_KAPATMA: mark("hat kapatıldığı için"),
    Source.IYS_FRAME_SMS: mark("vatandaş, sitenizdeki formda, SMS ile"),
    Source.IYS_FRAME_EPOSTA: mark("vatandaş, sitenizdeki formda, e-postayla"),
}
DOORS = {
    Door.PAGE: mark("Bu site"),
    Door.LINK: mark("Mesajdaki bağlantı"),
    Door.QR: mark("QR kod"),
    Door.SMS: mark("SMS"),
    Door.VOICE: mark("Telefonla arama"),
    Door.MAIL: mark("E-postadaki düğme"),
    Door.FILE: mark("Yüklenen dosya"),
    Door.API: mark("Şirketin programı"),
    Door.SYNC: mark("İYS"),
    Door.DESK: mark("Çağrı masası"),
    Door.MAILBOX: mark("E-posta"),
    Door.BUSINESS: mark("İşletmenin hat sayfası"),
    Door.REQUEST: mark("Markanın sorusuna cevap"),
    Door.DISPUTE: mark("Kanıt gösterilmediği için"),
}


def source(code: int | None) -> str:
    """A declaration's source in Turkish, also for none."""
    return _BY_SOURCE.get(code or 0, UNTOLD)


def is_old(status: int | None, source: int | None, now: int, days: int) -> bool:
    """Whether a consent is shown as old; ``now``: µs, ``days``: of setting HS_2015_OLD_DAYS."""
    return aging.is_past_2015(now, days) and aging.is_unrenewed(status, source)


def door(code: int) -> str:
    """Its door, in Turkish."""
    return DOORS[Door.of(code)]


UNTOLD = mark("kaynağı bildirilmedi")
_BY_SOURCE = {one.code: sentence for one, sentence in SOURCES.items()}
