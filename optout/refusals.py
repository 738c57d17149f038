"""Shared by every door without sign-in: a refusal becomes one act of the ledger, or is undone, within a write
transaction. It covers both identities, because people do not know as whom a brand lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from consents import blankets, history, ledger, state
from consents.history import Deed, Event, PastAct
from consents.ledger import Decision, Undone, Wish
from consents.people import recipients, register
from consents.people.recipients import AddressKind, Recipient
from consents.people.register import Person
from consents.queries import stopping
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, ONAY, RET, Standing, could_send
from consents.state import Key
from consents.store import PrefetchRead, Transaction
from consents.terms import Actor, Door, Identity

Countries = tuple[str, ...]  # ISO 3166, of the settings
HOME: Countries = ("TR",)  # where they choose nothing else

IDENTITIES = tuple(identity.code for identity in Identity)


class RefusalResult(NamedTuple):
    """``act``: None when everything stood already as the citizen's own word; ``before``, ``after``: what stood and
    stands of the refused keys; ``repeated``: those that stood already; ``ended``: a brand could send until then
    (consents/queries/stopping.py); ``at``: when it was first recorded, µs, or the latest of several."""

    recipient: int
    act: int | None
    at: int
    before: dict[Key, Standing]
    after: dict[Key, Standing]
    repeated: dict[Key, Standing]
    ended: bool

    @property
    def reached(self) -> int:
        """The brands that could send by the refused channels until then, counted as the list counts them."""
        return len({key.brand for key, stands in self.before.items() if stands.status == ONAY})

    def identities(self, brand: int, channel: int) -> int:
        return sum((key.brand, key.channel) == (brand, channel) for key in self.before)


class Closing(NamedTuple):
    """A standing refusal (rule L13). ``act``: None where it stood already; ``at``: since when, µs; ``brands``: whose
    permission ended."""

    act: int | None
    at: int
    brands: int


def refuse(
    transaction: Transaction,
    registry: Registry,
    who: Person | int,
    brands: Iterable[int],
    channels: Iterable[int],
    door: Door,
    evidence: tuple[bytes, bytes],
    *,
    anew: bool = False,
) -> RefusalResult:
    """Refuses these channels of these brands for both identities, in one act. ``who``: a person, enrolled where
    unknown, or a recipient's number. A repeated refusal changes nothing (rule L6) but as ledger.decide explains
    (``anew``). Errors: ledger.ClockBehind."""
    brands, channels, source = tuple(brands), tuple(channels), DOOR_SOURCES[door].code
    recipient, stands = _known(transaction, registry, who, brands)
    wishes = [
        Wish(brand, channel, identity, RET, source)
        for brand in brands
        for channel in channels
        for identity in IDENTITIES
    ]
    deed = Deed(Actor.CITIZEN, door, evidence=evidence)
    decision = ledger.decide(
        transaction, registry.policy, recipient, wishes, deed, anew=anew, stands=stands, keyring=registry.keyring
    )
    after = decision.changed | decision.unchanged
    stood = {key: stands.citizen for key, stands in decision.before.items() if own(stands) and stands.citizen}
    now = _ends(decision, stood.keys(), door)
    # One that stood is in force since then, also where it is recorded once more (rule L6).
    dated = [stands.citizen for stands in after.values()] if now or not stood else stood.values()
    at = max((word.at for word in dated if word), default=transaction.now)
    words = {key: word.event for key, word in stood.items()}
    ended = now or bool(stopping.ended(transaction, registry.policy.reconsent, words))
    return RefusalResult(recipient, decision.act, at, decision.before, after, decision.unchanged, ended)


def close_to_new(
    transaction: Transaction,
    registry: Registry,
    who: Person,
    channels: Iterable[int],
    door: Door,
    evidence: tuple[bytes, bytes],
) -> Closing:
    """Takes a standing refusal for these channels and both identities; nothing changes where it stands (rule L6)."""
    recipient = register.acting(transaction, registry.keyring, who)
    ways = [(channel, identity) for channel in channels for identity in IDENTITIES]
    deed = Deed(Actor.CITIZEN, door, evidence=evidence)
    act = ledger.change_blanket(
        transaction, registry.policy, recipient, ways, deed, refuses=True, keyring=registry.keyring
    )
    if act is None:
        found = blankets.in_force(transaction, [recipient])
        return Closing(None, max(found[recipient, *way].at for way in ways), 0)
    past = history.act(transaction, act)
    assert past is not None  # it was recorded just now
    return Closing(act, transaction.now, len({event.key.brand for event in history.events_of(transaction, past)}))


def asked(who: Person | int, brands: Sequence[int]) -> list[PrefetchRead]:
    if len(brands) != 1:
        return []
    return [
        state.prefetch_pair(who, brands[0])
        if isinstance(who, int)
        else state.prefetch_persons_pair(who.sealed, brands[0])
    ]


def _known(
    transaction: Transaction, registry: Registry, who: Person | int, brands: Sequence[int]
) -> tuple[int, dict[Key, Standing] | None]:
    """The recipient, and what stands between them and a single brand, where known."""
    if isinstance(who, int):
        return who, state.of_pair(transaction, who, brands[0]) if len(brands) == 1 else None
    known = state.of_persons_pair(transaction, registry.keyring, who.sealed, brands[0]) if len(brands) == 1 else None
    return known or (register.acting(transaction, registry.keyring, who), None)


def _ends(decision: Decision, stood: Set[Key], door: Door) -> bool:
    """Whether one of the brands was allowed to send until now. ``stood``: what the citizen had refused before."""
    fresh = decision.changed.keys() - stood
    before = {key: stands.status for key, stands in decision.before.items()}
    return any(could_send(before.get(key), key.identity, door) for key in fresh)


def own(stands: Standing | None) -> bool:
    """Whether the citizen's own refusal of this stands; a standing refusal is about no single brand."""
    return stands is not None and stands.own is not None and stands.status == stands.own.status == RET


def held(transaction: Transaction, recipient: int) -> list[int]:
    return sorted({key.brand for key in state.of_recipient(transaction, recipient)})


def freed(transaction: Transaction, registry: Registry, past: PastAct, events: Iterable[Event]) -> list[int]:
    refused = [event.key for event in events if event.word.status == RET]
    restored = history.fold(transaction, refused, registry.policy.reconsent, without=past.id)
    return sorted({key.brand for key, stands in restored.items() if stands is not None and stands.status == ONAY})


def take_back(
    transaction: Transaction, registry: Registry, act: int, door: Door, evidence: tuple[bytes, bytes]
) -> Undone | None:
    """Undoes one act of a door (rule L11); None when it cannot be undone there any more, or does not exist."""
    past = history.act(transaction, act)
    if past is None or past.actor is not Actor.CITIZEN:
        return None
    deed = Deed(Actor.CITIZEN, door, evidence=evidence)
    return ledger.undo(transaction, registry.policy, act, deed, keyring=registry.keyring)


def gets_sms(found: Recipient, countries: Countries) -> bool:
    """Whether this number gets SMS: only numbers of COUNTRIES, because a sender can be forged and an SMS abroad is
    expensive."""
    return found.sms and may_be_answered(found, countries)


def may_be_answered(sender: Recipient, countries: Countries) -> bool:
    """Whether an SMS of this number is answered, landlines included; not expensive ones."""
    return sender.kind is not AddressKind.PREMIUM and recipients.country(sender.address) in countries


def is_reachable(address: str | None, countries: Countries) -> bool:
    """Whether a message reaches this canonical address; None is that of an erased person."""
    return address is not None and ("@" in address or gets_sms(recipients.phone(address), countries))
