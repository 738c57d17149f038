"""Limits on codes sent and wrong codes, for an address over all codes and browsers (NIST SP 800-63B-4, 3.2.2).
Trusted askers have limits of their own (``trust.codes.limits.trusted``), which strangers cannot use up."""

from __future__ import annotations

from typing import Any

from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.keys import Keyring
from consents.store import Transaction
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings
from trust import limits
from trust.codes import sign_ins
from trust.codes.limits import code_budgets, pumping, trusted
from trust.codes.limits.code_budgets import Spender
from trust.codes.reach import carrier
from trust.limits import Limit
from trust.pseudonyms import SIZE, mark, neighbourhood

CALLS_PER_DAY = 3  # calls that read a code to one number that takes SMS
CALL_WEIGHT = 3  # neighbours get one call where they get so many SMS: it costs about as much

_NOBODY = bytes(SIZE)  # what is counted under no mark


def of_ip(keyring: Keyring, settings: Settings, ip: str) -> Limit:
    return Limit(mark(keyring, "ip", neighbourhood(ip)), settings.codes_sent_per_ip, 5 * MINUTE)


def of_wrong(keyring: Keyring, settings: Settings, address: str) -> Limit:
    return Limit(wrong_of(keyring, address), settings.code_failures_per_day, DAY)


def wrong_of(keyring: Keyring, address: str) -> bytes:
    return mark(keyring, "wrong", address)


def of_browser(keyring: Keyring, settings: Settings, holder: bytes, address: str) -> Limit:
    """The limit on wrong codes of one browser for one address, sent or not: the only lock shown to it."""
    return Limit(mark(keyring, "wrong-here", f"{holder.hex()} {address}"), settings.code_failures_per_day, DAY)


def may_send(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    address: str,
    asker: bytes | None = None,
    by: Kind | None = None,
    whose: Spender = Spender.CITIZEN,
    *,
    leaves: bool = True,
) -> bool:
    """Counts a code sent, unless the address is locked, its block closed or a limit reached. ``asker``: the trusted
    one, whom strangers do not block. ``by``: another carrier; calls to a number that takes SMS have extra limits.
    Without ``leaves`` as many rows are written, which count for no code that leaves."""
    by = by or carrier(address)
    if asker is not None:
        return _may_send_to_known(transaction, keyring, settings, address, by, whose, leaves=leaves)
    budget, wrong = code_budgets.budget(keyring, settings, by, whose), of_wrong(keyring, settings, address)
    sends = _counted(keyring, _of_sends(keyring, settings, address, by, budget), leaves=leaves)
    closed = sign_ins.closed(transaction, sign_ins.who(keyring, address), settings.code_failures_in_all)
    locked = limits.used(transaction, wrong, transaction.now) >= wrong.most
    shut = pumping.shut(transaction, keyring, settings, address)
    wanted = sends if not (closed or locked or shut) else [limit._replace(most=0) for limit in sends]
    if limits.take_all(transaction, wanted):
        return True
    _write_as_much(transaction, keyring, address, len({limit.key for limit in sends}))
    _post_nothing(transaction)
    return False


def post_code(
    transaction: Transaction,
    keyring: Keyring,
    kind: Kind,
    to: str,
    text: str,
    subject: str,
    expires_at: int,
    *,
    allowed: bool = True,
    leaves: bool = True,
    **more: Any,
) -> None:
    """Posts a code or link; where it is not ``allowed`` (``may_send``) or does not leave, it takes the same time."""
    if allowed and leaves:
        more |= {"subject": subject, "secret": True, "expires_at": expires_at}
        outbox.post(transaction, keyring, kind=kind, to=to, text=text, **more)
        return
    keyring.seal_evidence({"to": to, "subject": subject, "text": text})
    if allowed:
        _post_nothing(transaction)


def _post_nothing(transaction: Transaction) -> None:
    limits.note(transaction, _NOBODY, transaction.now)


def may_compare(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    address: str,
    asker: bytes | None = None,
    *,
    live: bool = True,
) -> bool:
    """Counts a wrong code before the comparison; False at the limit. It counts on the trusted ``asker``, else on the
    address. Where no sent code is ``live`` it counts on neither: anybody could lock any address."""
    if not live:
        _write_as_much(transaction, keyring, address, 2)
        return True
    if asker is not None:
        _write_as_much(transaction, keyring, address, 1)
        return trusted.spend_a_try(transaction, asker, trusted.who(keyring, address))
    if limits.take(transaction, of_wrong(keyring, settings, address)):
        return sign_ins.rise(transaction, sign_ins.who(keyring, address), settings.code_failures_in_all)
    _write_as_much(transaction, keyring, address, 1)
    return False


def _may_send_to_known(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    address: str,
    by: Kind,
    whose: Spender,
    *,
    leaves: bool,
) -> bool:
    budget = code_budgets.budget(keyring, settings, by, whose, known=True)
    sends = _of_sends_to_known(keyring, settings, address, by, budget)
    if not limits.take_all(transaction, _counted(keyring, sends, leaves=leaves)):
        return False
    block = pumping.of_block(keyring, settings, address)
    if block is not None:
        limits.note(transaction, block.key, transaction.now)
    if by != carrier(address):
        limits.note(transaction, pumping.call_block(keyring, address), transaction.now)
    return True


def _write_as_much(transaction: Transaction, keyring: Keyring, address: str, rows: int) -> None:
    """Writes rows nobody reads, so that a locked address takes as long as any other."""
    for _ in range(rows):
        limits.take(transaction, unread(keyring, address))


def unread(keyring: Keyring, address: str) -> Limit:
    return Limit(mark(keyring, "nothing", address), 1_000_000, SECOND)


def _counted(keyring: Keyring, sends: list[Limit], *, leaves: bool) -> list[Limit]:
    """The limits that count a message; of one that is not sent, as many that count none that is."""
    return sends if leaves else [one._replace(key=mark(keyring, "not sent", one.key.hex())) for one in sends]


def _of_sends(keyring: Keyring, settings: Settings, address: str, by: Kind, budget: Limit) -> list[Limit]:
    found = [*_of_sent(settings, mark(keyring, "send", address)), budget]
    block = pumping.of_block(keyring, settings, address)
    found += [] if block is None else [block]
    if by == carrier(address):
        return found
    most = max(1, settings.codes_sent_per_block // CALL_WEIGHT)
    return [*found, _of_calls(keyring, "call", address), Limit(pumping.call_block(keyring, address), most, HOUR)]


def _of_sends_to_known(keyring: Keyring, settings: Settings, address: str, by: Kind, budget: Limit) -> list[Limit]:
    found = [*_of_sent(settings, mark(keyring, "send-known", address)), budget]
    return found if by == carrier(address) else [*found, _of_calls(keyring, "call-known", address)]


def _of_calls(keyring: Keyring, purpose: str, address: str) -> Limit:
    return Limit(mark(keyring, purpose, address), CALLS_PER_DAY, DAY)


def _of_sent(settings: Settings, address: bytes) -> list[Limit]:
    return [
        Limit(address, 1, settings.send_gap_seconds * SECOND),
        Limit(address, settings.codes_sent_per_hour, HOUR),
        Limit(address, settings.codes_sent_per_day, DAY),
    ]
