"""What a button of a link's or a mail's page does, as work for the store's writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents import history, timeline
from consents.registry import Registry
from consents.rules import UNDO_WINDOWS, may_undo
from consents.store import Transaction
from consents.terms import Door
from optout import refusals
from optout.refusals import Refused
from optout.targets import Target

Evidence = tuple[bytes, bytes]


class Pressed(NamedTuple):
    """What a press did. ``act``: the one that can be taken back here until ``until`` (µs), None where there is none.

    ``at``: when the refusal was recorded, µs; ``repeated``: it stood already.
    """

    act: int | None
    at: int
    until: int
    repeated: bool


def refuse(
    transaction: Transaction,
    registry: Registry,
    target: Target,
    channels: Sequence[int],
    door: Door,
    evidence: Evidence,
) -> Pressed:
    """Refuses the channels of the target's brand. A second press, or a page loaded anew, changes nothing."""
    refused = refusals.refuse(transaction, registry, target.recipient, [target.brand], channels, door, evidence)
    act, at = refused.act, refused.at
    if act is None:
        act = _still_undoable(transaction, refused, door)
    window = UNDO_WINDOWS[door]
    assert window is not None
    return Pressed(act, at, at + window, repeated=refused.act is None)


def take_back(
    transaction: Transaction, registry: Registry, target: Target, act: int, door: Door, evidence: Evidence
) -> bool:
    """Takes the act back; False where it is too late. ``act`` comes from a form that we have signed for the target."""
    past = history.act(transaction, act)
    if past is None or past.recipient != target.recipient:
        return False
    return refusals.take_back(transaction, registry, act, door, evidence) is not None


def _still_undoable(transaction: Transaction, refused: Refused, door: Door) -> int | None:
    """The act that made all that stands, while it can be taken back through this door: of a double click the first."""
    events = {stands.citizen.event for stands in refused.after.values() if stands.citizen}
    act = timeline.act_of(transaction, max(events))
    past = history.act(transaction, act) if act is not None else None
    if past is None or not may_undo(past.door, past.recorded_at, door, transaction.now):
        return None
    return past.id if all(past.first_event <= event <= past.last_event for event in events) else None
