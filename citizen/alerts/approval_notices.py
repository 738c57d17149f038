"""The notice of an approval, sent the same day to its address, so that its holder can object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from citizen import wording
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.channels import NUMBERS, answered
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel
from gateways.outbox import outbox
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark as mark_of
from web.rendering import texts, when
from web.rendering.texts import mark

MOST = 30  # notices to an address in 24 hours

# Plain ASCII in every language, within one message of 160 septets whatever the values (brand: 11 letters).
_BY_SMS = mark(
    "%(brand)s icin bu numaraya reklam SMS'i onayi verildi. Kayit: %(moment)s. Siz yapmadiysaniz ya da vazgectiyseniz "
    "%(how)s."
)
_BY_CALL = mark(
    "%(brand)s icin bu numaraya reklam aramasi onayi verildi. Kayit: %(moment)s. Siz yapmadiysaniz ya da "
    "vazgectiyseniz %(how)s."
)
_SMS_BACK = mark("RET %(brand)s yazin")
_CALL_BACK = mark("RET %(brand)s ARAMA yazin")
_ON_THE_SITE = mark("ayni sitede reddedin")
# What was approved by a number, and how to take it back by SMS.
_TEXTS = answered(
    {Channel.ARAMA: (_BY_CALL, _CALL_BACK), Channel.MESAJ: (_BY_SMS, _SMS_BACK)}, map(Channel.of, NUMBERS)
)
_BY_CODE = {channel.code: texts for channel, texts in _TEXTS.items()}

_SUBJECT = mark("Onay verildi: %(brand)s")
_MAIL = (
    mark("Merhaba,"),
    mark("%(brand)s markasının size reklam e-postası göndermesi için bu adrese onay verildi."),
    mark("Kayıt: %(moment)s"),
    mark("Onayı siz vermediyseniz ya da vazgeçtiyseniz aynı sitede reddedebilirsiniz: %(url)s"),
)


class Approved(NamedTuple):
    """An approval to announce. ``by_sms``: a number takes refusals by SMS. ``fields`` makes the header fields of a
    mail out of recipient and brand (internal numbers)."""

    brand: BrandEntry
    channel: int
    language: str
    url: str
    by_sms: bool
    fields: Callable[[int, int], Mapping[str, str]] = lambda recipient, brand: {}


def post(transaction: Transaction, registry: Registry, holder: Holder, recipient: int, approved: Approved) -> None:
    """Posts the notice in the transaction that records the approval, at most MOST a day; none where none can arrive."""
    if not holder.hears:
        return
    limit = _limit(registry, holder)
    room = limits.room(transaction, limit)
    expires_at = transaction.now + DAY
    if holder.mail:
        subject, text = mail(approved, transaction.now)
        headers = approved.fields(recipient, approved.brand.id)
        outbox.post(
            transaction, registry.keyring, kind="mail", to=holder.address, subject=subject, text=text,
            expires_at=expires_at, headers=headers, only=room,
        )  # fmt: skip
    else:
        text = sms(approved, transaction.now)
        outbox.post(
            transaction, registry.keyring, kind="sms", to=holder.address, text=text, expires_at=expires_at, only=room
        )
    limits.count(transaction, limit, room)


def _limit(registry: Registry, holder: Holder) -> Limit:
    return Limit(mark_of(registry.keyring, "notice", holder.address), MOST, DAY)


def sms(approved: Approved, at: int) -> str:
    """The text for a number; ``at`` in µs."""
    translate = texts.catalogue(approved.language).gettext
    text, by_sms = _BY_CODE[approved.channel]
    back = by_sms if approved.by_sms else _ON_THE_SITE
    values = {"brand": approved.brand.name, "moment": wording.stamp(at)}
    return translate(text) % {**values, "how": translate(back) % values}


def mail(approved: Approved, at: int) -> tuple[str, str]:
    """(subject, text) for an e-mail; ``at`` in µs."""
    language = approved.language
    values = {"brand": approved.brand.title, "moment": when.moment(language, at), "url": approved.url}
    translate = texts.catalogue(language).gettext
    lines = [translate(line) % values for line in _MAIL]
    return translate(_SUBJECT) % values, "\n\n".join(lines) + "\n"
