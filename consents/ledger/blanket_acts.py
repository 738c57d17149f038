"""Standing refusals (rule L13): taken, ended and undone, with what follows for each consent in the same act."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from consents import blankets, history, state
from consents.blankets import BlanketPart
from consents.history import Deed, PastAct
from consents.keys import Keyring
from consents.ledger.decisions import is_repeat
from consents.ledger.stamping import stamp
from consents.rules import DOOR_SOURCES, ONAY, RET, Claim, Policy, Standing, Word, standing
from consents.state import Key
from consents.store import Transaction

Way = tuple[int, int]  # channel and identity, by code


class BlanketEffect(NamedTuple):
    """What a standing refusal, or its end, does to consents without an own word: before and after."""

    before: dict[Key, Standing]
    after: dict[Key, Standing]

    @property
    def turned(self) -> list[Key]:
        """Those whose permission changes for the brand, which is notified."""
        return [key for key in self.after if (self.before[key].status == ONAY) != (self.after[key].status == ONAY)]


def change(
    transaction: Transaction,
    policy: Policy,
    recipient: int,
    ways: Collection[Way],
    deed: Deed,
    *,
    refuses: bool,
    keyring: Keyring | None = None,
) -> int | None:
    """Takes or ends standing refusals for these channels and identities of one recipient; the act, None where nothing
    changes (rule L6). ``keyring``: as of ``decide``."""
    had = blankets.in_force(transaction, [recipient])
    words = {way: had.get((recipient, *way)) for way in sorted(set(ways))}
    ways = [way for way, word in words.items() if _changes(transaction, keyring, word, deed, refuses=refuses)]
    if not ways:
        return None
    stands = _touched(transaction, recipient, ways)
    at = _date(transaction, stands)
    source = DOOR_SOURCES[deed.door].code
    first = blankets.next_number(transaction)
    words = {way: blankets.word(number, source, at) if refuses else None for number, way in enumerate(ways, first)}
    deed = deed._replace(recipient=recipient, blankets=len(ways))
    act = _write(transaction, deed, effect(policy, stands, words), source)
    blankets.append(transaction, act, recipient, [BlanketPart(*way, refuses) for way in ways], source, at)
    return act


def _changes(
    transaction: Transaction, keyring: Keyring | None, word: Word | None, deed: Deed, *, refuses: bool
) -> bool:
    """Whether a standing refusal, or its end, is no repeat of what is in force (rule L6)."""
    if word is None or not refuses:
        return (word is None) is refuses
    past = history.act(transaction, blankets.act_of(transaction, word))
    return past is not None and not is_repeat(transaction, keyring, past, deed)


def take_back(transaction: Transaction, policy: Policy, past: PastAct, deed: Deed) -> tuple[int, BlanketEffect]:
    """Annuls such an act (rule L11): what was in force before is again, unless a later act decides otherwise."""
    assert past.recipient is not None  # it is one recipient's
    recipient, found = past.recipient, effect_of_undo(transaction, policy, past)
    deed = deed._replace(recipient=recipient, undoes=past.id)
    return _write(transaction, deed, found, DOOR_SOURCES[deed.door].code), found


def effect_of_undo(transaction: Transaction, policy: Policy, past: PastAct) -> BlanketEffect:
    assert past.recipient is not None
    recipient = past.recipient
    ways = [part[:2] for part in blankets.of_act(transaction, past.id)]
    left = blankets.in_force(transaction, [recipient], without=past.id)
    words = {way: left.get((recipient, *way)) for way in ways}
    return effect(policy, _touched(transaction, recipient, ways), words)


def effect(policy: Policy, stands: Mapping[Key, Standing], words: Mapping[Way, Word | None]) -> BlanketEffect:
    """What follows where these words are in force from now on. ``stands``: of consents without an own word."""
    after = {key: standing(None, one.provider, policy.reconsent, words[key[2:]]) for key, one in stands.items()}
    changed = {key: one for key, one in after.items() if one is not None and one != stands[key]}
    return BlanketEffect({key: stands[key] for key in changed}, changed)


def _touched(transaction: Transaction, recipient: int, ways: Collection[Way]) -> dict[Key, Standing]:
    every = state.of_recipient(transaction, recipient)
    return {key: one for key, one in every.items() if one.own is None and key[2:] in ways}


def _date(transaction: Transaction, stands: Mapping[Key, Standing]) -> int:
    """Now, but after every word that it must outweigh (rule L2); a late clock refuses no RET."""
    return max((stamp(transaction.now, one, RET) for one in stands.values()), default=transaction.now)


def _write(transaction: Transaction, deed: Deed, found: BlanketEffect, source: int) -> int:
    announced = [_announcement(transaction, key, found.after[key], source) for key in found.turned]
    act = history.append(transaction, deed, announced)
    state.write(transaction, found.after)
    return act


def _announcement(transaction: Transaction, key: Key, stands: Standing, source: int) -> Claim:
    """The event that reports what stands now to a provider's program; the fold skips it."""
    status = ONAY if stands.status == ONAY else RET
    return Claim(*key, status, source, stamp(transaction.now, stands, RET))
