"""The texts that answer an SMS: fixed, in plain ASCII that every phone shows, each within one part of 155 characters.

A part has 160, of which operators in Türkiye take five for their own code. No text repeats what the citizen wrote, none
holds a link. "Last day" is the third business day (Law 6563 m.8); only a brand that could send until then has one, so
where ``ended`` is False the text says that it may not send. Values: a brand's name has at most 11 characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from consents import business_days, instants
from consents.terms import Channel
from settings import Settings
from web.rendering.when import stamp

LONGEST = 155
_COUNT = 9999
_CALL, _TEXT = Channel.ARAMA.code, Channel.MESAJ.code
BOTH = (_CALL, _TEXT)

Channels = tuple[int, ...]  # (0,) calls, (1,) SMS, (0, 1) both
_SHORT: dict[Channels, str] = {(_TEXT,): "SMS'leri", (_CALL,): "aramalari", BOTH: "SMS ve aramalari"}
_UNDO = "Yanlislik olduysa: GERI AL yazin."

_REFUSED: dict[Channels, str] = {
    (_TEXT,): "{M} SMS'leri reddedildi. {L}. Aramalar da dursun: RET {M} HEPSI yazin. " + _UNDO,
    (_CALL,): "{M} aramalari reddedildi. {L}. SMS'ler de dursun: RET {M} HEPSI yazin. " + _UNDO,
    BOTH: "{M} SMS ve aramalari reddedildi. {L}. Siparis ve borc bilgisi gelebilir. " + _UNDO,
}
_REFUSED_AS_BOTH = "{M} SMS'leri reddedildi (bireysel ve tacir). {S}. Aramalar icin: RET {M} HEPSI yazin. " + _UNDO
_REFUSED_ERASE = "{M} {W} reddedildi. {S}. Silme istegi icin sitemizde gizlilik sayfasina bakin. " + _UNDO
_REFUSED_FIRST: dict[Channels, str] = {
    (_TEXT,): "{M} icin kaydiniz yoktu; reddinizi yine de kaydettik. {M} size reklam SMS'i gonderemez. "
    "Aramalar icin: RET {M} HEPSI yazin.",
    (_CALL,): "{M} icin kaydiniz yoktu; reddinizi yine de kaydettik. {M} sizi reklam icin arayamaz. "
    "SMS'ler icin: RET {M} HEPSI yazin.",
    BOTH: "{M} icin kaydiniz yoktu; reddinizi yine de kaydettik. {M} size reklam SMS'i gonderemez, sizi arayamaz.",
}
_ALREADY: dict[Channels, str] = {
    (_TEXT,): "{M} SMS'lerini zaten reddettiniz ({D0}), kaydiniz gecerli. Son gun: {D}. Sonra SMS gelirse silmeyin, "
    "sikayette delildir.",
    (_CALL,): "{M} aramalarini zaten reddettiniz ({D0}), kaydiniz gecerli. Son gun: {D}. Sonra ararlarsa saatini not "
    "edin, sikayette gerekir.",
    BOTH: "{M} SMS ve aramalarini zaten reddettiniz ({D0}), kaydiniz gecerli. Son gun: {D}. Sonra SMS gelirse "
    "silmeyin, sikayette delildir.",
}
_ALREADY_OVER: dict[Channels, str] = {
    (_TEXT,): "{M} SMS'lerini zaten reddettiniz ({D0}), kaydiniz gecerli, SMS gonderemez. SMS gelirse silmeyin, "
    "sikayette delildir.",
    (_CALL,): "{M} aramalarini zaten reddettiniz ({D0}), kaydiniz gecerli, sizi arayamaz. Ararlarsa saatini not edin, "
    "sikayette gerekir.",
    BOTH: "{M} SMS ve aramalarini zaten reddettiniz ({D0}), kaydiniz gecerli, size ulasamaz. SMS gelirse silmeyin, "
    "sikayette delildir.",
}
_OVERDUE: dict[Channels, str] = {
    (_TEXT,): "{M} SMS'lerini {D0} gunu reddettiniz, sure {D} gunu doldu. Hala SMS geliyorsa silmeyin, e-Devlet'te "
    "sikayet edebilirsiniz.",
    (_CALL,): "{M} aramalarini {D0} gunu reddettiniz, sure {D} gunu doldu. Hala ariyorlarsa saatini not edin, "
    "e-Devlet'te sikayet edebilirsiniz.",
    BOTH: "{M} SMS ve aramalarini {D0} gunu reddettiniz, sure {D} gunu doldu. Hala geliyorsa silmeyin, e-Devlet'te "
    "sikayet edebilirsiniz.",
}
_SEVERAL = "{A}, {B} ve {n} marka daha: {W} reddedildi. {L}. " + _UNDO
_TWO = "{A} ve {B}: {W} reddedildi. {L}. " + _UNDO
_ONE_UNKNOWN = "{M} {W} reddedildi ({I}). Yazdiginiz oteki adi bulamadik; onun icin RET ve SMS gonderenin adini yazin."
_SOME_UNKNOWN = (
    "{n} marka: {W} reddedildi ({I}). Yazdiginiz oteki adi bulamadik; onun icin RET ve SMS gonderenin adini yazin."
)
_ONLY_OURS = "Bu numara yalniz {M} icindir, onun {W} reddedildi. {S}. Baska marka degismedi. " + _UNDO
_ALL: dict[Channels, str] = {
    BOTH: "Bu sistemdeki {n} markanin SMS ve aramalari reddedildi. {S}. E-posta dahil degil. "
    "Yanlislik olduysa 24 saat icinde GERI AL yazin.",
    (_TEXT,): "Bu sistemdeki {n} markanin SMS'leri reddedildi. {S}. Aramalar dahil degil. "
    "Yanlislik olduysa 24 saat icinde GERI AL yazin.",
    (_CALL,): "Bu sistemdeki {n} markanin aramalari reddedildi. {S}. SMS'ler dahil degil. "
    "Yanlislik olduysa 24 saat icinde GERI AL yazin.",
}
UNKNOWN_BRAND = (
    "Bu markayi bulamadik, hicbir sey degismedi. RET yazip size SMS gonderenin adini ekleyin. "
    "Tum markalari reddetmek icin: RET HEPSI"
)
WHICH_BRAND = (
    "Hangi markayi reddediyorsunuz? RET yazip SMS gonderenin adini ekleyin. Tum markalar icin: RET HEPSI. "
    "Henuz bir sey degismedi."
)
UNCLEAR = (
    "Mesajinizi anlayamadik, hicbir sey degismedi. Reddetmek icin RET ve marka adini yazin. "
    "Tum markalar icin: RET HEPSI. Yardim icin: YARDIM"
)
_OVERVIEW = (
    "Bu numaraya {n} marka SMS gonderebilir, {m} marka arama yapabilir. {k} marka reddedildi. "
    "Reddetmek icin RET ve marka adi ya da RET HEPSI yazin."
)
NOBODY_MAY = "Bu sistemde numaraniza reklam SMS'i gonderebilen veya sizi reklam icin arayabilen marka yok."
_STATE = "{M}: SMS icin {s}, arama icin {a}. Reddetmek icin RET {M}, ikisi icin RET {M} HEPSI yazin."
_HELP = (
    "RET ve marka adi: SMS'ler durur. RET, marka, HEPSI: aramalar da durur. RET HEPSI: tum markalar. "
    "DURUM: ozet. GERI AL: son reddi geri alir."
)
_FREE = " Ucretsizdir."
_ASK_UNDO = (
    "{M} icin izin yeniden gecerli olacak. Istiyorsaniz 10 dk icinde GERI AL {c} yazin. Istemiyorsaniz yazmayin, "
    "reddiniz gecerli kalir."
)
_ASK_UNDO_ALL = (
    "{n} marka icin izinler yeniden gecerli olacak. Istiyorsaniz 10 dk icinde GERI AL {c} yazin. Istemiyorsaniz "
    "yazmayin, reddiniz gecerli kalir."
)
UNDO_NOT_DONE = (
    "Kod gecersiz veya suresi doldu. Reddiniz gecerli, hicbir sey degismedi. Yeniden denemek icin GERI AL yazin."
)
UNDO_DECLINED = "Reddiniz gecerli, hicbir sey degismedi. Yardim icin YARDIM yazin."
UNDO_ELSEWHERE = (
    "Bu ret geri alininca izin yeniden gecerli olacagi icin SMS ile geri alamiyoruz, hicbir sey degismedi. "
    "Sitemize giris yaparak izin verebilirsiniz."
)
_UNDONE = "Son reddiniz geri alindi: {M} icin onceki durum gecerli. Kayit: {DT}. Yeniden reddetmek icin RET {M} yazin."
_UNDONE_ALL = (
    "Son reddiniz geri alindi: {n} marka icin onceki durum gecerli. Kayit: {DT}. "
    "Yeniden reddetmek icin RET ve marka adini yazin."
)
_UNDONE_ONAY = "Son onayiniz geri alindi: {M} icin onceki durum gecerli. Kayit: {DT}. Reddetmek icin RET {M} yazin."
NOTHING_TO_UNDO = (
    "Geri alinacak yeni bir ret bulamadik, hicbir sey degismedi. "
    "Bir markaya izin vermek icin ONAY ve marka adini yazin."
)


def refused(name: str, channels: Channels, at: int, *, ended: bool, as_both: bool = False, erase: bool = False) -> str:
    """A brand was refused at ``at`` (µs). ``as_both``: it had a record of the private person and of the merchant."""
    if erase:
        return _REFUSED_ERASE.format(M=name, W=_SHORT[channels], S=short(channels, at, ended=ended))
    form = _REFUSED_AS_BOTH if as_both and channels == (_TEXT,) else _REFUSED[channels]
    return form.format(M=name, L=_long(channels, at, ended), S=short(channels, at, ended=ended))


def refused_first(name: str, channels: Channels) -> str:
    """A brand was refused that had no record."""
    return _REFUSED_FIRST[channels].format(M=name)


def already(name: str, channels: Channels, at: int, now: int, *, ended: bool) -> str:
    """The brand had been refused at ``at``; its time to stop is over or not at ``now`` (µs)."""
    form = _ALREADY_OVER if not ended else _OVERDUE if _day(now) > business_days.stop_by(at) else _ALREADY
    return form[channels].format(M=name, D0=_written(_day(at)), D=_until(at))


def refused_several(names: Sequence[str], channels: Channels, at: int, *, ended: bool) -> str:
    """Two or more brands were refused."""
    values = {"A": names[0], "B": names[1], "W": _SHORT[channels], "L": _long(channels, at, ended, many=True)}
    return _TWO.format(**values) if len(names) == 2 else _SEVERAL.format(n=_count(len(names) - 2), **values)


def one_unknown(names: Sequence[str], channels: Channels, at: int, *, ended: bool) -> str:
    """These were refused, and another name was not found."""
    values = {"W": _SHORT[channels], "I": _aside(channels, at, ended)}
    if len(names) == 1:
        return _ONE_UNKNOWN.format(M=names[0], **values)
    return _SOME_UNKNOWN.format(n=_count(len(names)), **values)


def only_ours(name: str, channels: Channels, at: int, *, ended: bool) -> str:
    """The number's own brand was refused, although another was named."""
    return _ONLY_OURS.format(M=name, W=_SHORT[channels], S=short(channels, at, ended=ended))


