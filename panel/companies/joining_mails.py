"""Mails about an application: the code that proves the e-mail, and the decision."""

from __future__ import annotations

from collections.abc import Mapping

from panel.signin import signin_mails
from panel.signin.signin_mails import PanelMail
from settings import Settings
from web.rendering import texts
from web.rendering.texts import mark

_GREETING = mark("Merhaba,")
_CODE_SUBJECT = mark("%(site)s başvuru kodunuz: %(code)s")
_CODE = mark("Şirketiniz için başvuru kodu: %(code)s")
_CODE_LINES = (
    mark("Kod bir kez kullanılır ve %(minutes)s dakika geçerlidir."),
    mark("Kodu siz istemediyseniz bir şey yapmanız gerekmez."),
)
_APPROVED_SUBJECT = mark("Başvurunuz onaylandı: %(company)s")
_APPROVED = (
    mark("Şirketinizin başvurusu onaylandı: %(company)s"),
    mark("İYS numaranız: %(code)s"),
    mark("Hesap sahibi olarak bu e-postayla girin: %(url)s"),
)
_REFUSED_SUBJECT = mark("Başvurunuz kabul edilmedi: %(company)s")
_REFUSED = (
    mark("Şirketinizin başvurusu kabul edilmedi: %(company)s"),
    mark("Nedeni: %(why)s"),
    mark("Eksiği giderip yeniden başvurabilirsiniz: %(url)s"),
)


def code(settings: Settings, language: str, made: str) -> PanelMail:
    values = {"site": settings.site_name, "code": made, "minutes": settings.code_minutes}
    subject, text = _mail(settings, language, _CODE_SUBJECT, (_CODE, *_CODE_LINES), values)
    return PanelMail(subject, text + signin_mails.bound(settings, made))


def approved(settings: Settings, language: str, company: str, iys_code: int) -> PanelMail:
    values = {"company": company, "code": iys_code, "url": f"{settings.public_url}/panel/giris"}
    return _mail(settings, language, _APPROVED_SUBJECT, _APPROVED, values)


def refused(settings: Settings, language: str, company: str, why: str) -> PanelMail:
    values = {"company": company, "why": why, "url": f"{settings.public_url}/panel/basvuru"}
    return _mail(settings, language, _REFUSED_SUBJECT, _REFUSED, values)


def _mail(
    settings: Settings, language: str, subject: str, lines: tuple[str, ...], values: Mapping[str, object]
) -> PanelMail:
    translate = texts.catalogue(language).gettext
    paragraphs = [translate(line) % values for line in (_GREETING, *lines)]
    return PanelMail(translate(subject) % values, signin_mails.letter(settings, paragraphs))
