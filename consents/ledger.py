"""The one module that writes consents: acts, events and what stands, in one transaction.

All functions run inside a write transaction of the store (``store.write(ledger.decide, …)``), which no other write
transaction of the registry overlaps; so what they read is what they change.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consents import history, state, verdicts
from consents.history import Deed
from consents.instants import DAY, SECOND
from consents.rules import (
    BEKLIYOR,
    DOOR_SOURCES,
    ERASED,
    HANDED_OUT,
    ONAY,
    RET,
    Claim,
    Policy,
    Reconsent,
    Standing,
    Word,
    latest,
    may_undo,
    standing,
)
from consents.state import Key
from consents.store import StoreUnavailable, Transaction
from consents.terms import Actor, Door
from consents.verdicts import UNCHANGED

__all__ = [
    "PENDING",
    "RECORDED",
    "UNCHANGED",
    "Claim",
    "ClockBehind",
    "Decision",
    "Policy",
    "Undone",
    "Wish",
    "decide",
    "declare",
    "end_all",
    "relay",
    "undo",
]

RECORDED, PENDING = "recorded", "pending"

log = logging.getLogger(__name__)


class ClockBehind(StoreUnavailable):
    """The clock stands before the last word, so an ONAY cannot be dated now; nothing was recorded. Never for a RET."""


class Wish(NamedTuple):
    """What a citizen decides about one key of his; status and source by code."""

    brand: int
    channel: int
    identity: int
    status: int
    source: int


class Decision(NamedTuple):
    """What a citizen's act did. ``act`` is None when every wish stood already.

    ``before``: what stood of the wishes' keys, those without a record left out.
    """

    act: int | None
    changed: dict[Key, Standing]
    unchanged: dict[Key, Standing]
    before: dict[Key, Standing]


class Undone(NamedTuple):
    """What an undo did: the undoing act and what stands again (None: no record at all)."""

    act: int
    restored: dict[Key, Standing | None]


def decide(
    transaction: Transaction,
    policy: Policy,
    recipient: int,
    wishes: Iterable[Wish],
    deed: Deed,
    *,
    anew: bool = False,
) -> Decision:
    """Records a citizen's own words, stamped now (rule L2). One act, however many wishes.

    A wish that is already his last word and stands changes nothing (rule L6), unless somebody else may still take that
    word back: then it is said anew, and so stands whatever becomes of the other. ``anew``: for every wish; the doors of
    links ask for it, which know who has pressed. Errors: ClockBehind.
    """
    wishes = list(wishes)
    before = _standing_of(transaction, recipient, wishes)
    stands = dict(before)
    number = history.next_event(transaction)
    events: list[Claim] = []
    changed: dict[Key, Standing | None] = {}
    unchanged: dict[Key, Standing] = {}
    behind = 0
    for wish in wishes:
        key = Key(recipient, wish.brand, wish.channel, wish.identity)
        now = stands.get(key)
        if not anew and now is not None and _said(transaction, now, wish, deed.door):
            unchanged[key] = now
            continue
        at = _stamp(transaction.now, now, wish.status)
        behind = max(behind, at - transaction.now)
        events.append(Claim(*key, wish.status, wish.source, at))
        word = Word(wish.status, wish.source, at, None, number + len(events) - 1)
        changed[key] = stands[key] = _after(now, word, policy.reconsent, own=True)
    if not events:
        return Decision(None, {}, unchanged, before)
    if behind > SECOND:
        log.error("clock_behind", extra={"seconds": behind // SECOND})
    act = history.append(transaction, deed._replace(recipient=recipient), events)
    state.write(transaction, changed)
    return Decision(act, changed, unchanged, before)  # type: ignore[arg-type]


def end_all(transaction: Transaction, policy: Policy, recipient: int, *, anew: bool) -> Decision:
    """Refuses everything of a person who is to be erased (rule L15). Errors: ClockBehind.

    ``anew``: also what he has refused himself, so that every provider that holds him has a movement that tells of it.
    """
    wishes = [Wish(*key[1:], RET, ERASED.code) for key in state.of_recipient(transaction, recipient)]
    return decide(transaction, policy, recipient, wishes, Deed(Actor.STAFF, Door.DESK), anew=anew)


def declare(
    transaction: Transaction, policy: Policy, brand: int, claims: Sequence[Claim], deed: Deed, *, oldest: int = 0
) -> list[str]:
    """Records what a provider says about its own records of one brand, by İYS's rules (rules L3 to L6).

    One answer for each claim, in order: RECORDED, PENDING (recorded, and the citizen is asked), UNCHANGED (said
    before), or İYS's code of refusal. A refusal never stops the others. ``oldest`` (µs): an ONAY given before it is
    no longer to be reported (H467); asked after UNCHANGED, so that a file may be sent again however late.
    """
    return _take(transaction, policy, brand, claims, deed, oldest, own=False)


def relay(transaction: Transaction, policy: Policy, brand: int, claims: Sequence[Claim], deed: Deed) -> list[str]:
    """Records words that citizens gave at the national registry, with their own time; they count as theirs (L2).

    One answer for each, in order: RECORDED, UNCHANGED, or H162 for an ONAY of the future. A RET whose date lies ahead
    of the clock is never turned away: it counts from now, and over an ONAY that stands.
    """
    ours = [claim._replace(dealer=None) for claim in claims]
    return _take(transaction, policy, brand, ours, deed, 0, own=True)


def _take(
    transaction: Transaction,
    policy: Policy,
    brand: int,
    claims: Sequence[Claim],
    deed: Deed,
    oldest: int,
    *,
    own: bool,
) -> list[str]:
    stands: dict[Key, _Known] = {}
    stands.update(state.rows_of_keys(transaction, brand, [claim[:4] for claim in claims]))  # type: ignore[misc]
    number = history.next_event(transaction)
    events: list[Claim] = []

    def before(claim: Claim) -> Standing | None:
        return _standing(stands.get(claim[:4]))  # type: ignore[call-overload]  # equal to a Key, and cheaper

    repeats = verdicts.Repeats(transaction, brand, claims, events, before)
    changed: dict[Key, Standing | None] = {}
    answers: list[str] = []
    for claim in claims:
        key: Key = claim[:4]  # type: ignore[assignment]  # equal to a Key, and cheaper
        known = stands.get(key)
        if own and claim.at > transaction.now + SECOND and not repeats.hold(claim):  # two clocks differ by as much
            if claim.status != RET:
                answers.append("H162")
                continue
            claim = claim._replace(at=_not_ahead(transaction.now, _standing(known), claim.at))
        if known is None and not own:  # most of a first loading: nothing to compare with
            odd = policy.strict or claim.at < oldest
            if odd and (fault := verdicts.fault_of_first(policy, claim, oldest)) is not None:
                answers.append(fault)
                continue
            stands[key] = _First(claim, number)
            answers.append(RECORDED)
        else:
            now = _standing(known)
            if (answer := verdicts.fault(policy, now, claim, oldest, repeats, own=own)) is not None:
                answers.append(answer)
                continue
            after = _after(now, Word(*claim[4:], number), policy.reconsent, own=own)
            stands[key] = changed[key] = after
            answers.append(PENDING if after.status == BEKLIYOR and not own else RECORDED)
        events.append(claim)
        number += 1
    if events:
        history.append(transaction, deed, events)
        if not own:
            state.write_first_words(transaction, number - len(events), number - 1)
        state.write(transaction, changed)
    return answers


class _First(NamedTuple):
    """The only word about a key, recorded in this same transaction."""

    claim: Claim
    number: int


_Known = Standing | _First | state.Row


def _standing(known: _Known | None) -> Standing | None:
    if known is None or isinstance(known, Standing):
        return known
    if isinstance(known, _First):
        word = Word(*known.claim[4:], known.number)
        return Standing(word.status, None, word)
    return state.unpack(known)[1]


def pass_by(transaction: Transaction, moment: int) -> None:
    """Sees to it that nothing is recorded before ``moment`` (µs) any more, also by a clock that is set back.

    Acts are recorded in the order of their numbers; so it takes one at or after that moment. Where nobody did anything
    since, that is an act without events.
    """
    until = history.recorded_until(transaction)
    if until is None or until < moment:
        history.append(transaction, Deed(Actor.REGISTRY, Door.DESK), [], not_before=moment)


def undo(transaction: Transaction, policy: Policy, number: int, deed: Deed) -> Undone | None:
    """Annuls one earlier act (rule L11); None when it may not be undone through this door, or no longer.

    Its events leave the fold and the two last words are found again among the rest, so what somebody changed since
    stays, and an ONAY that never stood cannot arise. A repeated undo answers as the first time.
    """
    past = history.act(transaction, number)
    if past is None or past.undoes is not None:
        return None
    keys = list(dict.fromkeys(event.key for event in history.events_of(transaction, past)))
    before = _standing_now(transaction, keys)
    if (already := history.undone_by(transaction, number)) is not None:
        return Undone(already, {key: before.get(key) for key in keys})
    # A clock that is behind lengthens no undo: it is at least as late as when the last act was recorded.
    now = max(transaction.now, history.recorded_until(transaction) or 0)
    if not may_undo(past.door, past.recorded_at, deed.door, now):
        return None
    return _annul(transaction, policy, past, keys, before, deed)


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
        _announcement(key, stands, deed, _stamp(transaction.now, before.get(key), RET))
        for key, stands in changed.items()
        if stands
    ]
    deed = deed._replace(recipient=past.recipient, upload=past.upload, undoes=past.id)
    act = history.append(transaction, deed, announced)
    state.write(transaction, changed)
    return Undone(act, restored)


def _standing_of(transaction: Transaction, recipient: int, wishes: Sequence[Wish]) -> dict[Key, Standing]:
    """What stands for the wishes. Those about one brand are looked up alone: somebody may have hundreds of consents."""
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


def _announcement(key: Key, stands: Standing, deed: Deed, at: int) -> Claim:
    """The event by which a provider's program learns what stands again; the fold skips it."""
    source = DOOR_SOURCES.get(deed.door)
    word = stands.in_force()
    return Claim(*key, word.status, word.source if source is None else source.code, at)


