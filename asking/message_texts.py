"""The messages of requests. An SMS names first its purpose and what an answer does, in one part: ASCII, at most 155
letters with the longest names (KVKK decision 2025/1072: no code without its purpose)."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple
from urllib.parse import urlsplit

from asking.forms import channels_in
from asking.request_states import RequestPurpose
from consents.brands.book import BrandEntry
from consents.languages import SMS_LETTERS, SOURCE
from consents.terms import Channel
from settings import Settings
from web.rendering import when
from web.rendering.texts import catalogue, mark

DIGITS_HIDDEN = "••••••"
LONGEST_NAME = 11  # of a brand in an SMS (consents/brands/companies.py)
_TITLE = 40

Ways = tuple[Channel, ...]

# A code that the company types: the recipient gives it to a clerk, so the text names what that does.
_CODE_BY_SMS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s size reklam SMS'i gondersin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Istemezseniz soylemeyin. "
        "Bilgi: %(notice)s"
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s sizi reklam icin arasin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Istemezseniz soylemeyin. "
        "Bilgi: %(notice)s"
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s reklam icin SMS gondersin ve arasin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Istemezseniz "
        "soylemeyin. Bilgi: %(notice)s"
    ),
}
_VERIFY_BY_SMS = mark(
    "%(brand)s: numaranizin size ait oldugunu dogrulama kodu %(code)s (3 dk). Reklam onayi DEGILDIR, onay vermez. "
    "Siz istemediyseniz soylemeyin."
)
_LINK_BY_SMS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s size reklam SMS'i gondermek istiyor. Evet ya da hayir: %(link)s (24 saat). "
        "Cevapsiz hicbir sey degismez."
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s sizi reklam icin aramak istiyor. Evet ya da hayir: %(link)s (24 saat). Cevapsiz hicbir sey degismez."
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s reklam icin SMS gondermek ve aramak istiyor. Evet ya da hayir: %(link)s (24 saat). "
        "Cevapsiz hicbir sey degismez."
    ),
}
_VERIFY_LINK_BY_SMS = mark(
    "%(brand)s: bu numara sizin mi? Dogrulamak icin: %(link)s (24 saat). Reklam onayi DEGILDIR. "
    "Siz istemediyseniz acmayin."
)
# The same for a trader, whose consent is for the business and not their own; each fits one part too.
_CODE_TO_BUSINESS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s isletmenize reklam SMS'i gondersin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Istemezseniz "
        "soylemeyin. Bilgi: %(notice)s"
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s isletmenizi reklam icin arasin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Istemezseniz "
        "soylemeyin. Bilgi: %(notice)s"
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s isletmenize reklam SMS'i gondersin ve arasin mi? Kodu soylemek ONAY verir: %(code)s (3 dk). Yoksa "
        "soylemeyin. Bilgi: %(notice)s"
    ),
}
_LINK_TO_BUSINESS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s isletmenize reklam SMS'i gondermek istiyor. Evet ya da hayir: %(link)s (24 saat). "
        "Cevapsiz hicbir sey degismez."
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s isletmenizi reklam icin aramak istiyor. Evet ya da hayir: %(link)s (24 saat). "
        "Cevapsiz hicbir sey degismez."
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s isletmenize reklam SMS'i gondermek ve aramak istiyor. Evet/hayir: %(link)s (24 saat). "
        "Cevapsiz hicbir sey degismez."
    ),
}
# A code of the page that asks: the person types it there, so the text forbids to pass it on.
_PAGE_CODE_BY_SMS = mark(
    "%(brand)s reklam izni sorusuna cevabinizi kaydeden kod: %(code)s. Yalniz actiginiz sayfaya yazin, calisana "
    "SOYLEMEYIN."
)
_PAGE_VERIFY_BY_SMS = mark(
    "%(brand)s icin numara dogrulama kodu: %(code)s. Reklam onayi DEGILDIR. Yalniz sayfaya yazin, SOYLEMEYIN."
)
_BOUND = "\n@%(host)s #%(code)s"  # the line that ties a code to the site (WICG, origin-bound one-time codes)
_NOTICE_BY_SMS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s size reklam SMS'i gonderebilir: siz onayladiniz, %(moment)s. Siz degilseniz ya da vazgectiyseniz "
        "GERI AL ya da RET %(name)s yazin."
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s sizi reklam icin arayabilir: siz onayladiniz, %(moment)s. Siz degilseniz ya da vazgectiyseniz "
        "GERI AL ya da RET %(name)s ARAMA yazin."
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s reklam SMS'i gonderebilir ve arayabilir: siz onayladiniz, %(moment)s. Siz degilseniz: GERI AL ya da "
        "RET %(name)s HEPSI yazin."
    ),
}
_NOTICE_TO_BUSINESS: dict[Ways, str] = {
    (Channel.MESAJ,): mark(
        "%(brand)s isletmenize reklam SMS'i gonderebilir: siz onayladiniz, %(moment)s. Siz degilseniz: "
        "GERI AL ya da RET %(name)s yazin."
    ),
    (Channel.ARAMA,): mark(
        "%(brand)s isletmenizi reklam icin arayabilir: siz onayladiniz, %(moment)s. Siz degilseniz: "
        "GERI AL ya da RET %(name)s ARAMA yazin."
    ),
    (Channel.ARAMA, Channel.MESAJ): mark(
        "%(brand)s isletmenize reklam SMS'i gonderebilir, arayabilir: siz onayladiniz, %(moment)s. Degilseniz: GERI AL "
        "ya da RET %(name)s HEPSI yazin."
    ),
}
_VERIFIED_BY_SMS = mark("%(brand)s numaranizi dogruladi, %(moment)s. Reklam onayi verilmedi, izinleriniz degismedi.")

MERCHANT = mark("Tacir veya esnaf olarak, işletmeniz için soruluyor.")  # on the page and in its preview too
_MERCHANT_GAVE = mark("Onayı tacir veya esnaf olarak, işletmeniz için verdiniz.")
_MAIL_SUBJECT = mark("%(brand)s size yazabilir mi?")
_VERIFY_SUBJECT = mark("%(brand)s: bu adres sizin mi?")
_NOTICE_SUBJECT = mark("Onay verildi: %(brand)s")
_VERIFIED_SUBJECT = mark("Adresiniz doğrulandı: %(brand)s")
_PAGE_CODE_SUBJECT = mark("%(brand)s sorusuna cevabınız için kod: %(code)s")
_PAGE_CODE_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s sorusuna cevabınız için kod: %(code)s"),
    mark("Kodu yalnız açtığınız sayfaya yazın, kimseye söylemeyin. Siz istemediyseniz hiçbir şey yapmayın."),
)
_PAGE_CONSENT_BY_MAIL = (
    _PAGE_CODE_BY_MAIL[0],
    mark("%(title)s reklam izni sorusuna cevabınızı kaydeden kod: %(code)s"),
    _PAGE_CODE_BY_MAIL[2],
)
_CODE_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s (%(company)s) size reklam e-postası göndermek için onayınızı istiyor: %(promise)s"),
    mark("Kodunuz: %(code)s\nKod 3 dakika geçerlidir. Kodu %(title)s çalışanına söylemek ya da yazmak ONAY verir."),
    mark("İstemiyorsanız hiçbir şey yapmayın. Alışverişiniz ve üyeliğiniz buna bağlı değildir."),
    mark("Kişisel verilerinizle ilgili bilgi: %(notice)s"),
)
_VERIFY_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s (%(company)s) bu adresin size ait olduğunu doğrulamak istiyor."),
    mark("Doğrulama kodunuz: %(code)s\nKod 3 dakika geçerlidir. Bu kod reklam onayı değildir ve hiçbir onay vermez."),
    mark("Siz istemediyseniz kodu kimseye söylemeyin."),
)
_LINK_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s (%(company)s) size reklam e-postası göndermek için onayınızı istiyor: %(promise)s"),
    mark("Evet ya da hayır demek için 24 saat içinde: %(link)s"),
    mark("Cevap vermezseniz hiçbir şey değişmez. Alışverişiniz ve üyeliğiniz buna bağlı değildir."),
)
_VERIFY_LINK_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s (%(company)s) bu adresin size ait olduğunu doğrulamak istiyor: %(link)s"),
    mark("Bağlantı 24 saat geçerlidir. Bu, reklam onayı değildir ve hiçbir onay vermez."),
    mark("Siz istemediyseniz hiçbir şey yapmayın."),
)
_NOTICE_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s markasının size reklam e-postası göndermesini onayladınız. Kayıt: %(moment)s"),
    mark("Siz yapmadıysanız ya da vazgeçtiyseniz aynı sitede geri alın: %(link)s"),
)
_VERIFIED_BY_MAIL = (
    mark("Merhaba,"),
    mark("%(title)s bu adresin size ait olduğunu doğruladı. Kayıt: %(moment)s"),
    mark("Reklam onayı verilmedi; izinleriniz değişmedi."),
)


class RequestMessage(NamedTuple):
    """``shown``: the same text without its code or link, for the proof; ``subject``: of a mail, else ""."""

    text: str
    shown: str
    subject: str = ""


class Asking(NamedTuple):
    """What a message names. ``notice``: about personal data; ``language``: of its reader, a trader if ``merchant``."""

    brand: BrandEntry
    title: str
    promise: str
    notice: str
    channels: int
    language: str = SOURCE
    merchant: bool = False


def ascii_name(text: str, most: int = LONGEST_NAME) -> str:
    """A name as every phone shows it, cut at ``most`` letters."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isprintable())[:most].strip()


