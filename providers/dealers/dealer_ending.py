"""Removal of a dealer by a call, a command or a page, by the same rule."""

from __future__ import annotations

from consents.brands import dealer_records
from consents.brands.companies import BadCompany
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.store import Transaction
from providers.consents import batch_queue

_WHY = {
    "H061": "a consent came through this dealer, or it may use one: take its accesses, or make it passive",
    "H123": "a list of consents waits that may name this dealer: try again in a moment",
}


def end(transaction: Transaction, keyring: Keyring, brand: int, dealer: KnownDealer, since: int) -> str | None:
    """Removes the dealer, or returns İYS's code where a consent is linked to it, or a waiting list may name it.
    ``since``: the last event that ``dealer_records.collected`` examined."""
    if dealer_records.linked(transaction, dealer.id, since):
        return "H061"
    if batch_queue.waits(transaction, brand):
        return "H123"
    dealer_records.remove(transaction, keyring, dealer)
    return None


def let_go(
    transaction: Transaction, keyring: Keyring, brand: int, dealer: KnownDealer, looked: tuple[bool, int]
) -> None:
    """``end`` for people. ``looked``: of ``dealer_records.collected``. Errors: BadCompany."""
    why = "H061" if looked[0] else end(transaction, keyring, brand, dealer, looked[1])
    if why is not None:
        raise BadCompany(_WHY[why], "dealer-linked" if why == "H061" else "dealer-waits")
