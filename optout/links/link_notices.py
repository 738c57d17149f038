"""Notices to an address of what a link did: an undo, because the link's sender holds it too, and a refusal that perhaps
a stranger made, because messages are forwarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from consents.brands.book import BrandEntry
from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import COMPLETE
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from optout.phrases import WAYS, phrase
from settings import Settings
from trust import limits
from trust.codes.limits import code_budgets, trusted
from trust.codes.limits.code_budgets import Spender
from trust.limits import Limit
from trust.pseudonyms import mark
from web.rendering.when import moment, stamp

log = structlog.get_logger()

MOST = 3  # notices of one kind to one address in a day, over all brands


class Notice(NamedTuple):
    """What a notice names. ``by_sms``: an SMS can be answered; ``fields``: a mail's, for one-click refusal."""

    brand: BrandEntry
    by_sms: bool
    url: str
    fields: Callable[[], Mapping[str, str]]


class RefusalNotice(NamedTuple):
    """Of a refusal by a stranger. ``link``: its name in the evidence."""

    settings: Settings
    notice: Notice
    address: str
    link: str


def post(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    notice: Notice,
    address: str,
    channels: Sequence[int],
) -> bool:
    """Posts the notice of an undo in its transaction. ``channels``: those no longer refused. False after ``MOST``
    notices to the address, or beyond the day's budget; the undo is in the address's and the brand's history anyway."""
    own = Limit(mark(keyring, "undo notice", address), MOST, DAY)
    if not _may_post(transaction, keyring, settings, address, Spender.NOTICE, [own]):
        return False
    if "@" in address:
        _post_mail(transaction, keyring, address, *mail(notice, transaction.now), notice.fields())
    else:
        _post_sms(transaction, keyring, address, sms(notice, channels, transaction.now))
    return True


def post_refusal(transaction: Transaction, keyring: Keyring, about: RefusalNotice, channels: Sequence[int]) -> None:
    """Posts the notice of a refusal in its transaction, once a day for a link; within limits as of ``post``."""
    link = Limit(mark(keyring, "refusal notice of a link", about.link), 1, DAY)
    if limits.used(transaction, link, transaction.now) >= link.most:
        return
    own = Limit(mark(keyring, "refusal notice", about.address), MOST, DAY)
    if not _may_post(transaction, keyring, about.settings, about.address, Spender.REFUSAL, [link, own]):
        return
    if "@" in about.address:
        texts = mail(about.notice, transaction.now, "link-refusal")
        _post_mail(transaction, keyring, about.address, *texts)
    else:
        _post_sms(transaction, keyring, about.address, refusal_sms(about.notice, channels, transaction.now))


def is_strange(
    snapshot: Snapshot, registry: Registry, settings: Settings, address: str, browser: bytes | None, fresh: bool
) -> bool:
    """Whether the address never used this browser (the key of its cookie from a sign-in). ``fresh``: the link is new
    and no other browser refused by it (optout/links/visitors.py); then only where the address used others. One read."""
    known = trusted.browsers(snapshot, settings, trusted.who(registry.keyring, address), registry.store.now())
    return browser not in known and (not fresh or bool(known))


def _may_post(
    transaction: Transaction, keyring: Keyring, settings: Settings, address: str, whose: Spender, own: list[Limit]
) -> bool:
    kind: Kind = "mail" if "@" in address else "sms"
    reason = "budget"
    if code_budgets.left(transaction, keyring, settings, kind, whose):
        if limits.take_all(transaction, [*own, code_budgets.budget(keyring, settings, kind, whose)]):
            return True
        reason = "address"
    log.warning(
        "undo_notice_dropped" if whose is Spender.NOTICE else "refusal_notice_dropped", kind=kind, reason=reason
    )
    return False


def _post_sms(transaction: Transaction, keyring: Keyring, address: str, text: str) -> None:
    outbox.post(transaction, keyring, kind="sms", to=address, text=text, expires_at=transaction.now + DAY)


def _post_mail(
    transaction: Transaction,
    keyring: Keyring,
    address: str,
    subject: str,
    text: str,
    fields: Mapping[str, str] | None = None,
) -> None:
    outbox.post(
        transaction, keyring, kind="mail", to=address, subject=subject, text=text, expires_at=transaction.now + DAY,
        headers=fields,
    )  # fmt: skip


def sms(notice: Notice, channels: Sequence[int], at: int) -> str:
    """Of an undo; ``at`` in µs."""
    how = WAYS.get(tuple(channels), "both") if notice.by_sms else "on-site"
    return phrase(f"sms.link-undo.{how}", M=notice.brand.name, DT=stamp(at))


def refusal_sms(notice: Notice, channels: Sequence[int], at: int) -> str:
    back = phrase(f"sms.link-refusal.back.{'by-sms' if notice.by_sms else 'on-site'}")
    what = WAYS.get(tuple(channels), "both")
    return phrase(f"sms.link-refusal.{what}", M=notice.brand.name, DT=stamp(at), back=back)


def mail(notice: Notice, at: int, about: str = "link-undo") -> tuple[str, str]:
    """(subject, text) for an e-mail; ``at`` in µs."""
    texts = [
        phrase(f"mail.{about}.text", language, brand=notice.brand.title, at=moment(language, at), url=notice.url)
        for language in COMPLETE
    ]
    return phrase(f"mail.{about}.subject", brand=notice.brand.title), "\n".join(texts)
