"""Windows of transition and what is to check in them, on both databases."""

from __future__ import annotations

from datetime import date

from consents import ledger
from consents.brands import transitions
from consents.brands.transitions import ProviderSize
from consents.history import Deed
from consents.ledger import Claim
from consents.people import register
from consents.queries import loads
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Actor, Door
from tests.conftest import NOON
from tests.consents.conftest import CINAR, World

LOAD, CHECK = date(2026, 12, 31), date(2027, 2, 15)
DAY = 86_400_000_000


def test_what_was_loaded_in_a_window_is_to_check_until_its_last_day(registry: Registry, world: World) -> None:
    read = registry.store.read_now
    registry.store.write_now(transitions.open_window, ProviderSize.SMALL, LOAD, CHECK)
    brand = read(registry.brands.book, NOON).by_code[CINAR].id
    window = read(transitions.open_for, brand, NOON)
    assert window is not None
    assert read(transitions.listed) == [window]
    person = register.person(registry.keyring, "+905320000041")

    def work(transaction: Transaction) -> int:
        (recipient,) = register.enrol_all(transaction, registry.keyring, [person])
        for channel, number in ((0, window.id), (1, None)):
            upload = loads.begin(transaction, brand, bytes(32), number)
            claim = Claim(recipient, brand, channel, 0, 1, 8, NOON - 900 * DAY, None)
            ledger.declare(transaction, registry.policy, brand, [claim], Deed(Actor.PROVIDER, Door.FILE, upload=upload))
        return recipient

    recipient = registry.store.write_now(work)
    assert list(read(transitions.to_check, recipient, NOON).values()) == [CHECK], "of two loads the one in the window"
    assert list(read(transitions.to_check, recipient, NOON + 83 * DAY).values()) == [CHECK]
    assert read(transitions.to_check, recipient, NOON + 84 * DAY) == {}
    registry.store.write_now(transitions.change, window.id, date(2026, 1, 1), date(2026, 1, 2))
    assert read(transitions.to_check, recipient, NOON) == {}
    assert read(transitions.open_for, brand, NOON) is None
