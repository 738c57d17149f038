"""Notices to the owner of an address that somebody else may now sign in or act for it, or has acted, within the day's
budget of notices. They go out in the transaction of the change."""

from __future__ import annotations

import structlog

from citizen.receipts.data_requests import DataRequestKind, KeptDataRequest
from citizen.wording import plain_mask, short_site, stamp
from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import SOURCE
from consents.people.recipients import mask
from consents.store import Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings
from trust import limits
from trust.codes.limits import code_budgets
from trust.codes.limits.code_budgets import Spender
from trust.limits import Limit
from trust.pseudonyms import mark as mark_of
from web.rendering import texts
from web.rendering.texts import mark

log = structlog.get_logger()

MOST = 20  # to one address in a day
_COUNTED = 999  # brands, so that the message keeps its length

# Plain ASCII in every language and within one message of 155 septets whatever the values.
_KEY = mark("%(site)s: bir cihaz artik sizin icin kodsuz giriyor (%(moment)s). Siz degilseniz %(how)s.")
_KEY_BY_SMS = mark("ANAHTAR SON yazip %(number)s numarasina gonderin")
_KEY_BY_PAGE = mark("kodla girip Kodsuz giris sayfasindan silin")
_LOOKED = mark("%(site)s: yardimciniz %(helper)s izinlerinize bakti. Yardimi bitirmek icin %(how)s.")
_ACTED = mark(
    "%(site)s: yardimciniz %(helper)s izinlerinizi degistirdi. Istemediyseniz 24 saatte %(back)s. Yardimi bitirmek "
    "icin %(how)s."
)
_BACK_BY_SMS = mark("GERI AL yazin")
_BACK_BY_PAGE = mark("kodla siteye girip geri alin")
_HELP_BY_SMS = mark("YARDIMCI SON yazin")
_HELP_BY_PAGE = mark("siteye girin")
_AT_DESK = mark(
    "%(site)s: telefonda %(count)s marka icin reddiniz kaydedildi (%(number)s). Siz aramadiysaniz sitede yeniden izin "
    "verin."
)
_DESK_UNDONE = mark(
    "%(site)s: telefonda kaydedilen reddiniz (%(number)s) geri alindi. Istemediyseniz sitede yeniden reddedin."
)
_ERASED = mark(
    "%(site)s: mektupla istenen silme (%(number)s): kaydiniz silindi, izinleriniz reddedildi. Siz istemediyseniz "
    "sitede Verilerim sayfasindan itiraz edin."
)
_LETTER = mark(
    "%(site)s: verileriniz icin %(what)s istendi (%(number)s). Kod %(code)s. Siz istemediyseniz kodu kimseye vermeyin."
)
_ASKED = {
    DataRequestKind.COPY: mark("kopya"),
    DataRequestKind.CORRECTION: mark("duzeltme"),
    DataRequestKind.ERASURE: mark("silme"),
    DataRequestKind.RECEIVED: mark("alanlarin listesi"),
    DataRequestKind.OBJECTION: mark("itiraz"),
}
_SUBJECT = mark("%(site)s: hesabınız için bir bildirim")


def passkey_added(settings: Settings, language: str, at: int) -> str:
    """``at`` in µs."""
    translate, number = texts.catalogue(language).gettext, settings.optout_number
    how = translate(_KEY_BY_SMS) % {"number": number} if number else translate(_KEY_BY_PAGE)
    return translate(_KEY) % {"site": short_site(settings.site_name), "moment": stamp(at), "how": how}


def helper_looked(settings: Settings, helper: str, owner: str) -> str:
    """``helper``, and ``owner``, who reads it: canonical."""
    return _of_helper(settings, SOURCE, _LOOKED, helper, owner)


def helper_acted(settings: Settings, language: str, helper: str, owner: str) -> str:
    """As of ``helper_looked``."""
    return _of_helper(settings, language, _ACTED, helper, owner, back=way_back(settings, language, owner))


def desk_refused(settings: Settings, language: str, brands: int, number: str) -> str:
    """The operator's desk recorded a refusal for somebody who called. ``number``: the record number."""
    values = {"site": short_site(settings.site_name), "count": min(brands, _COUNTED), "number": number}
    return texts.catalogue(language).gettext(_AT_DESK) % values


def desk_undone(settings: Settings, language: str, number: str) -> str:
    """The desk took it back, which the caller has not asked for."""
    return texts.catalogue(language).gettext(_DESK_UNDONE) % {"site": short_site(settings.site_name), "number": number}


def desk_erased(settings: Settings, language: str, number: str) -> str:
    """The desk erased the address on a letter. ``number``: of the request."""
    return texts.catalogue(language).gettext(_ERASED) % {"site": short_site(settings.site_name), "number": number}


def letter_code(settings: Settings, language: str, one: KeptDataRequest, code: str) -> str:
    """The code by which the writer of a letter proves the address that it names."""
    translate = texts.catalogue(language).gettext
    values = {"site": short_site(settings.site_name), "what": translate(_ASKED[one.kind])}
    return translate(_LETTER) % {**values, "number": one.number, "code": code}


def way_back(settings: Settings, language: str, owner: str) -> str:
    """How the owner of this canonical address undoes what a helper did (rule L11)."""
    return texts.catalogue(language).gettext(_BACK_BY_SMS if _by_sms(settings, owner) else _BACK_BY_PAGE)


def post(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    language: str,
    address: str,
    words: str,
    *,
    kept: bool = True,
) -> bool:
    """False where the address had MOST today or the budget is used up. Then the caller changes nothing that lets
    somebody in (a passkey, a helper's undo); a refusal stands, and a look is noted the next time. Unless ``kept``,
    address and text are deleted once it is sent."""
    kind: Kind = "mail" if "@" in address else "sms"
    own = Limit(mark_of(keyring, "owner notice", address), MOST, DAY)
    budget = code_budgets.budget(keyring, settings, kind, Spender.NOTICE)
    left = code_budgets.left(transaction, keyring, settings, kind, Spender.NOTICE)
    if not (left and limits.take_all(transaction, [own, budget])):
        log.warning("owner_notice_dropped", kind=kind)
        return False
    subject = texts.catalogue(language).gettext(_SUBJECT) % {"site": settings.site_name} if kind == "mail" else ""
    outbox.post(
        transaction,
        keyring,
        kind=kind,
        to=address,
        subject=subject,
        text=words,
        secret=not kept,
        expires_at=transaction.now + DAY,
    )
    return True


def _by_sms(settings: Settings, owner: str) -> bool:
    return bool(settings.optout_number) and "@" not in owner


def _of_helper(settings: Settings, language: str, text: str, helper: str, owner: str, **more: str) -> str:
    translate = texts.catalogue(language).gettext
    how = translate(_HELP_BY_SMS if _by_sms(settings, owner) else _HELP_BY_PAGE)
    names = {"site": short_site(settings.site_name), "helper": plain_mask(mask(helper))}
    return translate(text) % {**names, "how": how, **more}
