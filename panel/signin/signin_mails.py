"""Mails of sign-in: the code, and the notice of a new browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from consents.instants import SECOND
from gateways.file import sending
from gateways.outbox import outbox
from panel.accounts import factors
from panel.accounts.factors import Factor
from settings import Settings
from trust.codes import codes
from trust.codes.pending import Pending
from web import process
from web.rendering import texts, when
from web.rendering.drawing import PANEL_TRIAL
from web.rendering.texts import mark, mark_counted

_SUBJECT = mark("%(site)s paneli giriş kodunuz: %(code)s")
_CODE = mark_counted("Panele giriş kodunuz: %(code)s\nKod %(minutes)s dakika geçerlidir ve bir kez kullanılır.")
_LINES = (
    mark("Kodu kimseye vermeyin; sizden isteyen biz değiliz."),
    mark("Kodu siz istemediyseniz bir şey yapmanız gerekmez: kod olmadan kimse giremez."),
)
_GREETING = mark("Merhaba,")
_NEW_SUBJECT = mark("%(site)s paneline yeni bir tarayıcıdan girildi")
_NEW = (
    mark("Hesabınızla panele daha önce kullanmadığınız bir tarayıcıdan girildi."),
    mark("Tarayıcı: %(browser)s\nZaman: %(at)s"),
    mark(
        "Giren siz değilseniz panelde Hesabım sayfasından bütün oturumları kapatın ve hesap sahibinize haber verin: "
        "%(url)s"
    ),
)
_CHANGED_SUBJECT = mark("%(site)s panelindeki girişinizde değişiklik")
_CHANGES = {
    "app": mark("Hesabınıza ikinci adım olarak bir kod uygulaması eklendi."),
    "passkey": mark("Hesabınıza ikinci adım olarak bir geçiş anahtarı eklendi."),
    "removed": mark("Hesabınızdan bir ikinci adım kaldırıldı."),
    "recoveries": mark("Hesabınız için yeni kurtarma kodları alındı; eskileri artık geçmez."),
}
_CHANGED = (
    mark("Zaman: %(at)s"),
    mark(
        "Bunu yapan siz değilseniz hemen panelde Hesabım sayfasından bütün oturumları kapatın, siteyi işletene ve "
        "hesap sahibinize haber verin: %(url)s"
    ),
)
_WRONG_SUBJECT = mark("%(site)s panelinde hesabınız için yanlış kodlar girildi")
_CLOSED_SUBJECT = mark("%(site)s panelinde ikinci adımınız kapatıldı")
_WRONG = (
    mark("Hesabınızın ikinci adımında art arda %(wrong)s yanlış kod girildi. Giren, e-postanıza gelen kodu biliyordu."),
    mark(
        "Siz değilseniz biri e-postalarınızı okuyor olabilir: e-postanızın şifresini değiştirin ve siteyi işletene "
        "haber verin."
    ),
)
_CLOSED = mark(
    "Uygulama kodları artık kabul edilmiyor; açık oturumlarınız sürer. Kurtarma kodu ya da geçiş anahtarıyla girince, "
    "ya da siteyi işleten ikinci adımınızı kaldırınca yeniden açılır."
)


class PanelMail(NamedTuple):
    subject: str
    text: str


def code(settings: Settings, language: str, made: str) -> PanelMail:
    values = {"site": settings.site_name, "code": made, "minutes": settings.code_minutes}
    translate = texts.catalogue(language).gettext
    lines = [translate(_GREETING), texts.counted(language, _CODE, settings.code_minutes), *map(translate, _LINES)]
    text = letter(settings, [line % values for line in lines]) + bound(settings, made)
    return PanelMail(translate(_SUBJECT) % values, text)


def bound(settings: Settings, made: str) -> str:
    """The last line, which binds a code to this site (WICG, "Origin-bound one-time codes")."""
    return f"@{urlsplit(settings.public_url).hostname} #{made}\n"


def new_browser(settings: Settings, language: str, browser: str, at: int) -> PanelMail:
    """The notice of a sign-in with a new browser; ``at``: µs."""
    translate = texts.catalogue(language).gettext
    values = {
        "site": settings.site_name,
        "browser": browser,
        "at": when.moment(language, at),
        "url": f"{settings.public_url}/panel/hesap",
    }
    lines = [translate(_GREETING), *map(translate, _NEW)]
    return PanelMail(translate(_NEW_SUBJECT) % values, letter(settings, [line % values for line in lines]))


def step_changed(settings: Settings, language: str, what: str, at: int) -> PanelMail:
    """The notice of a changed second step. ``what``: app, passkey, removed, recoveries; ``at``: µs."""
    translate = texts.catalogue(language).gettext
    values = {
        "site": settings.site_name,
        "at": when.moment(language, at),
        "url": f"{settings.public_url}/panel/hesap",
    }
    lines = [translate(_GREETING), translate(_CHANGES[what]), *map(translate, _CHANGED)]
    return PanelMail(translate(_CHANGED_SUBJECT) % values, letter(settings, [line % values for line in lines]))


def wrong_steps(settings: Settings, language: str, wrong: int, *, closed: bool) -> PanelMail:
    """The notice of wrong codes at the second step. ``closed``: app codes are locked."""
    translate = texts.catalogue(language).gettext
    values = {"site": settings.site_name, "wrong": wrong}
    lines = [
        translate(_GREETING),
        translate(_WRONG[0]),
        *([translate(_CLOSED)] if closed else []),
        translate(_WRONG[1]),
    ]
    subject = _CLOSED_SUBJECT if closed else _WRONG_SUBJECT
    return PanelMail(translate(subject) % values, letter(settings, [line % values for line in lines]))


def letter(settings: Settings, lines: list[str]) -> str:
    """The lines as a letter of the site's operator."""
    return "\n\n".join([*lines, settings.operator_title or settings.site_name]) + "\n"


_READ = 200  # mails
_BOUND = re.compile(r"#([0-9]{6})$", re.MULTILINE)


async def demo_code(request: Request, row: Pending) -> str:
    """The code that a demo mailed for this browser's request; "" for none, and on every other site."""
    here = process.of(request)
    if here.trial is None:
        return ""
    waiting = await here.registry.store.read(outbox.readable, here.registry.keyring, _READ)
    sent = await asyncio.to_thread(sending.tail, here.settings.mail_gateway.path)  # the outbox deletes a sent code
    found = [code for mail in (*waiting, *sent) if mail.to == row.address for code in _BOUND.findall(mail.text)]
    asked = here.registry.keyring, row.holder, row.purpose, row.address
    return next((code for code in found if codes.proof(*asked, code) == row.mac), "")


def demo_step(request: Request, known: Collection[Factor]) -> str:
    """An unused code of the app of a demo's operator; "" for none, and on every other site."""
    here, secret = process.of(request), PANEL_TRIAL.secret
    now = here.registry.store.now() // SECOND // factors.STEP
    steps = [max(now, one.counter + 1) for one in known if here.trial and one.secret == secret.encode()]
    return next((factors.code_of(secret, step) for step in steps if step <= now + factors.DRIFT), "")
