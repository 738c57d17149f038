"""The messages that bring a code: SMS in GSM-7 and within one part, e-mail, and calls that read it aloud.

Each says what the code is for and that it gives nobody consent to advertise (KVKK decision 2025/1072); a written one
ends in the line that ties it to this site for autofill (WICG, "Origin-bound one-time codes delivered via SMS").
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from gateways.carrier import LANGUAGE, Kind
from settings import Settings

LONGEST = 155  # septets of an SMS: 160 less what Turkish operators put behind it (B code)
_SITE = 11  # letters of the site's name in an SMS
# What ASCII and the basic table of GSM-7 (3GPP TS 23.038) share; {, ~ and their like count double there.
_PLAIN = frozenset(string.ascii_letters + string.digits + " !\"#$%&'()*+,-./:;<=>?@_")
_BOUND = "\n@{host} #{code}"

# From the fullest to the shortest; the first that fits with this site's name and host is sent. Pure ASCII, for ı, ş
# and ğ would make it UCS-2, which leaves 70 letters.
_SMS = {
    "tr": (
        "{site} giris kodu: {code} ({minutes} dk). Reklam izinlerinizi gormek icindir, onay yerine gecmez. "
        "Arayana veya kasada isteyene vermeyin." + _BOUND,
        "{site} giris kodu: {code} ({minutes} dk). Reklam onayi degildir. "
        "Arayana veya kasada isteyene vermeyin." + _BOUND,
        "{site} giris kodu: {code} ({minutes} dk). Reklam onayi degildir." + _BOUND,
        "Giris kodu: {code}. Reklam onayi degildir." + _BOUND,
    ),
    "en": (
        "{site} sign-in code: {code} ({minutes} min). For viewing your ad permissions; gives no consent. "
        "Never tell it to a caller or cashier." + _BOUND,
        "{site} sign-in code: {code} ({minutes} min). Gives no consent to ads. "
        "Never tell it to a caller or cashier." + _BOUND,
        "{site} sign-in code: {code} ({minutes} min). Gives no consent to ads." + _BOUND,
        "Sign-in code: {code}. Gives no consent to ads." + _BOUND,
    ),
}
_SUBJECT = {"tr": "{site} giriş kodunuz: {code}", "en": "Your {site} sign-in code: {code}"}
_MAIL = {
    "tr": """Merhaba,

Giriş kodunuz: {code}
Kod {minutes} dakika geçerlidir ve bir kez kullanılır.

Bu kod, hangi markaların size reklam gönderebildiğini görmeniz ve değiştirmeniz içindir. \
Kodu girmek hiçbir markaya onay vermez.

Kodu sizi arayan birine veya kasada isteyene vermeyin.

Bu kodu siz istemediyseniz bir şey yapmanız gerekmez; izinleriniz değişmedi.

Verilerinizi nasıl kullandığımız: {url}/gizlilik
{operator}
@{host} #{code}
""",
    "en": """Hello,

Your sign-in code: {code}
It is valid for {minutes} minute{s} and works once.

It lets you see and change which brands may send you advertising. Entering it gives no brand your consent.

Do not give it to a caller or to anyone asking at a till.

If you did not ask for it you need do nothing; your permissions have not changed.

How we use your data: {url}/gizlilik
{operator}
@{host} #{code}
""",
}


_CALL = {
    "tr": "Merhaba. Burası {site}. Giriş kodunuzu okuyorum: {digits}. Tekrar ediyorum: {digits}. Kod {minutes} dakika "
    "geçerlidir. Reklam izinlerinizi görmeniz içindir, onay yerine geçmez. Kodu sizi arayana veya kasada isteyene "
    "vermeyin. Siz istemediyseniz telefonu kapatabilirsiniz. İyi günler.",
    "en": "Hello, this is {site}. Your sign-in code is: {digits}. Once more: {digits}. It is valid for {minutes} "
    "minute{s}. It is for viewing your advertising permissions and gives no consent. Never tell it to a caller or to "
    "anyone asking at a till. If you did not ask for it you can hang up. Goodbye.",
}


class CodeMessage(NamedTuple):
    """``subject`` is empty for all but an e-mail; ``headers`` tell the language of a call."""

    text: str
    subject: str = ""
    headers: Mapping[str, str] | None = None


def sms(settings: Settings, language: str, code: str) -> CodeMessage:
    """The SMS that brings this code."""
    site, host = ascii_only(settings.site_name)[:_SITE].strip(), _host(settings)
    form = _fitting(language, site, host, settings.code_minutes)
    return CodeMessage(form.format(site=site, host=host, code=code, minutes=settings.code_minutes).strip())


def mail(settings: Settings, language: str, code: str) -> CodeMessage:
    """The e-mail that brings this code."""
    values = {
        "site": settings.site_name,
        "code": code,
        **_minutes(settings),
        "url": settings.public_url,
        "host": _host(settings),
        "operator": settings.operator_title or settings.site_name,
    }
    return CodeMessage(_MAIL[language].format(**values), _SUBJECT[language].format(**values))


def call(settings: Settings, language: str, code: str) -> CodeMessage:
    """What is said in the call that brings this code: digit by digit, twice."""
    values = {"site": settings.site_name, **_minutes(settings), "digits": ", ".join(code)}
    return CodeMessage(_CALL[language].format(**values), headers={LANGUAGE: language})


def _minutes(settings: Settings) -> dict[str, object]:
    """``s``: the plural's in English."""
    return {"minutes": settings.code_minutes, "s": "" if settings.code_minutes == 1 else "s"}


BY: Mapping[Kind, Callable[[Settings, str, str], CodeMessage]] = {"sms": sms, "mail": mail, "call": call}


def ascii_only(text: str) -> str:
    """The text as every phone shows it: Turkish letters without their marks, what else is not in GSM-7 left out."""
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(letter for letter in plain if letter in _PLAIN).strip()


@lru_cache
def _fitting(language: str, site: str, host: str, minutes: int) -> str:
    """The fullest form that fits; the shortest one where none does, for without its last line it is of less use."""
    forms = _SMS[language]
    for form in forms:
        if len(form.format(site=site, host=host, code="000000", minutes=minutes)) <= LONGEST:
            return form
    return forms[-1]


def _host(settings: Settings) -> str:
    """The host alone: an origin-bound code names no port."""
    return urlsplit(settings.public_url).hostname or ""
