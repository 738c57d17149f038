"""Refusals by mail to the ``mailto:`` of a List-Unsubscribe (RFC 2369). The token names recipient and brand; the sender
proves nothing. Mails are never answered, which prevents loops; the token's address hears of a mail that came from
another. A mail is recorded once by its id, before the cursor moves; an unreadable one waits for a person; while nothing
can be recorded the cursor stays."""

from __future__ import annotations

import hashlib
from enum import Enum

import structlog

from consents.instants import DAY
from consents.languages import in_all
from consents.people import recipients
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel, Door
from gateways.carrier import Down
from gateways.imap import mail_heads
from gateways.imap.mail_heads import MailHead, MailPosition
from gateways.received import Received
from gateways.url import Gateway
from optout.links import button_actions, link_targets
from optout.links.button_actions import Press
from optout.links.link_notices import Notice, RefusalNotice
from optout.sms import inbound_messages, polling
from settings import Settings
from trust import limits, signed_tokens
from trust.limits import Limit
from trust.pseudonyms import mark
from web.logs import Alone

CARRIER = "imap"
UNREAD_A_DAY = 50  # mails without a token that a person is asked to read; spam is no refusal
_SUBJECT = 200  # characters of it that a person is shown
_MAIL = Channel.EPOSTA.code

log = structlog.get_logger()


class MailOutcome(Enum):
    REFUSED = "refused"
    KNOWN = "known"  # taken before
    PASSED = "passed"  # an answering machine's, or one too many without a token
    UNREAD = "unread"  # without a token, or it could not be taken: a person has to read it


async def read(registry: Registry, settings: Settings) -> None:
    """Takes new mails. A mailbox that does not answer is logged, and holds up nothing else."""
    gateway = settings.mail_inbox
    if gateway is None:
        return
    try:
        while await _span(registry, settings, gateway):
            pass
    except Down as fault:
        log.warning("mailbox_not_read", error=fault.reason)


async def _span(registry: Registry, settings: Settings, gateway: Gateway) -> bool:
    """Reads one span of the folder; whether there is more to read now."""
    store, position = registry.store, MailPosition.read(await registry.store.read(polling.position_of, CARRIER))
    page = await mail_heads.page(gateway, position)
    outcomes: dict[int, MailOutcome] = {}
    for mail in page.mails:
        if (outcome := await _taken(registry, settings, mail)) is not None:
            outcomes[mail.uid] = outcome
    if len(outcomes) < len(page.mails):  # nothing is lost: it is tried again at the next turn; what was taken is known
        return False
    await store.write(polling.move, CARRIER, page.position.written())
    if outcomes:
        log.info("mailbox_read", mails=len(outcomes), refused=_count(outcomes, MailOutcome.REFUSED))
        await _mark(gateway, page.position.validity, outcomes)
    return page.more


async def _taken(registry: Registry, settings: Settings, mail: MailHead) -> MailOutcome | None:
    """None where the mail could not be stored. Raises where nothing can be recorded now."""
    with Alone("mail_failed"):
        return await registry.store.write(take, registry, settings, mail)
    with Alone("mail_not_kept"):
        return await registry.store.write(keep, registry, settings, mail)
    return None


def take(transaction: Transaction, registry: Registry, settings: Settings, mail: MailHead) -> MailOutcome:
    token, inbound = _inbound(registry, settings, mail, transaction.now)
    if inbound_messages.repeated(transaction, registry.keyring, inbound) is not None:
        return MailOutcome.KNOWN
    outcome = MailOutcome.PASSED if mail.answers else _refused(transaction, registry, settings, mail, token)
    if outcome is MailOutcome.UNREAD and not limits.take(transaction, _limit(registry)):
        outcome = MailOutcome.PASSED
    unclear = outcome is MailOutcome.UNREAD
    inbound_messages.keep(transaction, registry.keyring, inbound, None, unclear=unclear)
    return outcome


def keep(transaction: Transaction, registry: Registry, settings: Settings, mail: MailHead) -> MailOutcome:
    _, inbound = _inbound(registry, settings, mail, transaction.now)
    if inbound_messages.repeated(transaction, registry.keyring, inbound) is not None:
        return MailOutcome.KNOWN
    inbound_messages.keep_unread(transaction, registry.keyring, inbound)
    return MailOutcome.UNREAD


def _inbound(
    registry: Registry, settings: Settings, mail: MailHead, now: int
) -> tuple[tuple[int, int] | None, Received]:
    """The token of a mail, None where it has none, and what is kept of the mail."""
    token = next(
        (found for place in mail.places if (found := signed_tokens.read_mailed(registry.keyring, place))), None
    )
    to, no_subject = settings.optout_mail or "", in_all("konu yok")
    subject = mail.subject[:_SUBJECT].strip() or f"({no_subject})"
    return token, Received(CARRIER, _name(mail, token), mail.sender[:_SUBJECT], to, subject, now)


def _refused(
    transaction: Transaction, registry: Registry, settings: Settings, mail: MailHead, token: tuple[int, int] | None
) -> MailOutcome:
    target = link_targets.by_number(transaction, *token, _MAIL) if token else None
    brand = target and registry.brands.by_id(transaction, target.brand, transaction.now)
    if target is None or brand is None:
        return MailOutcome.UNREAD
    named = signed_tokens.mailed(registry.keyring, target.recipient, target.brand)
    evidence = ("mail", hashlib.sha256(named.encode()).hexdigest()[:32])
    press, address = Press(target, Door.MAILBOX, evidence, "mail", ""), registry.keyring.unseal(target.sealed)
    notice = None
    if address is not None and _canonical(mail.sender) != address:  # the mail was forwarded, token and all
        texts = Notice(brand, bool(settings.optout_number), settings.public_url, dict)
        notice = RefusalNotice(settings, texts, address, " ".join(evidence))
    button_actions.refuse(transaction, registry, press, (_MAIL,), notice)
    return MailOutcome.REFUSED


def _canonical(sender: str) -> str:
    """The address as the registry has it; as written where it is none."""
    try:
        return recipients.email(sender).address
    except recipients.BadAddress:
        return sender


def _name(mail: MailHead, token: tuple[int, int] | None) -> str:
    """The mail's id, stable when the server renumbers or redelivers; with the token, because some programs give all
    mails one id."""
    identity = (mail.message_id.strip(), mail.date.strip(), token)
    unnamed = (mail.sender, mail.subject, *mail.places)
    content = repr(identity if mail.message_id.strip() else (*identity, *unnamed))
    return "sha256 " + hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()


async def _mark(gateway: Gateway, validity: int, outcomes: dict[int, MailOutcome]) -> None:
    unread = [uid for uid, outcome in outcomes.items() if outcome is MailOutcome.UNREAD]
    seen = [uid for uid in outcomes if uid not in unread]
    try:
        await mail_heads.mark(gateway, validity, seen, unread)
    except Down as fault:
        log.warning("mailbox_not_marked", error=fault.reason)


def _limit(registry: Registry) -> Limit:
    return Limit(mark(registry.keyring, "mail unread", ""), UNREAD_A_DAY, DAY)


def _count(outcomes: dict[int, MailOutcome], wanted: MailOutcome) -> int:
    return sum(outcome is wanted for outcome in outcomes.values())
