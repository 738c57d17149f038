"""Notifies an address of an undo by a link, because the link's sender holds it too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from consents.brands.book import BrandEntry
from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import COMPLETE
from consents.store import Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from optout.phrases import WAYS, phrase
from settings import Settings
from trust import limits
from trust.codes.limits import code_budgets
from trust.codes.limits.code_budgets import Spender
from trust.limits import Limit
from trust.pseudonyms import mark
from web.rendering.when import moment, stamp

log = structlog.get_logger()

MOST = 3  # notices to one address in a day, over all brands


class Notice(NamedTuple):
    """What a notice names beside the moment. ``by_sms``: an SMS can be answered with RET; ``fields``: header fields for
    one-click refusal of a mail."""

    brand: BrandEntry
    by_sms: bool
    url: str
    fields: Callable[[], Mapping[str, str]]


def post(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    notice: Notice,
    address: str,
    channels: Sequence[int],
) -> bool:
    """Posts the notice in the undo's transaction. ``channels``: those no longer refused. False after ``MOST`` notices
    to the address, or beyond the day's budget; the undo is in the address's and the brand's history anyway."""
    if not _may_post(transaction, keyring, settings, address):
        return False
    at, expires_at = transaction.now, transaction.now + DAY
    if "@" in address:
        subject, text = mail(notice, at)
        outbox.post(
            transaction, keyring, kind="mail", to=address, subject=subject, text=text, expires_at=expires_at,
            headers=notice.fields(),
        )  # fmt: skip
    else:
        text = sms(notice, channels, at)
        outbox.post(transaction, keyring, kind="sms", to=address, text=text, expires_at=expires_at)
    return True


def _may_post(transaction: Transaction, keyring: Keyring, settings: Settings, address: str) -> bool:
    kind: Kind = "mail" if "@" in address else "sms"
    reason = "budget"
    if code_budgets.left(transaction, keyring, settings, kind, Spender.NOTICE):
        own = Limit(mark(keyring, "undo notice", address), MOST, DAY)
        everybody = code_budgets.budget(keyring, settings, kind, Spender.NOTICE)
        if limits.take_all(transaction, [own, everybody]):
            return True
        reason = "address"
    log.warning("undo_notice_dropped", kind=kind, reason=reason)
    return False


def sms(notice: Notice, channels: Sequence[int], at: int) -> str:
    """``at`` in µs."""
    how = WAYS.get(tuple(channels), "both") if notice.by_sms else "on-site"
    return phrase(f"sms.link-undo.{how}", M=notice.brand.name, DT=stamp(at))


def mail(notice: Notice, at: int) -> tuple[str, str]:
    """(subject, text) for an e-mail; ``at`` in µs."""
    texts = [
        phrase("mail.link-undo.text", language, brand=notice.brand.title, at=moment(language, at), url=notice.url)
        for language in COMPLETE
    ]
    return phrase("mail.link-undo.subject", brand=notice.brand.title), "\n".join(texts)
