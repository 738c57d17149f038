"""The limits on codes: how many are sent, how many may be wrong.

They hold for an address over all its codes and browsers (NIST SP 800-63B-4, 3.2.2: a new code resets no count). Who has
proved the address before has limits of his own (``trust.codes.limits.trusted``), which strangers cannot use up.
"""

from __future__ import annotations

from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.keys import Keyring
from consents.store import Transaction
from gateways.carrier import Kind
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

_ENDLESS = 10**9
_NOBODY = bytes(SIZE)  # what is counted under no mark


def of_ip(keyring: Keyring, settings: Settings, ip: str) -> Limit:
    """On what one client may ask for."""
    return Limit(mark(keyring, "ip", neighbourhood(ip)), settings.sends_per_ip, 5 * MINUTE)


def of_wrong(keyring: Keyring, settings: Settings, address: str) -> Limit:
    """On wrong codes for one address."""
    return Limit(wrong_of(keyring, address), settings.wrong_per_day, DAY)


def wrong_of(keyring: Keyring, address: str) -> bytes:
    """The key that wrong codes for an address are counted under."""
    return mark(keyring, "wrong", address)


def of_browser(keyring: Keyring, settings: Settings, holder: bytes, address: str) -> Limit:
    """On wrong codes of one browser for one address, also where none was sent: this lock alone is shown to it."""
    return Limit(mark(keyring, "wrong-here", f"{holder.hex()} {address}"), settings.wrong_per_day, DAY)


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
    """Counts a code sent, unless the address is locked, its block closed or a limit reached.

    ``asker``: whom the address trusts; the use of others does not stop them. ``by``: a carrier other than the
    address's own; a call to a number that takes SMS has limits of its own beside those of every code. Where no message
    ``leaves`` whatever is answered here, as much is counted for the address and written, and the budget stays.
    """
    by = by or carrier(address)
    if asker is not None:
        return _may_send_to_known(transaction, keyring, settings, address, by, whose, leaves=leaves)
    budget = _budget(keyring, settings, by, whose, known=False, leaves=leaves)
    sends, wrong = _of_sends(keyring, settings, address, by, budget), of_wrong(keyring, settings, address)
    closed = sign_ins.closed(transaction, sign_ins.who(keyring, address), settings.wrong_in_all)
    locked = limits.used(transaction, wrong, transaction.now) >= wrong.most
    shut = pumping.shut(transaction, keyring, settings, address)
    wanted = sends if not (closed or locked or shut) else [limit._replace(most=0) for limit in sends]
    if limits.take_all(transaction, wanted):
        return True
    _write_as_much(transaction, keyring, address, len({limit.key for limit in sends}))
    post_nothing(transaction)
    return False


def post_nothing(transaction: Transaction) -> None:
    """Writes what nobody reads in the place of a message: like one it is appended, and nothing waits for it."""
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
    """Counts a wrong code before it is looked at; False where there have been too many.

    It counts on ``asker``, where the address trusts one, else on the address. Where no code that was sent can be right
    any more (not ``live``) it counts on neither: else anybody could close any address without a message being sent.
    """
    if not live:
        _write_as_much(transaction, keyring, address, 2)
        return True
    if asker is not None:
        _write_as_much(transaction, keyring, address, 1)
        return trusted.spend_a_try(transaction, asker, trusted.who(keyring, address))
    if limits.take(transaction, of_wrong(keyring, settings, address)):
        return sign_ins.rise(transaction, sign_ins.who(keyring, address), settings.wrong_in_all)
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
    """Counts a code sent to somebody who has proved the address before; its block counts it, but does not stop it."""
    budget = _budget(keyring, settings, by, whose, known=True, leaves=leaves)
    if not limits.take_all(transaction, _of_sends_to_known(keyring, settings, address, by, budget)):
        return False
    block = pumping.of_block(keyring, settings, address)
    if block is not None:
        limits.note(transaction, block.key, transaction.now)
    if by != carrier(address):
        limits.note(transaction, pumping.call_block(keyring, address), transaction.now)
    return True


def _write_as_much(transaction: Transaction, keyring: Keyring, address: str, rows: int) -> None:
    """Writes what nobody reads, so that an address with a lock takes as long as one without."""
    nothing = Limit(mark(keyring, "nothing", address), 1_000_000, SECOND)
    for _ in range(rows):
        limits.take(transaction, nothing)


def _budget(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, *, known: bool, leaves: bool) -> Limit:
    """The budget that a message is taken from; for one that does not leave, a row that nobody reads."""
    found = code_budgets.budget(keyring, settings, by, whose, known=known)
    return found if leaves else found._replace(key=mark(keyring, "nothing-sent", ""), most=_ENDLESS)


def _of_sends(keyring: Keyring, settings: Settings, address: str, by: Kind, budget: Limit) -> list[Limit]:
    """On codes sent to an address, to its neighbours and to all."""
    found = [*_of_sent(settings, mark(keyring, "send", address)), budget]
    block = pumping.of_block(keyring, settings, address)
    found += [] if block is None else [block]
    if by == carrier(address):
        return found
    most = max(1, settings.sends_per_block // CALL_WEIGHT)
    return [*found, _of_calls(keyring, "call", address), Limit(pumping.call_block(keyring, address), most, HOUR)]


def _of_sends_to_known(keyring: Keyring, settings: Settings, address: str, by: Kind, budget: Limit) -> list[Limit]:
    """On codes sent to those whom an address trusts, and to all such."""
    found = [*_of_sent(settings, mark(keyring, "send-known", address)), budget]
    return found if by == carrier(address) else [*found, _of_calls(keyring, "call-known", address)]


def _of_calls(keyring: Keyring, purpose: str, address: str) -> Limit:
    """On calls to a number that takes SMS too."""
    return Limit(mark(keyring, purpose, address), CALLS_PER_DAY, DAY)


def _of_sent(settings: Settings, address: bytes) -> list[Limit]:
    return [
        Limit(address, 1, settings.send_gap_seconds * SECOND),
        Limit(address, settings.sends_per_hour, HOUR),
        Limit(address, settings.sends_per_day, DAY),
    ]
