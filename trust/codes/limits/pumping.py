"""SMS pumping: many codes for numbers of one block that nobody types, for profit or annoyance. A block of 10,000
numbers with unused codes is closed for a while; the requester sees an ordinary limit. Log and ``/metrics`` show no
digit of a number."""

from __future__ import annotations

import structlog

from consents.instants import DAY, HOUR, MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from settings import Settings
from trust import limits
from trust.codes.reach import MAIL, carrier
from trust.limits import Limit
from trust.pseudonyms import mark

log = structlog.get_logger()

RIPE = 10 * MINUTE  # how long a code is given to be used; none lives longer
_LAST = 4  # digits, which number the 10,000 neighbours of a block


def of_block(keyring: Keyring, settings: Settings, address: str) -> Limit | None:
    """The limit on codes for a number's block; None for an e-mail."""
    if carrier(address) == MAIL:
        return None
    return Limit(_marked(keyring, "send-block", address), settings.codes_sent_per_block, HOUR)


def call_block(keyring: Keyring, address: str) -> bytes:
    return _marked(keyring, "call-block", address)


def shut(transaction: Transaction, keyring: Keyring, settings: Settings, address: str) -> bool:
    """True while the number's block is closed; closes it where too few codes were used."""
    if carrier(address) == MAIL:
        return False
    now = transaction.now
    keys = [_marked(keyring, f"{name}-block", address) for name in ("shut", "send", "used")]
    # Codes sent since the block was closed last, a day at the most, because one judgement on a code is enough; and
    # those of them that were used, noted at the moment when they were sent. A block is closed into the future.
    until, (sent, used) = limits.since_last(transaction, keys[0], keys[1:], now - DAY, now - RIPE)
    if until > now:
        return True
    if sent < settings.sms_pumping_sends or used * 100 >= sent * settings.sms_pumping_percent:
        return False
    _close(transaction, keyring, keys[0], now + settings.sms_pumping_minutes * MINUTE)
    # Before COMMIT: should that fail, the next request closes the block and logs it again.
    log.warning("sign_in_block_closed", minutes=settings.sms_pumping_minutes, sent=sent, used=used)
    return True


def note_used(transaction: Transaction, keyring: Keyring, address: str, sent_at: int) -> None:
    """Counts a used code; ``sent_at``: µs."""
    if carrier(address) != MAIL:
        limits.note(transaction, _marked(keyring, "used-block", address), sent_at)


def closed(snapshot: Snapshot, keyring: Keyring, now: int) -> int:
    return limits.used(snapshot, Limit(_all_shut(keyring), most=0, within=0), now)


def _close(transaction: Transaction, keyring: Keyring, key: bytes, until: int) -> None:
    limits.note(transaction, key, until)
    limits.note(transaction, _all_shut(keyring), until)


def _all_shut(keyring: Keyring) -> bytes:
    return mark(keyring, "shut-all", "")


def _marked(keyring: Keyring, purpose: str, address: str) -> bytes:
    return mark(keyring, purpose, address[:-_LAST])