def _standing_now(transaction: Transaction, keys: list[Key]) -> dict[Key, Standing]:
    brands: dict[int, set[int]] = {}
    for key in keys:
        brands.setdefault(key.brand, set()).add(key.recipient)
    recipients = {key.recipient for key in keys}
    if len(recipients) == 1 and len(brands) > 1:  # more than a few: a citizen's act about all that he has
        return state.of_recipient(transaction, recipients.pop())
    found: dict[Key, Standing] = {}
    for brand, members in brands.items():
        found.update(state.of_brand(transaction, brand, members))
    return found


def _said(transaction: Transaction, stands: Standing, wish: Wish, door: Door) -> bool:
    """Whether a wish is the citizen's last word and stands, and nobody but himself may take it back."""
    word = stands.citizen
    if word is None or not stands.status == wish.status == word.status:
        return False
    if door in HANDED_OUT or word.at + DAY < transaction.now:  # after a day no link takes anything back
        return True
    past = history.act_with(transaction, word.event)
    return (
        past is None
        or past.door not in HANDED_OUT
        or not may_undo(past.door, past.recorded_at, past.door, transaction.now)
    )


def _stamp(now: int, stands: Standing | None, status: int) -> int:
    """Now, but after the last word of either side, so that it stands (rule L2).

    A clock that is behind refuses no RET, by however much. An ONAY dated ahead of the clock would outweigh the
    refusals that a provider reports meanwhile, so more than a second of that is refused.
    """
    spoken = [word.at for word in (stands.citizen, stands.provider) if word] if stands else []
    last = max(spoken, default=-1)
    if last > now + SECOND and status != RET:
        raise ClockBehind("the clock stands before the last recorded word")
    return max(now, last + 1)


def _not_ahead(now: int, stands: Standing | None, at: int) -> int:
    """When a RET counts that is dated ahead of the clock: from now, but after an ONAY that is dated ahead as well."""
    after = _stamp(now, stands, RET)
    return min(at, after) if stands and stands.status == ONAY and after > now + SECOND else now


def _after(stands: Standing | None, word: Word, reconsent: Reconsent, *, own: bool) -> Standing:
    citizen, provider = (stands.citizen, stands.provider) if stands else (None, None)
    if own:
        citizen = latest(word, citizen)
    else:
        provider = latest(word, provider)
    after = standing(citizen, provider, reconsent)
    assert after is not None
    return after
