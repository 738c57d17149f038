"""Actions of the buttons on a link's or a mail's page, as work for the store's writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from consents import history
from consents.history import PastAct
from consents.keys import Keyring
from consents.people import register
from consents.registry import Registry
from consents.rules import UNDO_WINDOWS, may_undo
from consents.store import Prefetch, Snapshot, Transaction, prefetches
from consents.terms import Door
from optout import refusals
from optout.links import link_notices, nonces
from optout.links.link_notices import Notice, RefusalNotice
from optout.links.link_targets import LinkTarget, undo_limit
from optout.links.nonces import Undo
from optout.refusals import RefusalResult
from settings import Settings
from trust import limits


class Press(NamedTuple):
    """``door``, ``evidence``: of the link; ``nonce``: of the form, "" for no undo; ``answered``: the answer shows the
    undo itself, else the page to which it leads."""

    target: LinkTarget
    door: Door
    evidence: tuple[str, str]
    agent: str
    nonce: str
    answered: bool = False

    def kept_evidence(self, *, undoable: bool) -> Mapping[str, str]:
        kept = {nonces.KEPT: nonces.hashed(self.nonce)} if undoable and self.nonce else {}
        return {**dict([self.evidence]), "agent": self.agent, **kept}


class Pressed(NamedTuple):
    """A press. ``act``: the one whose undo the answer shows until ``until`` (µs); ``record``: the one that this browser
    did; ``at``: when the refusal was recorded, µs; ``repeated``: it stood already; ``ended``: the brand could send
    before."""

    act: int | None
    at: int
    until: int
    repeated: bool
    ended: bool
    record: int | None = None


class UndoResult(Enum):
    BACK = ""
    LATE = "late"  # its time is over
    NOT_HERE = "closed"  # another browser refused, or it was too often


class LinkUndo(NamedTuple):
    """``act``: the undo's, None where nothing was undone; ``notified``: a notice is sent."""

    result: UndoResult
    act: int | None = None
    notified: bool = False


def _first(
    registry: Registry, press: Press, channels: Sequence[int], notice: RefusalNotice | None = None
) -> Prefetch | None:
    target = press.target
    if register.is_erased(target.sealed):  # they may act under the address at this very moment
        return None
    undos = [limits.asked(undo_limit(registry.keyring, target))] if press.nonce and press.answered else []
    return Prefetch(target.sealed, [*refusals.asked(target.recipient, [target.brand]), *undos])


@prefetches(_first)
def refuse(
    transaction: Transaction,
    registry: Registry,
    press: Press,
    channels: Sequence[int],
    notice: RefusalNotice | None = None,
) -> Pressed:
    """Refuses the channels of the target's brand; a second press changes nothing. A refusal that another holder of the
    link made, and could undo, is recorded again. ``notice``: posted where something was refused."""
    refused = _refuse(transaction, registry, press, channels)
    own, others = _standing_by(transaction, registry.keyring, press, refused)
    if others:
        _refuse(transaction, registry, press, others, anew=True)
        own = None
    act = own if refused.act is None else refused.act
    if notice is not None and refused.act is not None:
        link_notices.post_refusal(transaction, registry.keyring, notice, sorted(set(channels)))
    undoable = act is not None and press.nonce and press.answered
    undoable = undoable and _may_undo_more(transaction, registry.keyring, press.target)
    window = UNDO_WINDOWS[press.door]
    assert window is not None
    return Pressed(
        act if undoable else None,
        refused.at,
        refused.at + window if undoable else 0,
        repeated=refused.act is None,
        ended=refused.ended,
        record=act,
    )


def take_back(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    press: Press,
    undo: Undo,
    notice: Notice,
    address: str,
) -> LinkUndo:
    """Undoes an act for the browser that refused, and notifies ``address``; a second time changes nothing."""
    past = history.act(transaction, undo.act)
    if past is None or not _is_of(transaction, registry.keyring, past, press, undo.nonce):
        return LinkUndo(UndoResult.NOT_HERE)
    if (undoing := history.undone_by(transaction, past.id)) is not None:
        return LinkUndo(UndoResult.BACK, undoing)
    if not _in_time(past, transaction):
        return LinkUndo(UndoResult.LATE)
    if not limits.take(transaction, undo_limit(registry.keyring, press.target)):
        return LinkUndo(UndoResult.NOT_HERE)
    evidence = registry.keyring.seal_evidence(press.kept_evidence(undoable=False))
    undone = refusals.take_back(transaction, registry, past.id, press.door, evidence)
    notified = False
    assert undone is not None  # it may be, as was asked just now
    if freed := {key.channel for key, stands in undone.restored.items() if not refusals.own(stands)}:
        notified = link_notices.post(transaction, registry.keyring, settings, notice, address, sorted(freed))
    return LinkUndo(UndoResult.BACK, undone.act, notified=notified)


def _refuse(
    transaction: Transaction, registry: Registry, press: Press, channels: Sequence[int], *, anew: bool = False
) -> RefusalResult:
    who, brand = press.target.recipient, press.target.brand
    evidence = registry.keyring.seal_evidence(press.kept_evidence(undoable=not anew))
    return refusals.refuse(transaction, registry, who, [brand], channels, press.door, evidence, anew=anew)


def _standing_by(
    transaction: Transaction, keyring: Keyring, press: Press, refused: RefusalResult
) -> tuple[int | None, list[int]]:
    """The act by which all of it stands, where it is of this browser; and the channels whose refusal another browser
    can undo."""
    own: set[int | None] = set()
    others: set[int] = set()
    for key, stands in refused.repeated.items():
        past = history.act_with(transaction, stands.citizen.event) if stands.citizen else None
        mine = past is not None and _is_of(transaction, keyring, past, press, press.nonce)
        own.add(past.id if past and mine and _in_time(past, transaction) else None)
        if past and not mine and _in_time(past, transaction) and nonces.KEPT in _evidence(transaction, keyring, past):
            others.add(key.channel)
    return (own.pop() if len(own) == 1 else None), sorted(others)


def _in_time(past: PastAct, snapshot: Transaction) -> bool:
    return may_undo(past.door, past.recorded_at, past.door, snapshot.now)


def _is_of(snapshot: Snapshot, keyring: Keyring, past: PastAct, press: Press, nonce: str) -> bool:
    """Whether this browser did it, with this link, which is of one recipient and brand."""
    if past.door is not press.door:
        return False
    evidence = _evidence(snapshot, keyring, past)
    name, value = press.evidence
    return evidence.get(name) == value and nonces.fits(evidence, nonce)


def _evidence(snapshot: Snapshot, keyring: Keyring, past: PastAct) -> Mapping[str, str]:
    sealed = history.evidence(snapshot, past.id)
    return keyring.unseal_evidence(sealed) if sealed else {}


def _may_undo_more(snapshot: Transaction, keyring: Keyring, target: LinkTarget) -> bool:
    limit = undo_limit(keyring, target)
    return limits.used_prefetched(snapshot, limit, snapshot.now) < limit.most