def code(settings: Settings, asking: Asking, purpose: RequestPurpose, digits: str, *, mail: bool) -> RequestMessage:
    """The message with the digits that the company types."""
    verify = purpose is RequestPurpose.VERIFY
    values = _values(settings, asking)
    if mail:
        lines, subject = (
            (_VERIFY_BY_MAIL, _VERIFY_SUBJECT) if verify else (_asked(asking, _CODE_BY_MAIL), _MAIL_SUBJECT)
        )
        return _mail(asking, lines, subject, values, code=digits)
    text = _VERIFY_BY_SMS if verify else _of_ways(asking, _CODE_BY_SMS, _CODE_TO_BUSINESS)
    return _sms(asking, text, values, code=digits)


def page_code(
    settings: Settings, asking: Asking, purpose: RequestPurpose, digits: str, *, mail: bool
) -> RequestMessage:
    """The message with the digits that are typed on the page that asks; with the line for autofill where it fits."""
    values = _values(settings, asking)
    host = {"host": urlsplit(settings.public_url).hostname or "", "code": digits}
    verify = purpose is RequestPurpose.VERIFY
    if mail:
        lines = _PAGE_CODE_BY_MAIL if verify else _PAGE_CONSENT_BY_MAIL
        made = _mail(asking, lines, _PAGE_CODE_SUBJECT, {**values, "code": digits}, code=digits)
        return made._replace(text=made.text + (_BOUND % host).lstrip() + "\n")
    made = _sms(asking, _PAGE_VERIFY_BY_SMS if verify else _PAGE_CODE_BY_SMS, values, code=digits)
    bound = made.text + _BOUND % host
    return made._replace(text=bound) if len(bound) <= SMS_LETTERS[asking.language] else made


