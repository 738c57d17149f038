"""What is said in a call, in Turkish and English.

No text glues a suffix to a value. A brand's name is spoken as it is, by the Turkish voice.
"""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from consents import business_days
from gateways.twilio.twiml import Line

Lines = list[Line]
Texts = dict[str, str]

_HELLO: Texts = {
    "tr": "Merhaba. Burası {site}. Reklam aramalarını ve mesajlarını buradan reddedebilirsiniz.",
    "en": "Hello, this is {site}. You can refuse advertising calls and messages here.",
}
_ENGLISH = Line("en", "For English press nine.")
_NUMBER: Texts = {
    "tr": "Markanın altı haneli İYS numarasını tuşlayın, sonra kare tuşuna basın. Numarayı bilmiyorsanız yıldıza "
    "basın.",
    "en": "Enter the brand's six-digit İYS number, then press hash. If you do not know the number, press star.",
}
_CHOSEN: Texts = {"tr": "Seçtiğiniz marka:", "en": "The brand you chose:"}
_WHAT: Texts = {
    "tr": "Yalnız aramaları reddetmek için bire, bu markanın arama ve SMS'lerini reddetmek için ikiye, bu sistemdeki "
    "bütün markaları reddetmek için üçe basın. Başka marka için sıfıra basın.",
    "en": "To refuse calls only, press one. To refuse this brand's calls and text messages, press two. To refuse all "
    "brands in this system, press three. For another brand, press zero.",
}
_ALL: Texts = {
    "tr": "Bu sistemdeki bütün markaların aramalarını reddetmek için bire, arama ve SMS'leri reddetmek için üçe basın. "
    "Vazgeçmek için telefonu kapatabilirsiniz.",
    "en": "To refuse the calls of all brands in this system, press one. To refuse their calls and text messages, press "
    "three. If you have changed your mind, you can hang up.",
}
_RECORDED: Texts = {"tr": "Reddiniz kaydedildi.", "en": "Your refusal has been recorded."}
# The same whether the number has a record or not: a caller's number can be forged, so nobody may learn it here.
_EVERY: Texts = {
    "tr": "İsteğiniz yerine getirildi: bu sistemde numaranız için kaydı olan bütün markalar reddedildi.",
    "en": "Done: all brands that have a record of your number in this system are refused.",
}
# True whether a brand could call until then or not: which of the two is so, only the SMS says.
_UNTIL: Texts = {
    "tr": "Aramalar en geç {day} günü durmalı; izni olmayan marka sizi hiç arayamaz.",
    "en": "The calls must stop by {day} at the latest; a brand without permission may not call you at all.",
}
_SMS_FOLLOWS: Texts = {
    "tr": "Birazdan SMS ile bildireceğiz.",
    "en": "We will confirm this by text message shortly.",
}
_NO_SMS: Texts = {
    "tr": "Bu hatta SMS gelmediği için kayıt numaranızı okuyorum: {record}.",
    "en": "This line takes no text messages, so here is your record number: {record}.",
}
_NO_SMS_ABROAD: Texts = {
    "tr": "Yurt dışı numaralarına SMS göndermediğimiz için kayıt numaranızı okuyorum: {record}.",
    "en": "We send no text messages to numbers abroad, so here is your record number: {record}.",
}
_AGAIN: Texts = {"tr": "Tekrar dinlemek için bire basın.", "en": "To hear it again, press one."}
_NOTHING_PRESSED: Texts = {
    "tr": "Bir tuşa basmadınız. Hiçbir şey değişmedi. Tekrar deneyelim.",
    "en": "You pressed no key. Nothing has changed. Let us try again.",
}
_NO_SUCH_KEY: Texts = {
    "tr": "Bu tuşun burada bir karşılığı yok. Hiçbir şey değişmedi.",
    "en": "This key does nothing here. Nothing has changed.",
}
_NO_BRAND: Texts = {
    "tr": "Bu numarayla bir marka bulamadık. Hiçbir şey değişmedi.",
    "en": "We found no brand with this number. Nothing has changed.",
}
_UNCHANGED: Texts = {"tr": "Hiçbir şey değişmedi. İyi günler.", "en": "Nothing has changed. Goodbye."}
_GOODBYE: Texts = {"tr": "İyi günler.", "en": "Goodbye."}
_HIDDEN: Texts = {
    "tr": "Numaranız gizli olduğu için kaydınızı bulamıyoruz. Numaranızı göstererek yeniden arayın",
    "en": "Your number is hidden, so we cannot find your record. Show your number and call again",
}
_OR_TEXT: Texts = {"tr": " ya da {number} numarasına RET yazın.", "en": ", or text RET to {number}."}
_UNAVAILABLE: Texts = {
    "tr": "Şu anda kaydedemiyoruz. Reddiniz kaydedilmedi. Lütfen birkaç dakika sonra yeniden arayın",
    "en": "We cannot record now. Your refusal was not recorded. Please call again in a few minutes",
}
_UNSURE: Texts = {
    "tr": "Reddinizin kaydedilip kaydedilmediğini bilmiyoruz. Lütfen birkaç dakika sonra yeniden arayın",
    "en": "We do not know whether your refusal was recorded. Please call again in a few minutes",
}
_OR_SEND: Texts = {"tr": " ya da RET yazıp {number} numarasına gönderin.", "en": ", or text RET to {number}."}
_ALREADY: Texts = {
    "tr": "Bu markayı daha önce reddetmişsiniz. Kaydınız geçerli.",
    "en": "You have already refused this brand. Your record stands.",
}
_DIGITS = {
    "tr": ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_DAY = {"tr": "d MMMM EEEE", "en": "EEEE d MMMM"}


def greeting(language: str, site: str) -> Lines:
    """V1."""
    hello = Line(language, _HELLO[language].format(site=site))
    return [hello, _ENGLISH] if language == "tr" else [hello]


def number(language: str) -> Lines:
    """V2."""
    return _of(_NUMBER, language)


def what(language: str, title: str) -> Lines:
    """V3, with the brand's title."""
    if language == "tr":
        return [Line("tr", f"{_CHOSEN['tr']} {title}. {_WHAT['tr']}")]
    return [*_of(_CHOSEN, language), Line("tr", title), *_of(_WHAT, language)]


def every(language: str) -> Lines:
    """V4."""
    return _of(_ALL, language)


def recorded(language: str, *, of_all: bool) -> Lines:
    """How V5 and V5b begin."""
    return _of(_EVERY if of_all else _RECORDED, language)


def confirmed(language: str, at: int) -> Lines:
    """How V5 ends; ``at``: when the refusal was given, µs."""
    return [Line(language, f"{_until(language, at)} {_SMS_FOLLOWS[language]}")]


def receipt(language: str, record: int, at: int, *, abroad: bool) -> Lines:
    """How V5b ends: the record number in words, what can be repeated."""
    words = ", ".join(_DIGITS[language][int(digit)] for digit in str(record))
    told = (_NO_SMS_ABROAD if abroad else _NO_SMS)[language].format(record=words)
    return [Line(language, f"{told} {_until(language, at)} {_AGAIN[language]}")]


def nothing_pressed(language: str) -> Lines:
    """V6, before the question is asked again."""
    return _of(_NOTHING_PRESSED, language)


def unchanged(language: str) -> Lines:
    """V6, at the end."""
    return _of(_UNCHANGED, language)


def goodbye(language: str) -> Lines:
    """After a refusal that stands."""
    return _of(_GOODBYE, language)


def no_brand(language: str) -> Lines:
    """V7."""
    return _of(_NO_BRAND, language)


def no_such_key(language: str) -> Lines:
    """A key that was not offered."""
    return _of(_NO_SUCH_KEY, language)


def hidden(language: str, texts_to: str | None) -> Lines:
    """V8; ``texts_to``: the number that takes RET by SMS."""
    return [Line(language, _HIDDEN[language] + _or(_OR_TEXT, language, texts_to))]


def unavailable(language: str, texts_to: str | None, *, unsure: bool = False) -> Lines:
    """V9. ``unsure``: nobody can tell whether it was recorded."""
    said = _UNSURE if unsure else _UNAVAILABLE
    return [Line(language, said[language] + _or(_OR_SEND, language, texts_to))]


def already(language: str) -> Lines:
    """V10."""
    return _of(_ALREADY, language)


def _of(texts: Texts, language: str) -> Lines:
    return [Line(language, texts[language])]


def _until(language: str, at: int) -> str:
    return _UNTIL[language].format(day=in_words(language, business_days.stop_by(at)))


def in_words(language: str, day: date) -> str:
    """ "27 Kasım Cuma", "Friday 27 November": the year goes without saying."""
    return format_date(day, _DAY[language], locale=language)


def _or(texts: Texts, language: str, texts_to: str | None) -> str:
    """The other way, its number digit by digit; a full stop where there is none."""
    if texts_to is None:
        return "."
    return texts[language].format(number=" ".join(texts_to.lstrip("+")))
