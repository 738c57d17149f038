"""Erases an address: the one way of its holder's page, of the operator's desk and of ``izin erase`` (rule L15)."""

from __future__ import annotations

from citizen import public as citizen
from citizen.public import data_requests
from consents import ledger
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction
from national import public as national
from panel.audit import audit_log
from panel.audit.change import Change

BY_OPERATOR, BY_HOLDER = "address-erased", audit_log.ERASED_BY_HOLDER


def erase(change: Change, registry: Registry, address: str, what: str = BY_OPERATOR) -> int | None:
    """Refuses everything of the address (canonical), so that each provider that holds it hears of it, and erases it;
    the recipient, None for an unknown one. ``what``: the audit entry's word; the entry names nobody. Errors:
    ledger.ClockBehind."""
    transaction, keyring = change.transaction, change.keyring
    citizen.forget_address(transaction, keyring, address)
    who = register.person(keyring, address)
    kept = register.kept(transaction, keyring, who.sealed)
    if (recipient := register.find(transaction, keyring, who)) is not None:
        ended = ledger.end_all(transaction, registry.policy, recipient, anew=kept is not None)
        if kept is not None:
            national.before_erasure(transaction, recipient, ended.changed)
    erased = register.erase(transaction, keyring, who)
    if erased is not None:
        # Without the address or its mark, which somebody with the address could find.
        change.note(what)
    return erased


def erase_own(transaction: Transaction, registry: Registry, address: str) -> str:
    """Erases an address for its holder; the number of the request, which is closed. Errors: as of ``erase``."""
    number = data_requests.add_erasure(transaction, registry.keyring, address)
    kept = data_requests.find(transaction, registry.keyring, number)
    assert kept is not None
    erase(Change(transaction, registry.keyring, None), registry, address, BY_HOLDER)
    return kept.number
