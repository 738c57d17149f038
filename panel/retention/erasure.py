"""Erases a person from every table (rule L15, docs/erasure.md), by the holder's page, the operator's desk or
``izin erase``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import structlog

from citizen.public import data_requests, forget_address
from consents import ledger
from consents.ledger import ClockBehind
from consents.people import column_passes, register
from consents.queries import recorded
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from gateways.outbox import outbox
from national.public import before_erasure
from optout.public import forget_texts
from panel.audit import audit_log
from panel.audit.change import AuditedWork, Change
from panel.retention import erased_list
from providers.days import day_files
from providers.disputes import consent_evidence, disputes
from web.logs import Alone

AT_ONCE = 3  # 0.8 ms each
LISTED = 1000
log = structlog.get_logger()
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
    # Also of an address without a record: a backup may hold its sessions, requests and messages.
    erased_list.note(transaction, keyring.digest(address))
    if recipient is not None:
        # Without the address or its mark, which somebody with the address could find.
        change.note(what)
    return recipient


class ErasedMany(NamedTuple):
    """``unknown``: without a record, also those erased before; ``failed``: to be tried again."""

    erased: int = 0
    unknown: int = 0
    failed: int = 0


def erase_many(registry: Registry, file: Path, addresses: Iterable[str]) -> ErasedMany:
    """Erases canonical addresses, ``AT_ONCE`` in a transaction; one that fails is logged and the others go on. Adds
    them to the list of erasures each ``LISTED`` people. Cut off, it is repeated. Blocking. Errors: OSError,
    StoreUnavailable."""
    done, rows, left = ErasedMany(), list[tuple[bytes, int]](), iter(addresses)
    try:
        while some := list(islice(left, AT_ONCE)):
            parts = _erase_alone(registry, some)
            erased, unknown = sum(part.erased for part in parts), sum(part.unknown for part in parts)
            failed = len(some) - erased - unknown
            done = ErasedMany(done.erased + erased, done.unknown + unknown, done.failed + failed)
            rows += [row for part in parts for row in part.rows]
            if len(rows) >= LISTED:
                erased_list.append(file, rows)
                rows.clear()
    finally:
        if rows:
            erased_list.append(file, rows)
    return done


class _ErasedSome(NamedTuple):
    erased: int
    unknown: int
    rows: list[tuple[bytes, int]]


def _erase_alone(registry: Registry, addresses: list[str]) -> list[_ErasedSome]:
    """Together; after an error each in a transaction of its own, without those that fail."""
    work = AuditedWork(registry.keyring, None, _erase_some)
    try:
        return [registry.store.write_now(work, registry, addresses)]
    except Exception as error:
        if isinstance(error, StoreUnavailable) and not isinstance(error, ClockBehind):
            raise
    done = list[_ErasedSome]()
    for address in addresses:
        try:
            with Alone("not_erased"):
                done.append(registry.store.write_now(work, registry, [address]))
        except ClockBehind as error:  # of this person, though the store works
            log.error("not_erased", error=type(error).__name__)
    return done


def _erase_some(change: Change, registry: Registry, addresses: list[str]) -> _ErasedSome:
    keyring, erased, rows = change.keyring, 0, list[tuple[bytes, int]]()
    for address in addresses:
        who, digest = register.person(keyring, address), keyring.digest(address)
        again = erased_list.knows(change.transaction, digest)
        if again and register.kept(change.transaction, keyring, who.sealed) is None:
            continue
        erased += erase(change, registry, address) is not None
        rows.append((digest, change.transaction.now))
    return _ErasedSome(erased, len(addresses) - erased, rows)


def erase_own(transaction: Transaction, registry: Registry, address: str) -> str:
    """Erases an address for its holder; the number of the request, which is closed. Errors: as of ``erase``."""
    number = data_requests.add_erasure(transaction, registry.keyring, address)
    kept = data_requests.find(transaction, registry.keyring, number)
    assert kept is not None
    erase(Change(transaction, registry.keyring, None), registry, address, BY_HOLDER)
    return kept.number


def repeat_lost(registry: Registry, file: Path) -> int:
    """Erases again what the list beside the witness names and a restored database does not know; how many people.
    Reads every address of every table. Call it before the site serves. One whose erasure fails is logged and tried
    again at the next start. Errors: OSError, StoreUnavailable."""
    store, keyring = registry.store, registry.keyring
    lost = erased_list.lost(store, file)
    if not lost:
        return 0
    left, failed, count = {digest for digest, _ in lost}, set[bytes](), 0
    for page in column_passes.addresses(store, keyring):
        for address in page:
            if (digest := keyring.digest(address)) not in left:
                continue
            left.remove(digest)
            if _erased_again(registry, address):
                count += 1
            else:
                failed.add(digest)
    for digest, at in lost:  # last: an interrupted run begins again
        if digest not in failed:
            store.write_now(_note_again, digest, at)
    return count


def _erased_again(registry: Registry, address: str) -> bool:
    try:
        registry.store.write_now(AuditedWork(registry.keyring, None, erase), registry, address)
    except Exception as error:
        if isinstance(error, StoreUnavailable) and not isinstance(error, ClockBehind):
            raise
        log.error("not_erased_again", error=type(error).__name__)
        return False
    return True


def _note_again(transaction: Transaction, digest: bytes, at: int) -> None:
    _forget_messages(transaction, digest)
    erased_list.note(transaction, digest, at)


def forget(transaction: Transaction, registry: Registry, address: str) -> None:
    """Erases what is kept of an address, and leaves what stands."""
    keyring = registry.keyring
    who = register.person(keyring, address)
    forget_address(transaction, keyring, address)
    _forget_messages(transaction, keyring.digest(address))
    audit_log.forget(transaction, keyring, address)
    if (recipient := register.erase(transaction, keyring, who)) is not None:
        consent_evidence.forget(transaction, keyring, recipient)
        disputes.forget(transaction, recipient)
        for brand, day in recorded.days_of_person(transaction, recipient):
            day_files.replace(transaction, brand, day)


def _forget_messages(transaction: Transaction, digest: bytes) -> None:
    outbox.forget(transaction, digest)
    forget_texts(transaction, digest)
