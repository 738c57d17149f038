"""Words that depend on a value: days, moments, sources, channels. Turkish would add suffixes to a value, so each
stands behind a comma or colon. No-break spaces hold a day together."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from consents.channels import OF_CODE
from consents.languages import behind_comma, between
from consents.queries.consent_lines import WordOrigin
from consents.terms import Actor, Door, Identity, Source
from web.rendering import texts, when
from web.rendering.texts import mark
from web.rendering.when import stamp

__all__ = [
    "about",
    "ahead",
    "day",
    "how",
    "moment",
    "provenance",
    "source",
    "stamp",
    "translate",
    "ways",
    "weekday",
    "where",
]

# Where a word was given (docs/glossary.md). HS_* follow "Şirkete göre:"; the others stand alone.
SOURCES = {
    Source.HS_2015: mark("1 Mayıs 2015'ten önce"),
    Source.HS_KARAR: mark("kendi kararıyla"),
    Source.HS_FIZIKSEL_ORTAM: mark("mağazada veya yüz yüze"),
    Source.HS_ISLAK_IMZA: mark("imzaladığınız formla"),
    Source.HS_ETKINLIK: mark("bir etkinlikte"),
    Source.HS_ATM: mark("ATM'de veya kioskta"),
    Source.HS_EORTAM: mark("elektronik ortamda"),
    Source.HS_WEB: mark("web sitesinde"),
    Source.HS_MOBIL: mark("kendi uygulamasında"),
    Source.HS_MESAJ: mark("şirkete gönderilen SMS ile"),
    Source.HS_EPOSTA: mark("şirkete gönderilen e-postayla"),
    Source.HS_CAGRI_MERKEZI: mark("çağrı merkezinde"),
    Source.HS_SOSYAL_MEDYA: mark("sosyal medyada"),
    Source.IYS_WEB: mark("Siz, bu sitede"),
    Source.IYS_WEB_YENI: mark("Siz, bu sitede markayı ekleyerek"),
    Source.IYS_KISAMESAJ: mark("Siz, SMS göndererek"),
    Source.IYS_CM: mark("Siz, telefonla arayarak"),
    Source.IYS_EPOSTA: mark("Siz, e-postadaki düğmeyle"),
    Source.IYS_MOBIL: mark("Siz, İYS uygulamasında"),
    Source.IYS_AHS_HAT_KAPATMA: mark("Hat kapatıldığı için"),
    Source.IYS_FRAME_SMS: mark("Siz, şirketin sayfasındaki formda"),
    Source.IYS_FRAME_EPOSTA: mark("Siz, şirketin sayfasındaki formda"),
}
_YOU = mark("Siz")
_AHEAD = mark("Siz, yeni markalara kapanarak")
_ELSEWHERE = mark("Siz, İYS üzerinden")
_NO_EVIDENCE = mark("Şirket onayın kanıtını göstermediği için")
_AT_DESK = mark("Siz, siteyi işletene bildirerek")
_ERASED = mark("Silinmesini istediğiniz için")
# Of a relative, in an assisted session.
_RELATIVE, _ERASED_RELATIVE, _SIGNED = mark("Yakınınız"), mark("Silinmesini istediği için"), mark("imzaladığı formla")
# The national registry's sources that are more precise than "over İYS".
_KNOWN_BY_SOURCE = {
    source.code
    for source in (
        Source.IYS_KISAMESAJ,
        Source.IYS_MOBIL,
        Source.IYS_CM,
        Source.IYS_FRAME_SMS,
        Source.IYS_FRAME_EPOSTA,
    )
}
_BY_CODE = {source.code: phrase for source, phrase in SOURCES.items()}
_CLAIMED = mark("Şirkete göre: %(source)s")
_NO_CLAIM = mark("Şirket nerede verildiğini bildirmedi")

_NO_BREAK = "\u00a0"

# What is refused or allowed, behind a brand's title.
_ABOUT = {code: spec.about for code, spec in OF_CODE.items()}
_WAYS = {code: spec.name for code, spec in OF_CODE.items()}
_AS = {Identity.BIREYSEL.code: mark("kendiniz için"), Identity.TACIR.code: mark("işletmeniz için")}
_AS_RELATIVE = {Identity.BIREYSEL.code: mark("kendisi için"), Identity.TACIR.code: mark("işletmesi için")}

_SITE = 11  # letters of the site's name
# What ASCII and the basic table of GSM-7 (3GPP TS 23.038) share; {, ~ and their like count double there.
_PLAIN = frozenset(string.ascii_letters + string.digits + " !\"#$%&'()*+,-./:;<=>?@_")


def day(language: str, at: int) -> str:
    return _unbroken(when.day(language, at))


def weekday(language: str, on: date) -> str:
    """ "27 Kasım 2026 Cuma"; may break beside the weekday, for narrow rows."""
    return _breakable(_unbroken(when.weekday(language, on)))


def moment(language: str, at: int) -> str:
    """ "24 Kasım 2026 Salı, 14:05", of µs; may break beside the weekday and behind the year."""
    return _breakable(_unbroken(when.moment(language, at)))


def _breakable(unbroken: str) -> str:
    """Allows a break behind a leading weekday, and behind the year."""
    return re.sub(rf"(^[^\W0-9]+|[0-9]{{4}}[,،]?){_NO_BREAK}", r"\1 ", unbroken)


@lru_cache(maxsize=16384)
def _unbroken(words: str) -> str:
    return words.replace(" ", _NO_BREAK)


def translate(language: str, phrase: str) -> str:
    """A marked phrase in a language, as pages show it."""
    return texts.shown(language).gettext(phrase)


def source(language: str, code: int, *, helped: bool = False) -> str:
    """The source of a declaration, by its code. ``helped``: of a relative, here and below."""
    if not helped:
        return translate(language, _BY_CODE[code])
    signed = code == Source.HS_ISLAK_IMZA.code
    return translate(language, _SIGNED) if signed else _without_address(translate(language, _BY_CODE[code]))


def _without_address(words: str) -> str:
    """ "Bu sitede" of "Siz, bu sitede"."""
    rest = behind_comma(words)
    return rest[:1].upper() + rest[1:] if rest else words


def how(language: str, actor: Actor, door: Door, code: int | None = None) -> str:
    """How the citizen's word came: "Siz, SMS göndererek". ``code``: of a word from İYS, its source there."""
    if actor is Actor.CITIZEN:
        here = door.citizen
        return translate(language, _YOU) if here is None else texts.catalogue(language).gettext(here.name)
    if door is Door.DISPUTE:
        return translate(language, _NO_EVIDENCE)
    if actor is Actor.STAFF:
        return translate(language, _AT_DESK)
    return source(language, code) if code is not None and code in _KNOWN_BY_SOURCE else translate(language, _ELSEWHERE)


