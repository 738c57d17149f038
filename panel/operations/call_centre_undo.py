"""Undo of a call-desk entry, by the person who made it, within ten minutes (rule L11). Later changes stay, because
an undo takes only one act out of the fold."""

from __future__ import annotations

from typing import NamedTuple

from consents import history, ledger
from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.history import Deed
from consents.instants import MINUTE
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.terms import Door
from panel.audit import audit_log
from panel.audit.audit_log import AuditEntry, AuditSearch, NewAction
from panel.rights import Member
from trust import record_numbers

WINDOW = 10 * MINUTE
_RECORDED = ("refusal-recorded", "consent-declared")
_SHOWN = 10


class DeskAct(NamedTuple):
    """``number``: record number; ``declared``: channel, identity and status."""

    act: int
    at: int
    brand: KnownBrand
    declared: tuple[str, ...]
    number: str


def own(snapshot: Snapshot, registry: Registry, member: Member, now: int) -> list[DeskAct]:
    """The member's undoable entries, the newest first."""
    return [
        one
        for what in _RECORDED
        for noted in audit_log.find(
            snapshot, registry.keyring, AuditSearch(member.at.id, member.person.id, what=what), _SHOWN
        )
        if (one := _undoable(snapshot, registry, member, noted, now)) is not None
    ]


def outcome(snapshot: Snapshot, registry: Registry, member: Member, act: int, now: int) -> tuple[bool, bool]:
    """(undone, still undoable by this member); 0 is no entry."""
    undone = bool(act) and history.undone_by(snapshot, act) is not None
    return undone, any(one.act == act for one in own(snapshot, registry, member, now))


def undo(transaction: Transaction, registry: Registry, member: Member, act: int) -> bool:
    """Undoes one; False where it is not theirs, too old, or undone."""
    found = next((one for one in own(transaction, registry, member, transaction.now) if one.act == act), None)
    past = found and history.act(transaction, act)
    if found is None or past is None:
        return False
    evidence = registry.keyring.seal_evidence({"person": member.person.id})
    if ledger.undo(transaction, registry.policy, act, Deed(past.actor, Door.DESK, evidence=evidence)) is None:
        return False
    names = member.person.id, member.at.id, found.brand.id, f"act {act}", " ".join(found.declared)
    audit_log.record(transaction, registry.keyring, NewAction("desk-undone", *names))
    return True


def _undoable(snapshot: Snapshot, registry: Registry, member: Member, noted: AuditEntry, now: int) -> DeskAct | None:
    act = int(noted.object.removeprefix("act "))
    past = history.act(snapshot, act)
    # A clock that is behind lengthens no undo.
    now = max(now, history.recorded_until(snapshot) or 0)
    if past is None or past.door is not Door.DESK or now > past.recorded_at + WINDOW:
        return None
    if noted.brand is None or not member.sees(noted.brand) or history.undone_by(snapshot, act) is not None:
        return None
    brand = provider_list.brand(snapshot, noted.brand)
    return DeskAct(
        act, past.recorded_at, brand, tuple(noted.after.split()), record_numbers.of_act(registry.keyring, act)
    )
