"""The limits on codes: how many are sent, how many may be wrong.

They hold for an address over all its codes and browsers (NIST SP 800-63B-4, 3.2.2: a new code resets no count).
"""

from __future__ import annotations

from citizen import pumping, sign_ins
from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.keys import Keyring
from consents.store import Transaction
from settings import Settings
from web import limits
from web.limits import Limit
from web.marks import mark, neighbourhood


def of_ip(keyring: Keyring, settings: Settings, ip: str) -> Limit:
    """On what one client may ask for."""
    return Limit(mark(keyring, "ip", neighbourhood(ip)), settings.sends_per_ip, 5 * MINUTE)


def of_wrong(keyring: Keyring, settings: Settings, address: str) -> Limit:
    """On wrong codes for one address."""
    return Limit(mark(keyring, "wrong", address), settings.wrong_per_day, DAY)


def may_send(transaction: Transaction, keyring: Keyring, settings: Settings, address: str) -> bool:
    """Counts a code sent, unless the address is locked, its block closed or a limit reached."""
    sends, wrong = _of_sends(keyring, settings, address), of_wrong(keyring, settings, address)
    closed = sign_ins.closed(transaction, sign_ins.who(keyring, address), settings.wrong_in_all)
    locked = limits.used(transaction, wrong, transaction.now) >= wrong.most
    shut = pumping.shut(transaction, keyring, settings, address)
    wanted = sends if not (closed or locked or shut) else [limit._replace(most=0) for limit in sends]
    if limits.take_all(transaction, wanted):
        return True
    _write_as_much(transaction, keyring, address, len({limit.key for limit in sends}) + 1)
    return False


def may_compare(transaction: Transaction, keyring: Keyring, settings: Settings, address: str) -> bool:
    """Counts a wrong code on the address before it is looked at; False where it has had too many."""
    if limits.take(transaction, of_wrong(keyring, settings, address)):
        return sign_ins.rise(transaction, sign_ins.who(keyring, address), settings.wrong_in_all)
    _write_as_much(transaction, keyring, address, 1)
    return False


def _write_as_much(transaction: Transaction, keyring: Keyring, address: str, rows: int) -> None:
    """Writes rows that nobody reads, so that an address with a lock takes as long as one without."""
    for number in range(rows):
        limits.take(transaction, Limit(mark(keyring, f"nothing-{number}", address), 1_000_000, SECOND))


def _of_sends(keyring: Keyring, settings: Settings, address: str) -> list[Limit]:
    """On codes sent to an address, to its neighbours and to all."""
    sent = mark(keyring, "send", address)
    found = [
        Limit(sent, 1, settings.send_gap_seconds * SECOND),
        Limit(sent, settings.sends_per_hour, HOUR),
        Limit(sent, settings.sends_per_day, DAY),
        Limit(mark(keyring, "send-all", ""), settings.sends_budget, DAY, slot=HOUR),
    ]
    block = pumping.of_block(keyring, settings, address)
    return found if block is None else [*found, block]
