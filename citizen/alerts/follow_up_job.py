"""Sustular mı? On the day after a refusal's last day, one SMS or mail to its own address: how many companies took the
refusal, and who still writes. Mark and message are one transaction (L9), so a crash or a second worker repeats
nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog

from citizen.alerts import company_answers
from citizen.alerts.company_answers import CompanyAnswer, Taking
from consents import instants
from consents.instants import DAY, HOUR, MINUTE
from consents.people import recipients, register
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from optout import public as optout
from optout.public import follow_ups
from settings import Settings
from trust import limits
from trust.codes.limits import code_budgets
from trust.codes.limits.code_budgets import Spender
from web.rendering import texts
from web.rendering.texts import mark, mark_counted

PART = 20  # recipients of one transaction, which takes a few ms
PATH = "/sustu/"  # before the token of a mail
MOST = 12  # brands that a mail names

log = structlog.get_logger()

# Plain ASCII in every language, within one message of 155 septets whatever the values (host: 40 letters).
_SMS_ALL = mark_counted("%(count)s marka reddinizi aldi. %(ask)s")
_SMS_SOME = mark("%(taken)s marka reddinizi aldi, %(left)s marka almadi. %(ask)s")
_SMS_NONE = mark_counted("%(left)s marka reddinizi almadi. %(ask)s")
_SMS_ANY = mark("Reddinizin son gunu doldu. %(ask)s")
_SMS_REPLY = mark("Hala reklam gonderen var mi? HAYIR ya da markanin adini yazin.")
_SMS_SITE = mark("Hala reklam gonderen varsa: %(address)s")
_SMS_NO_SITE = mark("Hala reklam gonderen varsa sitede bildirin.")

_SUBJECT = mark("Sustular mı? Reddinizin son günü doldu")
_GREETING = mark("Merhaba,")
_ABOUT = mark("Şu adres için verdiğiniz reddin son günü doldu: %(address)s")
_TAKEN = mark("Reddinizi aldı:")
_REPORTED = mark("İYS'ye bildirildi:")
_NOT = mark("Almadı:")
_MORE = mark_counted("ve %(count)s marka daha")
_ASK = mark("Hâlâ reklam gönderen var mı? Yanıtlamak için: %(url)s")
_ONCE = mark("Bu soruyu bir kez sorarız. Yanıt vermeniz gerekmez.")


class MailedQuestion(NamedTuple):
    """The frame of a mail. ``masked``: the address; ``url``: where it is answered; ``site``: who signs."""

    masked: str
    url: str
    site: str


async def ask(registry: Registry, settings: Settings) -> None:
    """Asks what is due: nothing outside its hours, nothing while a kind's carrier fails or its budget is used up. What
    is delayed follows in a later run, or tomorrow."""
    store, now = registry.store, registry.store.now()
    opened = _opening(now)
    if not opened <= now < opened + (follow_ups.CLOSES - follow_ups.OPENS) * HOUR:
        return
    kinds: tuple[Kind, ...] = ("mail", "sms") if settings.follow_up_sms else ("mail",)
    for kind in kinds:
        more = True
        while more and not await store.read(outbox.down, kind, store.now()):
            found = await store.read(follow_ups.due, kind, store.now(), PART)
            more = bool(found) and await _ask_all(registry, settings, kind, found)
    outbox.arrived(registry)


def _opening(now: int) -> int:
    return instants.at_hour(instants.day_of(now), follow_ups.OPENS)


async def _ask_all(registry: Registry, settings: Settings, kind: Kind, found: Sequence[int]) -> bool:
    """Asks these recipients in one transaction; if it fails, one by one. One that fails waits until tomorrow. False
    once the budget is used up."""
    store = registry.store
    try:
        return await store.write(_ask_together, registry, settings, kind, found)
    except StoreUnavailable:
        raise
    except Exception as fault:
        if len(found) == 1:
            log.error("follow_up_failed", kind=kind, error=type(fault).__name__)
            await store.write(follow_ups.postpone, found[0], kind)
            return True
    return all([await _ask_all(registry, settings, kind, [recipient]) for recipient in found])


def _ask_together(
    transaction: Transaction, registry: Registry, settings: Settings, kind: Kind, found: Sequence[int]
) -> bool:
    return all(_ask_one(transaction, registry, settings, kind, recipient) for recipient in found)


def _ask_one(transaction: Transaction, registry: Registry, settings: Settings, kind: Kind, recipient: int) -> bool:
    """Posts one message about all that is due of a recipient; none after undos. False without a budget."""
    asked, answers = [], list[CompanyAnswer]()
    for one in follow_ups.due_of(transaction, recipient, kind, transaction.now):
        of_act = company_answers.answers(transaction, registry, one.act, recipient)
        if of_act:
            asked.append(one)
            answers += of_act
        else:
            follow_ups.drop(transaction, one.act)
    address = register.address(transaction, registry.keyring, recipient) if asked else None
    if address is None:  # nothing stands, or the person was erased
        for one in asked:
            follow_ups.drop(transaction, one.act)
        return True
    if not _spend(transaction, registry, settings, kind):
        return False
    language, closes = asked[-1].language, _opening(transaction.now) + (follow_ups.CLOSES - follow_ups.OPENS) * HOUR
    until = transaction.now + DAY if kind == "mail" else max(closes, transaction.now + MINUTE)
    if kind == "sms":
        text = sms(language, answers, settings)
        outbox.post(transaction, registry.keyring, kind="sms", to=address, text=text, expires_at=until)
    else:
        url = f"{settings.public_url}{PATH}{follow_ups.token(registry.keyring, asked[-1].act)}"
        frame = MailedQuestion(recipients.mask(address), url, settings.operator_title or settings.site_name)
        subject, text = mail(language, answers, frame)
        outbox.post(
            transaction, registry.keyring, kind="mail", to=address, subject=subject, text=text, expires_at=until
        )
    for one in asked:
        follow_ups.asked(transaction, one.act)
    return True


def _spend(transaction: Transaction, registry: Registry, settings: Settings, kind: Kind) -> bool:
    arguments = (registry.keyring, settings, kind, Spender.FOLLOW_UP)
    return code_budgets.left(transaction, *arguments) and limits.take(transaction, code_budgets.budget(*arguments))


def sms(language: str, answers: Sequence[CompanyAnswer], settings: Settings) -> str:
    translate, brands = texts.catalogue(language).gettext, _by_brand(answers)
    address = f"{urlsplit(settings.public_url).hostname or ''}{optout.FOLLOW_UP_PATH}"
    how = _SMS_REPLY if settings.optout_number else _SMS_SITE if len(address) <= 40 else _SMS_NO_SITE
    counts = Counter(one.taking for one in brands)
    taken, left = min(counts[Taking.TAKEN], 9999), min(counts[Taking.NOT], 9999)
    values = {"taken": taken, "left": left, "count": taken, "ask": translate(how) % {"address": address}}
    if left:
        return (translate(_SMS_SOME) if taken else texts.counted(language, _SMS_NONE, left)) % values
    return (texts.counted(language, _SMS_ALL, taken) if taken else translate(_SMS_ANY)) % values


def mail(language: str, answers: Sequence[CompanyAnswer], frame: MailedQuestion) -> tuple[str, str]:
    """(subject, text)."""
    translate, brands = texts.catalogue(language).gettext, _by_brand(answers)
    parts = [translate(_GREETING), translate(_ABOUT) % {"address": frame.masked}]
    for taking, heading in ((Taking.TAKEN, _TAKEN), (Taking.REPORTED, _REPORTED), (Taking.NOT, _NOT)):
        if names := [one.brand.title for one in brands if one.taking is taking]:
            parts.append("\n".join([translate(heading), *_listed(language, names)]))
    parts += [translate(_ASK) % {"url": frame.url}, translate(_ONCE), frame.site]
    return translate(_SUBJECT), "\n\n".join(parts) + "\n"


def _listed(language: str, names: Sequence[str]) -> list[str]:
    lines = [f"– {name}" for name in names[:MOST]]
    more = len(names) - MOST
    return lines + ([f"– {texts.counted(language, _MORE, more) % {'count': more}}"] if more > 0 else [])


def _by_brand(answers: Sequence[CompanyAnswer]) -> list[CompanyAnswer]:
    """One answer a brand: where several acts reached it, that of one that it did not take."""
    worst = sorted(answers, key=lambda one: one.taking is Taking.NOT)
    return list({one.brand.id: one for one in worst}.values())