def refused_all(count: int, channels: Channels, at: int, *, ended: bool) -> str:
    """All brands that hold a record were refused."""
    return _ALL[channels].format(n=_count(count), S=short(channels, at, ended=ended, many=True))


def ask_undo(names: Sequence[str], digits: str) -> str:
    """The question before an undo that brings a consent back."""
    if len(names) == 1:
        return _ASK_UNDO.format(M=names[0], c=digits)
    return _ASK_UNDO_ALL.format(n=_count(len(names)), c=digits)


def overview(texts: int, calls: int, refused: int) -> str:
    """How many brands may text, may call, are refused."""
    if not texts and not calls:
        return NOBODY_MAY
    return _OVERVIEW.format(n=_count(texts), m=_count(calls), k=_count(refused))


def state(name: str, texts: str, calls: str) -> str:
    """What stands of one brand, in words of STATES."""
    return _STATE.format(M=name, s=texts, a=calls)


def help_(settings: Settings) -> str:
    """What can be written. That it costs nothing is said only where the number is registered so."""
    return _HELP + (_FREE if settings.optout_number_free else "")


def undone(names: Sequence[str], at: int, *, onay: bool) -> str:
    """The last refusal, or consent, was taken back."""
    if len(names) == 1:
        return (_UNDONE_ONAY if onay else _UNDONE).format(M=names[0], DT=stamp(at))
    return _UNDONE_ALL.format(n=_count(len(names)), DT=stamp(at))


def _long(channels: Channels, at: int, ended: bool, *, many: bool = False) -> str:
    if ended:
        return f"Durmasi icin son gun: {_until(at)}"
    who = "Bu markalar" if many else "Bu marka"
    return f"{who} sizi reklam icin arayamaz" if channels == (_CALL,) else f"{who} size reklam gonderemez"


def short(channels: Channels, at: int, *, ended: bool, many: bool = False) -> str:
    """The last day to stop, where there is one, in few words."""
    if ended:
        return f"Son gun: {_until(at)}"
    if channels == (_CALL,):
        return "Sizi arayamazlar" if many else "Sizi arayamaz"
    return "Reklam gonderemezler" if many else "Reklam gonderemez"


def _aside(channels: Channels, at: int, ended: bool) -> str:
    return f"son gun {_until(at)}" if ended else short(channels, at, ended=False).lower()


def _until(at: int) -> str:
    return _written(business_days.stop_by(at))


def _day(at: int) -> date:
    return instants.moment(at).astimezone(instants.ISTANBUL).date()


def _written(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _count(number: int) -> int:
    return min(number, _COUNT)
