"""Daily job: sends alerts about consents that companies declared since the last one. A target is checked once a day;
mark and message are one transaction (L9), so a crash or a second worker repeats and skips nothing."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from citizen.alerts import alert_store, alert_texts
from citizen.alerts.alert_store import Watching
from citizen.alerts.alert_texts import BrandNews, MailFrame, News
from citizen.tables import WATCH_KEPT
from consents import instants
from consents.brands.book import BrandDirectory
from consents.instants import HOUR, MINUTE
from consents.people import declared, recipients, register
from consents.people.declared import DeclaredConsent
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable, Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings

OPENS, CLOSES = 10, 20  # o'clock in Türkiye: nobody is woken, and none of a day's consents waits for the next evening
PART = 20  # targets in one transaction: a few ms
PATH = "/haber/"

log = structlog.get_logger()


async def send_alerts(registry: Registry, settings: Settings) -> None:
    """Runs the rest of today's round: nothing outside its hours, nothing while the carrier of a kind fails. Targets
    that a failing carrier delays follow in a later run, or tomorrow."""
    store, now = registry.store, registry.store.now()
    opened = opening(now)
    if not opened <= now < opened + (CLOSES - OPENS) * HOUR:
        return
    kinds: tuple[Kind, ...] = ("mail", "sms") if settings.notice_sms else ("mail",)
    for kind in kinds:
        while stops := await store.read(_next, kind, opened, store.now()):
            await _round_of(registry, settings, kind, opened, stops)
    outbox.arrived(registry)


def _next(snapshot: Snapshot, kind: Kind, opened: int, now: int) -> list[bytes]:
    """Targets still to be notified; empty while their carrier is down."""
    return [] if outbox.down(snapshot, kind, now) else alert_store.due(snapshot, kind, opened, PART)


async def _round_of(registry: Registry, settings: Settings, kind: Kind, opened: int, stops: Sequence[bytes]) -> None:
    """Notifies these targets in one transaction; if it fails, one by one. A target that fails waits until tomorrow."""
    store = registry.store
    try:
        return await store.write(_some, registry, settings, kind, opened, stops)
    except StoreUnavailable:
        raise
    except Exception as fault:
        if len(stops) == 1:
            log.error("watch_failed", kind=kind, error=type(fault).__name__)
            return await store.write(alert_store.passed_over, stops[0])
    for stop in stops:
        await _round_of(registry, settings, kind, opened, [stop])


def opening(now: int) -> int:
    """The start of this day's round in Türkiye; µs."""
    return instants.at_hour(instants.day_of(now), OPENS)


def _some(
    transaction: Transaction, registry: Registry, settings: Settings, kind: Kind, opened: int, stops: Sequence[bytes]
) -> None:
    last = declared.last_event(transaction)  # all up to it is committed: this transaction holds the only write lock
    closes = opened + (CLOSES - OPENS) * HOUR
    # A mail wakes nobody, but is gone before the next day's; an SMS leaves by daylight, be it the last minute's.
    until = opened + 24 * HOUR - MINUTE if kind == "mail" else max(closes, transaction.now + MINUTE)
    for stop in stops:
        if not alert_store.is_due(transaction, stop, opened):  # another worker was first
            continue
        _notify(transaction, registry, settings, alert_store.going_to(transaction, stop), until)
        alert_store.looked(transaction, stop, last)


def _notify(
    transaction: Transaction, registry: Registry, settings: Settings, watched: list[Watching], until: int
) -> None:
    """Posts one message about everything one target watches; none without news."""
    book = registry.brands.book(transaction, transaction.now)
    news = [(one, news_of) for one in watched if (news_of := _news(transaction, registry, book, one))]
    target = registry.keyring.unseal(watched[0].target) if news else None
    if target is None:
        return
    language, keyring = news[-1][0].language, registry.keyring
    if watched[0].kind == "sms":
        text = alert_texts.sms(language, news[0][1].brands, by_sms=settings.optout_number is not None)
        outbox.post(transaction, keyring, kind="sms", to=target, text=text, expires_at=until)
        return
    stop = f"{settings.public_url}{PATH}{alert_store.token(keyring, target)}"
    frame = MailFrame(
        settings.operator_title or settings.site_name,
        f"{settings.public_url}/izinler",
        stop,
        settings.optout_number,
        min(one.proved_at for one in watched) + WATCH_KEPT,
        alone=all(news_of.masked == recipients.mask(target) for _, news_of in news),
    )
    subject, text = alert_texts.mail(language, [news_of for _, news_of in news], frame)
    outbox.post(
        transaction, keyring, kind="mail", to=target, subject=subject, text=text, expires_at=until,
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )  # fmt: skip


def _news(transaction: Transaction, registry: Registry, book: BrandDirectory, one: Watching) -> News | None:
    """The news about one recipient; None where there is none, and for an erased one (L15)."""
    found = declared.declared_since(transaction, one.recipient, one.event)
    address = register.address(transaction, registry.keyring, one.recipient) if found else None
    if address is None:
        return None
    return News(recipients.mask(address), _by_brand(book, found), phone="@" not in address)


def _by_brand(book: BrandDirectory, found: list[DeclaredConsent]) -> list[BrandNews]:
    brands: dict[int, list[DeclaredConsent]] = {}
    for one in found:
        brands.setdefault(one.brand, []).append(one)
    return [
        BrandNews(book.by_id[brand], tuple(sorted(one.channel for one in of)), all(one.waits for one in of))
        for brand, of in brands.items()
    ]