def where(language: str, actor: Actor, door: Door, code: int | None = None) -> str:
    """``how`` without its "Siz,": "bu sitede"; empty where unknown."""
    return behind_comma(how(language, actor, door, code))


def provenance(
    language: str, code: int | None, *, own: bool, origin: WordOrigin | None = None, helped: bool = False
) -> str:
    """The source of a declaration as a sentence's beginning: "Siz, bu sitede", or the company's claim. ``code``: None
    for a company that named no source; ``origin``: who recorded the word, where the source does not show it."""
    if code is None:
        return translate(language, _NO_CLAIM)
    if origin is not None and origin[:2] != (Actor.CITIZEN, Door.PAGE):
        if origin.erased:
            return translate(language, _ERASED_RELATIVE if helped else _ERASED)
        words = how(language, *origin[:2], code)
        if origin.door is Door.DISPUTE:
            return words
        return (_without_address(words) if behind_comma(words) else translate(language, _RELATIVE)) if helped else words
    words = source(language, code, helped=helped)
    return words if own else translate(language, _CLAIMED) % {"source": words}


def ahead(language: str, *, helped: bool = False) -> str:
    """``provenance`` of a standing refusal."""
    words = translate(language, _AHEAD)
    return _without_address(words) if helped else words


def about(language: str, brand: str, channel: int, identity: int | None = None, *, helped: bool = False) -> str:
    """ "Çınar SMS'leri", with an identity "Çınar SMS'leri (işletmeniz için)"."""
    phrase = translate(language, _ABOUT[channel]) % {"brand": brand}
    whose = _AS_RELATIVE if helped else _AS
    return phrase if identity is None else f"{phrase} ({translate(language, whose[identity])})"


def channels(language: str, codes: Sequence[int]) -> str:
    """ "Telefonla arama, SMS"."""
    return between(language).join(translate(language, _WAYS[code]) for code in codes)


def ways(language: str, which: Sequence[tuple[int, int]], *, named: bool, helped: bool = False) -> str:
    """ "Telefonla arama, SMS (kendiniz için); SMS (işletmeniz için)", of (channel, identity). ``named``: with the
    identities."""
    parts, whose = [], _AS_RELATIVE if helped else _AS
    for identity in sorted({identity for _, identity in which}):
        found = channels(language, [channel for channel, of in which if of == identity])
        parts.append(f"{found} ({translate(language, whose[identity])})" if named else found)
    return between(language, "; ").join(parts)


def ascii_only(text: str) -> str:
    """The text in ASCII: Turkish letters without their marks, the rest of non-GSM-7 dropped."""
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(letter for letter in plain if letter in _PLAIN).strip()


def short_site(name: str) -> str:
    """A site's name, at most 11 letters."""
    return ascii_only(name)[:_SITE].strip()


def plain_mask(masked: str) -> str:
    """A masked address, at most 16 letters: "0532***07", "a*@e*.com"."""
    plain = ascii_only(masked.replace("\u2022\u2022\u2022 \u2022\u2022", "***").replace("\u2022\u2022\u2022", "*"))
    return plain.replace("+90 ", "0").replace(" ", "")[:16]