def link(settings: Settings, asking: Asking, purpose: RequestPurpose, address: str, *, mail: bool) -> RequestMessage:
    """The message with the link of a page that asks; ``address``: of the page."""
    verify = purpose is RequestPurpose.VERIFY
    values = _values(settings, asking)
    if mail:
        lines = _VERIFY_LINK_BY_MAIL if verify else _asked(asking, _LINK_BY_MAIL)
        return _mail(asking, lines, _VERIFY_SUBJECT if verify else _MAIL_SUBJECT, values, link=address)
    text = _VERIFY_LINK_BY_SMS if verify else _of_ways(asking, _LINK_BY_SMS, _LINK_TO_BUSINESS)
    return _sms(asking, text, values, link=address.partition("://")[2])


def notice(
    settings: Settings, asking: Asking, purpose: RequestPurpose, at: int, address: str, *, mail: bool
) -> RequestMessage:
    """What the address hears the same day; ``channels`` of ``asking``: those approved. ``address``: of the way back."""
    verify = purpose is RequestPurpose.VERIFY
    values = _values(settings, asking) | {"moment": when.stamp(at)}
    if mail:
        values["moment"] = when.moment(asking.language, at)
        lines = _VERIFIED_BY_MAIL if verify else _asked(asking, _NOTICE_BY_MAIL, _MERCHANT_GAVE)
        return _mail(asking, lines, _VERIFIED_SUBJECT if verify else _NOTICE_SUBJECT, values, link=address)
    return _sms(asking, _VERIFIED_BY_SMS if verify else _of_ways(asking, _NOTICE_BY_SMS, _NOTICE_TO_BUSINESS), values)


def _of_ways(asking: Asking, person: dict[Ways, str], business: dict[Ways, str]) -> str:
    return (business if asking.merchant else person)[channels_in(asking.channels)]


def _asked(asking: Asking, lines: tuple[str, ...], merchant: str = MERCHANT) -> tuple[str, ...]:
    # After the line that asks.
    return (*lines[:2], merchant, *lines[2:]) if asking.merchant else lines


def _values(settings: Settings, asking: Asking) -> dict[str, str]:
    host = urlsplit(settings.public_url).hostname or ""
    entry = asking.brand
    # A brand without a short name has its number as one, which looks like a code; RET takes either.
    return {
        "brand": ascii_name(entry.title if entry.name == str(entry.code) else entry.name),
        "name": ascii_name(asking.brand.name),
        "title": asking.title[:_TITLE],
        "company": asking.brand.company_title[:_TITLE],
        "promise": asking.promise,
        "notice": asking.notice if asking.notice.startswith("https://") else host,
    }


def _sms(asking: Asking, text: str, values: dict[str, str], **secret: str) -> RequestMessage:
    translated = catalogue(asking.language).gettext(text)
    shown = {name: _hidden(name, value) for name, value in secret.items()}
    host = {"notice": urlsplit(values["notice"]).hostname or values["notice"]}
    return RequestMessage(translated % {**values, **host, **secret}, translated % {**values, **host, **shown})


def _hidden(name: str, value: str) -> str:
    """A code, or the last part of a link: what opens or proves something."""
    if name == "code":
        return DIGITS_HIDDEN
    way, _, token = value.rpartition("/")
    return f"{way}/{DIGITS_HIDDEN[0] * len(token)}"


def _mail(
    asking: Asking, lines: tuple[str, ...], subject: str, values: dict[str, str], **secret: str
) -> RequestMessage:
    translate = catalogue(asking.language).gettext
    values = values | {"brand": values["title"]}  # a mail shows every letter
    text = "\n\n".join(map(translate, lines)) + "\n"
    shown = {name: _hidden(name, value) for name, value in secret.items()}
    return RequestMessage(text % {**values, **secret}, text % {**values, **shown}, translate(subject) % values)
