"""The target of a link or a mail's token, and what stands between it and the brand, in one read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consents import history
from consents.channels import sharing
from consents.history import PastAct
from consents.instants import DAY
from consents.keys import Keyring
from consents.queries import pairs, stopping
from consents.queries.pairs import Pair
from consents.registry import Registry
from consents.rules import HANDED_OUT, RET, UNDO_WINDOWS, Standing, may_undo
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Identity
from optout import refusals
from optout.links import nonces
from trust import limits, minting
from trust.limits import Limit
from trust.minting import ALPHABET, LENGTH, FoundLink
from trust.pseudonyms import mark

_IDENTITIES = tuple(identity.code for identity in Identity)
UNDOS = 3  # a day for one recipient and brand; a refusal is never limited
_HYPHENS = "-\u2010\u2011\u2012\u2013\u00ad "  # also those that phones put in their place
_TRAILING = ".,;:)!?…"  # what a messaging app takes into a link from the sentence around it
_AS_TYPED = str.maketrans(ALPHABET[10:].lower() + "oOiIlL", ALPHABET[10:] + "001111", _HYPHENS)
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


class LinkTarget(NamedTuple):
    """One recipient and one channel of one brand. ``brand``: internal id; ``sealed``: the encrypted address;
    ``stands``: of the brand's every channel, by (channel, identity)."""

    recipient: int
    brand: int
    channel: int
    sealed: bytes
    stands: dict[tuple[int, int], Standing]

    @property
    def channels(self) -> tuple[int, ...]:
        return sharing(self.channel)

    def refused(self, channel: int) -> bool:
        """Whether the citizen's own refusal stands for both identities."""
        return all(refusals.own(self.stands.get((channel, identity))) for identity in _IDENTITIES)

    def words(self, channel: int) -> dict[Key, int]:
        """The citizen's words about a channel, by the number of their events."""
        keys = {Key(self.recipient, self.brand, channel, identity): (channel, identity) for identity in _IDENTITIES}
        found = ((key, self.stands.get(at)) for key, at in keys.items())
        return {key: one.citizen.event for key, one in found if one and one.citizen}

    def status(self, channel: int) -> int | None:
        """By code: of two identities the more permissive status; None: no record."""
        if not self.stands:
            return None
        found = [one.status for identity in _IDENTITIES if (one := self.stands.get((channel, identity)))]
        return max(found, key=(RET, 2, 1).index, default=None)

    def refused_at(self, channel: int) -> int:
        """When the later of the two standing refusals was given, µs."""
        found = [self.stands.get((channel, identity)) for identity in _IDENTITIES]
        return max((one.citizen.at for one in found if one and one.citizen), default=0)


class StandingAct(NamedTuple):
    """An act by which a refusal stands, with its evidence. ``open_until`` (µs): the end of its browser's undo, 0 for
    none."""

    past: PastAct
    evidence: Mapping[str, str]
    open_until: int


class FoundTarget(NamedTuple):
    """A target, and its standing refusal (of its channel, or those requested): ``ended``: its brand could send until
    then (consents/queries/stopping.py); ``acts``: by which it stands; ``undos``: whether one more undo is allowed
    today."""

    target: LinkTarget
    ended: bool = False
    acts: tuple[StandingAct, ...] = ()
    undos: bool = False

    @property
    def open_until(self) -> int:
        """The end of any browser's undo, µs; 0 for none."""
        return max((act.open_until for act in self.acts), default=0)


def found(
    snapshot: Snapshot, registry: Registry, target: LinkTarget, now: int, channels: Sequence[int] = ()
) -> FoundTarget:
    """Reads history only where the ``channels``, by default the target's own, are refused."""
    channels = channels or (target.channel,)
    if not all(target.refused(channel) for channel in channels):
        return FoundTarget(target)
    words = {key: event for channel in channels for key, event in target.words(channel).items()}
    ended = bool(stopping.ended(snapshot, registry.policy.reconsent, words))
    past = {act.id: act for event in words.values() if (act := history.act_with(snapshot, event))}
    acts = tuple(_standing(snapshot, registry.keyring, act, now) for act in past.values())
    limit = undo_limit(registry.keyring, target)
    undos = any(act.open_until for act in acts) and limits.used(snapshot, limit, now) < limit.most
    return FoundTarget(target, ended, acts, undos)


def again(
    snapshot: Snapshot, registry: Registry, target: LinkTarget, now: int, channels: Sequence[int] = ()
) -> FoundTarget:
    fresh = by_number(snapshot, target.recipient, target.brand, target.channel)
    assert fresh is not None  # recipients are never deleted
    return found(snapshot, registry, fresh, now, channels)


def undo_limit(keyring: Keyring, target: LinkTarget) -> Limit:
    """For all links of a recipient and brand together, because a brand mints any number."""
    return Limit(mark(keyring, "link undo", f"{target.recipient}.{target.brand}"), UNDOS, DAY)


def _standing(snapshot: Snapshot, keyring: Keyring, past: PastAct, now: int) -> StandingAct:
    sealed = history.evidence(snapshot, past.id) if past.door in HANDED_OUT else None
    evidence = keyring.unseal_evidence(sealed) if sealed else {}
    undoable = nonces.KEPT in evidence and may_undo(past.door, past.recorded_at, past.door, now)
    return StandingAct(past, evidence, past.recorded_at + (UNDO_WINDOWS[past.door] or 0) if undoable else 0)


def by_link(snapshot: Snapshot, digest: bytes, now: int) -> tuple[LinkTarget, FoundLink] | None:
    """The target of a link that is valid at ``now`` (µs)."""
    link = minting.find(snapshot, digest, now)
    return link and (_target(link.pair, link.channel), link)


def by_number(snapshot: Snapshot, recipient: int, brand: int, channel: int) -> LinkTarget | None:
    pair = pairs.by_number(snapshot, recipient, brand)
    return pair and _target(pair, channel)


def _target(pair: Pair, channel: int) -> LinkTarget:
    return LinkTarget(pair.recipient, pair.brand, channel, pair.sealed, pair.stands)


def read(typed: str) -> str | None:
    """The code, however it was typed; None for an impossible one."""
    if len(typed) > 4 * LENGTH:
        return None
    bare = typed.strip().rstrip(_TRAILING).translate(_AS_TYPED)
    return bare if _CODE.fullmatch(bare) else None


def spelt(code: str) -> str:
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"
