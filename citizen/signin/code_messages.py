"""Messages with a code: SMS (GSM-7, one part), e-mail, calls. Each states its purpose and that it gives no consent
to advertise (KVKK decision 2025/1072); written ones end in the autofill line (WICG, "Origin-bound one-time codes
delivered via SMS")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from citizen.wording import plain_mask, short_site
from consents.languages import SMS_LETTERS, voiced
from gateways.carrier import LANGUAGE, Kind
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark, mark_counted

_BOUND = "\n@%(host)s #%(code)s"  # the line that ties the code to the site

# From the fullest to the shortest; the first that fits with this site's name and host is sent. Pure ASCII in every
# language, because ı, ş and ğ would make it UCS-2, which leaves 70 letters.
_SMS = (
    mark(
        "%(site)s giris kodu: %(code)s (%(minutes)s dk). Reklam izinlerinizi gormek icindir, onay yerine gecmez. "
        "Arayana veya kasada isteyene vermeyin."
    ),
    mark(
        "%(site)s giris kodu: %(code)s (%(minutes)s dk). Reklam onayi degildir. Arayana veya kasada isteyene vermeyin."
    ),
    mark("%(site)s giris kodu: %(code)s (%(minutes)s dk). Reklam onayi degildir."),
    mark("Giris kodu: %(code)s. Reklam onayi degildir."),
)
# Of a code that lets a helper act for its reader. No line ties it to a browser: it is typed in another person's.
_HELP = mark(
    "%(helper)s yaninizda mi? 15 dk reklam izinlerinizi gorup reddetmesi icin kod: %(code)s. Yaninizda degilse, "
    "telefonda istiyorsa VERMEYIN. %(site)s"
)
_LASTING = mark(
    "%(helper)s %(days)s gun reklam izinlerinizi gorup reddetsin mi? Evetse kod: %(code)s. Degilse VERMEYIN. "
    "Bitirmek icin YARDIMCI SON yazin. %(site)s"
)
_SUBJECT = mark("%(site)s giriş kodunuz: %(code)s")
_GREETING = mark("Merhaba,")
_CODE = mark_counted("Giriş kodunuz: %(code)s\nKod %(minutes)s dakika geçerlidir ve bir kez kullanılır.")
_MAIL = (
    mark(
        "Bu kod, hangi markaların size reklam gönderebildiğini görmeniz ve değiştirmeniz içindir. "
        "Kodu girmek hiçbir markaya onay vermez."
    ),
    mark("Kodu sizi arayan birine veya kasada isteyene vermeyin."),
    mark("Bu kodu siz istemediyseniz bir şey yapmanız gerekmez; izinleriniz değişmedi."),
    mark("Verilerinizi nasıl kullandığımız: %(url)s"),
)
_CALL = mark_counted(
    "Merhaba. Burası %(site)s. Giriş kodunuzu okuyorum: %(digits)s. Tekrar ediyorum: %(digits)s. Kod %(minutes)s "
    "dakika geçerlidir. Reklam izinlerinizi görmeniz içindir, onay yerine geçmez. Kodu sizi arayana veya kasada "
    "isteyene vermeyin. Siz istemediyseniz telefonu kapatabilirsiniz. İyi günler."
)


class CodeMessage(NamedTuple):
    """``subject`` is empty for all but an e-mail; ``headers`` hold the language of a call."""

    text: str
    subject: str = ""
    headers: Mapping[str, str] | None = None


def sms(settings: Settings, language: str, code: str) -> CodeMessage:
    values = {"site": short_site(settings.site_name), "host": _host(settings)}
    form = _fitting(language, settings.code_minutes, **values)
    return CodeMessage((form % {**values, "code": code, "minutes": settings.code_minutes}).strip())


def help_sms(settings: Settings, language: str, code: str, helper: str, *, lasting: bool = False) -> CodeMessage:
    """The SMS with the code that a helper asks for. ``helper``: their address, masked; ``lasting``: for many visits."""
    site, days = short_site(settings.site_name), settings.helper_days
    values = {"site": site, "code": code, "helper": plain_mask(helper), "days": days}
    return CodeMessage(texts.catalogue(language).gettext(_LASTING if lasting else _HELP) % values)


def mail(settings: Settings, language: str, code: str) -> CodeMessage:
    minutes = settings.code_minutes
    values = {"site": settings.site_name, "code": code, "minutes": minutes, "url": f"{settings.public_url}/gizlilik"}
    translate = texts.catalogue(language).gettext
    lines = [translate(_GREETING), texts.counted(language, _CODE, minutes), *map(translate, _MAIL)]
    operator, bound = settings.operator_title or settings.site_name, _BOUND % {"host": _host(settings), "code": code}
    text = "\n\n".join([line % values for line in lines]) + f"\n{operator}{bound}\n"
    return CodeMessage(text, translate(_SUBJECT) % values)


def call(settings: Settings, language: str, code: str) -> CodeMessage:
    values = {"site": settings.site_name, "minutes": settings.code_minutes, "digits": ", ".join(code)}
    language = voiced(language)
    spoken = texts.counted(language, _CALL, settings.code_minutes) % values
    return CodeMessage(spoken, headers={LANGUAGE: language})


BY: Mapping[Kind, Callable[[Settings, str, str], CodeMessage]] = {"sms": sms, "mail": mail, "call": call}


@lru_cache
def _fitting(language: str, minutes: int, site: str, host: str) -> str:
    """The fullest form that fits, else the shortest: the last line is needed for autofill."""
    forms = [texts.catalogue(language).gettext(form) + _BOUND for form in _SMS]
    values = {"site": site, "host": host, "code": "000000", "minutes": minutes}
    return next((form for form in forms if len(form % values) <= SMS_LETTERS[language]), forms[-1])


def _host(settings: Settings) -> str:
    """The host alone: an origin-bound code names no port."""
    return urlsplit(settings.public_url).hostname or ""
