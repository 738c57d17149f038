"""Erases a person from every table (rule L15, docs/erasure.md), by the holder's page, the operator's desk or
``izin erase``."""

from __future__ import annotations

from pathlib import Path

from citizen.public import data_requests, forget_address
from consents import ledger
from consents.people import register
from consents.queries import recorded
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from national.public import before_erasure
from optout.public import forget_texts
from panel.audit import audit_log
from panel.audit.change import AuditedWork, Change
from panel.retention import erased_list
from providers.days import day_files
from providers.disputes import consent_evidence, disputes

BY_OPERATOR, BY_HOLDER = "address-erased", audit_log.ERASED_BY_HOLDER


def erase(change: Change, registry: Registry, address: str, what: str = BY_OPERATOR) -> int | None:
    """Refuses everything of a canonical address, so that each provider that holds it hears of it, and erases it; the
    recipient, None if unknown. ``what``: the audit entry's word; the entry names nobody. Errors: ClockBehind."""
    transaction, keyring = change.transaction, change.keyring
    who = register.person(keyring, address)
    kept = register.kept(transaction, keyring, who.sealed)
    recipient = register.find(transaction, keyring, who)
    if recipient is not None:
        salt = keyring.seal_evidence({})  # else the public log would answer guesses at who was erased
        ended = ledger.end_all(transaction, registry.policy, recipient, anew=kept is not None, evidence=salt)
        if kept is not None:
            before_erasure(transaction, recipient, ended.changed)
    forget(transaction, registry, address)
    if recipient is not None:
        erased_list.note(transaction, keyring.digest(address))
        # Without the address or its mark, which somebody with the address could find.
        change.note(what)
    return recipient


def erase_own(transaction: Transaction, registry: Registry, address: str) -> str:
    """Erases an address for its holder; the number of the request, which is closed. Errors: as of ``erase``."""
    number = data_requests.add_erasure(transaction, registry.keyring, address)
    kept = data_requests.find(transaction, registry.keyring, number)
    assert kept is not None
    erase(Change(transaction, registry.keyring, None), registry, address, BY_HOLDER)
    return kept.number


def repeat_lost(registry: Registry, file: Path) -> int:
    """Erases again what the list beside the witness names and a restored database does not know; how many people.
    Reads every address. Call it before the site serves. Errors: OSError, those of ``erase``."""
    lost = erased_list.lost(registry.store, file)
    if not lost:
        return 0
    wanted, count = {digest for digest, _ in lost}, 0
    for recipients in register.readable(registry.store, registry.keyring):
        for address in recipients:
            if registry.keyring.digest(address) in wanted:
                registry.store.write_now(AuditedWork(registry.keyring, None, erase), registry, address)
                count += 1
    for digest, at in lost:  # last: an interrupted run begins again
        registry.store.write_now(erased_list.note, digest, at)
    return count


def forget(transaction: Transaction, registry: Registry, address: str) -> None:
    """Erases what is kept of an address, and leaves what stands."""
    keyring = registry.keyring
    who = register.person(keyring, address)
    forget_address(transaction, keyring, address)
    outbox.forget(transaction, keyring, address)
    forget_texts(transaction, keyring, address)
    audit_log.forget(transaction, keyring, address)
    if (recipient := register.erase(transaction, keyring, who)) is not None:
        consent_evidence.forget(transaction, keyring, recipient)
        disputes.forget(transaction, recipient)
        for brand, day in recorded.days_of_person(transaction, recipient):
            day_files.replace(transaction, brand, day)
