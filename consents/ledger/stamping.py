"""When a word counts and what stands after it (rules L1 and L2); that time only goes forward."""

from __future__ import annotations

from consents import history
from consents.history import Deed
from consents.instants import SECOND
from consents.rules import ONAY, RET, Reconsent, Standing, Word, latest, standing
from consents.store import StoreUnavailable, Transaction
from consents.terms import Actor, Door


class ClockBehind(StoreUnavailable):
    """The clock is before the last word, so an ONAY cannot be dated now; nothing was recorded. Never for a RET."""


def stamp(now: int, stands: Standing | None, status: int) -> int:
    """Now, but after the last word of either side (rule L2). A late clock refuses no RET; an ONAY more than a second
    ahead of the clock would outweigh a provider's refusals. Errors: ClockBehind."""
    spoken = [word.at for word in (stands.citizen, stands.provider) if word] if stands else []
    last = max(spoken, default=-1)
    if last > now + SECOND and status != RET:
        raise ClockBehind("the clock stands before the last recorded word")
    return max(now, last + 1)


def not_ahead(now: int, stands: Standing | None, at: int) -> int:
    """When a RET dated ahead of the clock counts: from now, but after an ONAY dated ahead as well."""
    earliest = stamp(now, stands, RET)
    return min(at, earliest) if stands and stands.status == ONAY and earliest > now + SECOND else now


def after(
    stands: Standing | None, word: Word, reconsent: Reconsent, *, own: bool, blanket: Word | None = None
) -> Standing:
    """What stands once a word is recorded; ``blanket``: the standing refusal that covers the key."""
    citizen, provider = (stands.own, stands.provider) if stands else (None, None)
    if own:
        citizen = latest(word, citizen)
    else:
        provider = latest(word, provider)
    stood = standing(citizen, provider, reconsent, blanket)
    assert stood is not None
    return stood


def pass_by(transaction: Transaction, moment: int) -> None:
    """Ensures that nothing is recorded before ``moment`` (µs) any more, if need be by an act without events."""
    until = history.recorded_until(transaction)
    if until is None or until < moment:
        history.append(transaction, Deed(Actor.REGISTRY, Door.DESK), [], not_before=moment)
