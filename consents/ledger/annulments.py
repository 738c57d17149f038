"""Undoing acts (rule L11)."""

from __future__ import annotations

from typing import NamedTuple

from consents import history, state
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import blanket_acts
from consents.ledger.decisions import is_helpers
from consents.ledger.stamping import stamp
from consents.rules import DOOR_SOURCES, RET, Claim, Policy, Standing, may_undo
from consents.state import Key
from consents.store import Transaction


class Undone(NamedTuple):
    """The undoing act and what stands again (None: no record at all)."""

    act: int
    restored: dict[Key, Standing | None]


def undo(
    transaction: Transaction, policy: Policy, number: int, deed: Deed, *, keyring: Keyring | None = None
) -> Undone | None:
    """Annuls one earlier act (rule L11); None when it may not be undone through this door, or no longer. Its events
    leave the fold; a repeated undo answers like the first. ``keyring``: to read who acted on a page; without it a
    helper's act is undone there alone."""
    past = history.act(transaction, number)
    if past is None or past.undoes is not None:
        return None
    if past.blankets is not None:
        return _undo_blanket(transaction, policy, past, deed, keyring)
    keys = list(dict.fromkeys(event.key for event in history.events_of(transaction, past)))
    before = _standing_now(transaction, keys)
    if (already := history.undone_by(transaction, number)) is not None:
        return Undone(already, {key: before.get(key) for key in keys})
    return _annul(transaction, policy, past, keys, before, deed) if _in_time(transaction, past, deed, keyring) else None


def _undo_blanket(
    transaction: Transaction, policy: Policy, past: history.PastAct, deed: Deed, keyring: Keyring | None
) -> Undone | None:
    if (already := history.undone_by(transaction, past.id)) is not None:
        return Undone(already, {})
    if not _in_time(transaction, past, deed, keyring):
        return None
    act, found = blanket_acts.take_back(transaction, policy, past, deed)
    return Undone(act, dict(found.after))


def _in_time(transaction: Transaction, past: history.PastAct, deed: Deed, keyring: Keyring | None) -> bool:
    # A clock that is behind lengthens no undo: it is at least as late as when the last act was recorded.
    now = max(transaction.now, history.recorded_until(transaction) or 0)
    return may_undo(past.door, past.recorded_at, deed.door, now, helped=is_helpers(transaction, keyring, past))


def _annul(
    transaction: Transaction,
    policy: Policy,
    past: history.PastAct,
    keys: list[Key],
    before: dict[Key, Standing],
    deed: Deed,
) -> Undone:
    restored = history.fold(transaction, keys, policy.reconsent, without=past.id)
    changed = {key: stands for key, stands in restored.items() if stands != before.get(key)}
    announced = [
        _announcement(key, stands, deed, stamp(transaction.now, before.get(key), RET))
        for key, stands in changed.items()
        if stands
    ]
    deed = deed._replace(recipient=past.recipient, upload=past.upload, undoes=past.id)
    act = history.append(transaction, deed, announced)
    state.write(transaction, changed)
    return Undone(act, restored)


def _announcement(key: Key, stands: Standing, deed: Deed, at: int) -> Claim:
    """The event that reports what stands again to a provider's program; the fold skips it."""
    source = DOOR_SOURCES.get(deed.door)
    word = stands.in_force()
    return Claim(*key, word.status, word.source if source is None else source.code, at)


def _standing_now(transaction: Transaction, keys: list[Key]) -> dict[Key, Standing]:
    brands: dict[int, set[int]] = {}
    for key in keys:
        brands.setdefault(key.brand, set()).add(key.recipient)
    recipients = {key.recipient for key in keys}
    if len(recipients) == 1 and len(brands) > 1:  # more than a few: a citizen's act about everything
        return state.of_recipient(transaction, recipients.pop())
    found: dict[Key, Standing] = {}
    for brand, members in brands.items():
        found.update(state.of_brand(transaction, brand, members))
    return found
