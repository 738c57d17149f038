"""Citizens' own decisions, stamped now (rule L2)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from consents import history, state
from consents.history import Deed, PastAct
from consents.instants import DAY, SECOND
from consents.keys import Keyring
from consents.ledger.stamping import after, stamp
from consents.rules import ERASED, RET, Claim, Policy, Standing, Word, repeats
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Door

log = logging.getLogger(__name__)


class Wish(NamedTuple):
    brand: int
    channel: int
    identity: int
    status: int
    source: int


class Decision(NamedTuple):
    """``act``: None when every wish stood already; ``before``: what stood of the wishes' keys, without those that have
    no record."""

    act: int | None
    changed: dict[Key, Standing]
    unchanged: dict[Key, Standing]
    before: dict[Key, Standing]


def decide(
    transaction: Transaction,
    policy: Policy,
    recipient: int,
    wishes: Iterable[Wish],
    deed: Deed,
    *,
    anew: bool = False,
    stands: Mapping[Key, Standing] | None = None,
    keyring: Keyring | None = None,
) -> Decision:
    """Records a citizen's own words as one act, stamped now (rule L2). A wish that stands as their last word changes
    nothing (rule L6), unless somebody else may still undo that word. ``anew``: record every wish again, for the doors
    of links, which know who has pressed. ``stands``: what stands of the wishes' keys, if read already. ``keyring``: to
    read who acted on a page; without it that may always have been a helper. Errors: ClockBehind."""
    wishes = list(wishes)
    if stands is None:
        before = _standing_of(transaction, recipient, wishes)
    else:
        keys = [Key(recipient, wish.brand, wish.channel, wish.identity) for wish in wishes]
        before = {key: stands[key] for key in keys if key in stands}
    stands = dict(before)
    number = history.next_event(transaction)
    events: list[Claim] = []
    changed: dict[Key, Standing] = {}
    unchanged: dict[Key, Standing] = {}
    behind = 0
    for wish in wishes:
        key = Key(recipient, wish.brand, wish.channel, wish.identity)
        standing = stands.get(key)
        if not anew and standing is not None and _is_last_word(transaction, keyring, standing, wish, deed):
            unchanged[key] = standing
            continue
        at = stamp(transaction.now, standing, wish.status)
        behind = max(behind, at - transaction.now)
        events.append(Claim(*key, wish.status, wish.source, at))
        word = Word(wish.status, wish.source, at, None, number + len(events) - 1)
        changed[key] = stands[key] = after(standing, word, policy.reconsent, own=True)
    if not events:
        return Decision(None, {}, unchanged, before)
    if behind > SECOND:
        log.error("clock_behind", extra={"seconds": behind // SECOND})
    act = history.append(transaction, deed._replace(recipient=recipient), events)
    state.write(transaction, changed)
    return Decision(act, changed, unchanged, before)


def end_all(
    transaction: Transaction,
    policy: Policy,
    recipient: int,
    *,
    anew: bool,
    evidence: tuple[bytes, bytes] | None = None,
) -> Decision:
    """Refuses everything of a person who is to be erased (rule L15). ``anew``: also what they refused themselves, so
    that every provider has a movement about it; ``evidence``: as of ``Deed``. Errors: ClockBehind."""
    wishes = [Wish(*key[1:], RET, ERASED.code) for key in state.of_recipient(transaction, recipient)]
    return decide(transaction, policy, recipient, wishes, Deed(Actor.STAFF, Door.DESK, evidence=evidence), anew=anew)


def _standing_of(transaction: Transaction, recipient: int, wishes: Sequence[Wish]) -> dict[Key, Standing]:
    """What stands for the wishes; those about one brand are looked up alone."""
    keys = [Key(recipient, wish.brand, wish.channel, wish.identity) for wish in wishes]
    if len(keys) == 1:
        found = state.of_key(transaction, keys[0])
        return {} if found is None else {keys[0]: found}
    brands = {key.brand for key in keys}
    if len(brands) == 1:
        stands = state.of_pair(transaction, recipient, brands.pop())
    else:
        stands = state.of_recipient(transaction, recipient)
    return {key: stands[key] for key in keys if key in stands}


def _is_last_word(transaction: Transaction, keyring: Keyring | None, stands: Standing, wish: Wish, deed: Deed) -> bool:
    """Whether a wish is the citizen's last word and stands, and nobody else can undo that word."""
    word = stands.own  # a standing refusal is no word about this brand
    if word is None or not stands.status == wish.status == word.status:
        return False
    if word.at + DAY < transaction.now:  # longer than any undo
        return True
    past = history.act_with(transaction, word.event)
    return past is None or is_repeat(transaction, keyring, past, deed, refuses=wish.status == RET)


def is_repeat(
    transaction: Transaction, keyring: Keyring | None, past: PastAct, deed: Deed, *, refuses: bool = True
) -> bool:
    """Rule L6 for the word of a past act, which stands and is given once more. ``keyring``: as of ``decide``."""
    own = None
    if keyring is not None and past.door is Door.PAGE:
        other = history.stand_in(keyring, history.evidence(transaction, past.id))
        own = other is None or other == (deed.evidence and history.stand_in(keyring, deed.evidence[0]))
    return repeats(past.door, past.recorded_at, deed.door, transaction.now, own=own, refuses=refuses)


def is_helpers(snapshot: Snapshot, keyring: Keyring | None, past: PastAct) -> bool:
    """Whether a helper did it on the citizen's pages."""
    if keyring is None or past.door is not Door.PAGE:
        return False
    return history.stand_in(keyring, history.evidence(snapshot, past.id)) == "helper"


def note(transaction: Transaction, actor: Actor, evidence: tuple[bytes, bytes]) -> int:
    """An operator's act without events and recipient; its number. Its leaf names the digest of ``evidence`` (sealed,
    digest)."""
    return notes(transaction, actor, [evidence])


def notes(transaction: Transaction, actor: Actor, evidence: Sequence[tuple[bytes, bytes]]) -> int:
    """``note`` of many in one question; the number of the first, which the others follow."""
    return history.append_notes(transaction, actor, Door.DESK, evidence)
