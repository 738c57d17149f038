"""What ages: how the old rows of each kind are found, and how each is destroyed."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from citizen.public import address_in_use
from consents.brands import company_changes
from consents.care import aging
from consents.care.aging import Age, AgedWindow
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.audit import audit_log
from panel.companies import application_store
from panel.retention import erasure
from providers.days import day_files, day_store
from providers.disputes import disputes
from settings import Settings
from web.rendering.texts import mark

AT_ONCE = 20  # small rows of one transaction
PEOPLE_AT_ONCE = 3  # 1.3 ms each


class DestructionKind(IntEnum):
    """In the order of a run."""

    PEOPLE = 0
    EVIDENCE = 1
    ACTIONS = 2
    COMPANY_REASONS = 3
    APPLICATIONS = 4
    DAY_FILES = 5


TITLES = {
    DestructionKind.PEOPLE: mark("Numara ve e-posta"),
    DestructionKind.EVIDENCE: mark("İşlem kanıtı"),
    DestructionKind.ACTIONS: mark("Panel notu"),
    DestructionKind.COMPANY_REASONS: mark("Şirket değişikliğinin nedeni"),
    DestructionKind.APPLICATIONS: mark("Karara bağlanan başvuru"),
    DestructionKind.DAY_FILES: mark("Günlük rapor"),
}


class AgedRows(NamedTuple):
    """``look(snapshot, registry, age, after)``; ``destroy(transaction, registry, age, number)``: False where the row is
    no longer old; ``at_once``: rows of one transaction."""

    days: Callable[[Settings], int]
    look: Callable[[Snapshot, Registry, Age, int], AgedWindow]
    destroy: Callable[[Transaction, Registry, Age, int], bool]
    at_once: int = AT_ONCE


def _people(snapshot: Snapshot, registry: Registry, aged: Age, after: int) -> AgedWindow:
    window = aging.people(snapshot, aged, after)
    return window._replace(found=[one for one in window.found if _unused(snapshot, registry, aged, one) is not None])


def _unused(snapshot: Snapshot, registry: Registry, aged: Age, recipient: int) -> str | None:
    """The address of an aged person; None where they still wait for something or use the site."""
    address = aging.address(snapshot, registry.keyring, aged, recipient)
    if address is None or disputes.any_open(snapshot, recipient):
        return None
    return None if address_in_use(snapshot, registry.keyring, address, registry.store.now()) else address


def _forget_person(transaction: Transaction, registry: Registry, aged: Age, recipient: int) -> bool:
    address = _unused(transaction, registry, aged, recipient)
    if address is None:
        return False
    erasure.forget(transaction, registry, address)
    return True


def _acts(snapshot: Snapshot, registry: Registry, aged: Age, after: int) -> AgedWindow:
    return aging.acts(snapshot, aged, after)


def _forget_evidence(transaction: Transaction, registry: Registry, aged: Age, act: int) -> bool:
    return aging.forget_evidence(transaction, registry.keyring, aged, act)


def _rows(
    look: Callable[[Snapshot, int, int, int], list[int]],
    snapshot: Snapshot,
    registry: Registry,
    aged: Age,
    after: int,
) -> AgedWindow:
    found = look(snapshot, aged.before, after, aging.WINDOW)
    return AgedWindow(found, found[-1] if len(found) == aging.WINDOW else None)


def _forget_action(transaction: Transaction, registry: Registry, aged: Age, number: int) -> bool:
    return audit_log.forget_old(transaction, registry.keyring, number)


def _forget_reason(transaction: Transaction, registry: Registry, aged: Age, number: int) -> bool:
    return company_changes.forget_reason(transaction, number)


def _forget_application(transaction: Transaction, registry: Registry, aged: Age, number: int) -> bool:
    return application_store.forget(transaction, number)


def _forget_day(transaction: Transaction, registry: Registry, aged: Age, number: int) -> bool:
    day_files.replace(transaction, *day_store.of_number(number))
    return True


KINDS = {
    DestructionKind.PEOPLE: AgedRows(
        lambda settings: settings.retention_consents_days, _people, _forget_person, PEOPLE_AT_ONCE
    ),
    DestructionKind.EVIDENCE: AgedRows(lambda settings: settings.retention_evidence_days, _acts, _forget_evidence),
    DestructionKind.ACTIONS: AgedRows(
        lambda settings: settings.retention_logs_days, partial(_rows, audit_log.old), _forget_action
    ),
    DestructionKind.COMPANY_REASONS: AgedRows(
        lambda settings: settings.retention_logs_days, partial(_rows, company_changes.old_reasons), _forget_reason
    ),
    DestructionKind.APPLICATIONS: AgedRows(
        lambda settings: settings.retention_applications_days,
        partial(_rows, application_store.old),
        _forget_application,
    ),
    DestructionKind.DAY_FILES: AgedRows(
        lambda settings: settings.retention_day_files_days, partial(_rows, day_store.old), _forget_day, 1
    ),
}
