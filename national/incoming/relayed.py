"""Records what İYS shows: citizens' words by ``ledger.relay``, those of a provider's other programs by ``declare``. Our
own movements are recognised by key, status and date. Repeats change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog

from consents import ledger, reportable, state
from consents.channels import fits
from consents.history import Deed
from consents.instants import SECOND
from consents.people import recipients, register
from consents.people.recipients import BadAddress
from consents.people.register import Person
from consents.registry import Registry
from consents.rules import ONAY, RET, Claim
from consents.state import Key
from consents.store import StoreUnavailable, Transaction
from consents.terms import Actor, Door, Source
from national import iys_dealers, movement_items
from national.movement_items import ItemState, MovementItem
from national.outgoing import planning
from national.upstream.iys_messages import UpstreamMovement

PART = 500  # movements in one transaction: İYS's pages hold 1,000, and opt-outs pass between
_CITIZENS = {source.code for source in Source if not source.providers}

log = structlog.get_logger()


class ReadMovement(NamedTuple):
    """A movement whose address is ready for the store."""

    person: Person
    movement: UpstreamMovement


class Taken(NamedTuple):
    """``early``: ONAYs dated ahead of our clock, which wait."""

    recorded: int = 0
    known: int = 0
    unread: int = 0
    early: int = 0

    def plus(self, other: Taken) -> Taken:
        return Taken(*(one + two for one, two in zip(self, other, strict=True)))


def read(registry: Registry, movements: Iterable[UpstreamMovement | None]) -> tuple[list[ReadMovement], int]:
    """Movements with readable addresses, and how many are unreadable. Some µs each, outside a transaction."""
    found: list[ReadMovement] = []
    unread = 0
    for movement in movements:
        try:
            if movement is None:
                raise BadAddress("form")
            parsed = recipients.parse(movement.address)
            if not fits(movement.channel, parsed):
                raise BadAddress("form")
        except (BadAddress, UnicodeError):  # such as +9005…, which İYS stores and no carrier can reach
            unread += 1
            continue
        found.append(ReadMovement(register.person(registry.keyring, parsed.address), movement))
    return found, unread


def take(transaction: Transaction, registry: Registry, brand: int, found: Sequence[ReadMovement]) -> Taken:
    keyring, policy = registry.keyring, registry.policy
    numbers = register.enrol_all(transaction, keyring, [one.person for one in found])
    sent = _sent(transaction, brand, set(numbers))
    with_items = {key.recipient for key, _, _ in sent}
    named = {one.movement.retailer for one in found if one.movement.retailer is not None}
    dealers = iys_dealers.dealers(transaction, brand, named)
    own: list[Claim] = []
    theirs: list[Claim] = []
    known = 0
    for number, (person, shown) in zip(numbers, found, strict=True):
        claim = Claim(number, brand, shown.channel, shown.identity, shown.status, shown.source, shown.at)
        claim = claim._replace(dealer=None if shown.retailer is None else dealers.get(shown.retailer))
        key = Key(*claim[:4])
        if shown.source in _CITIZENS:
            if shown.status == ONAY:
                register.welcome_back(transaction, person, number)
            own.append(claim)
        elif (echo := sent.get((key, shown.status, shown.at))) is not None:
            known += 1
            if _confirmed(transaction, echo, claim):
                theirs.append(claim)
        else:
            theirs.append(_not_ahead(transaction, claim))
    # Evidence of a salt alone: without it the public log would answer guesses at what an act holds.
    relayed = Deed(Actor.REGISTRY, Door.SYNC, evidence=keyring.seal_evidence({}))
    answers = ledger.relay(transaction, policy, brand, own, relayed) if own else []
    reported = Deed(Actor.PROVIDER, Door.SYNC, evidence=keyring.seal_evidence({}))
    answers += ledger.declare(transaction, policy, brand, theirs, reported) if theirs else []
    for claim in (*own, *theirs):
        key = Key(*claim[:4])
        if claim.status == RET and key.recipient in with_items:
            planning.outweighed(transaction, key)
        elif claim.status == ONAY and status_here(transaction, key) == RET:
            planning.send_again(transaction, key, claim.at)
        elif claim.status == ONAY and key.recipient in with_items:
            planning.restore(transaction, key)
    recorded = sum(answer in (ledger.RECORDED, ledger.PENDING) for answer in answers)
    early = sum(answer == "H162" for answer in answers)
    return Taken(recorded, known + len(answers) - recorded - early, 0, early)


async def take_each(registry: Registry, brand: int, found: Sequence[ReadMovement]) -> Taken:
    """``take`` in a transaction each; a movement that fails counts alone as unread. Errors: StoreUnavailable."""
    try:
        return await registry.store.write(take, registry, brand, found)
    except StoreUnavailable:
        raise
    except Exception as fault:  # the other movements still count
        if len(found) == 1:
            log.error("iys_movement_failed", brand=brand, error=type(fault).__name__)
            return Taken(unread=1)
    middle = len(found) // 2  # in their order: a later word of one key never comes before an earlier one
    taken = await take_each(registry, brand, found[:middle])
    return taken.plus(await take_each(registry, brand, found[middle:]))


def refusals(found: Sequence[ReadMovement]) -> list[ReadMovement]:
    """Those of a push that apply at once; an ONAY waits until a pull shows it."""
    return [one for one in found if one.movement.status == RET]


def status_here(transaction: Transaction, key: Key) -> int | None:
    """What stands here in İYS's terms: BEKLIYOR is a refusal."""
    stands = state.of_key(transaction, key)
    return None if stands is None else (ONAY if stands.status == ONAY else RET)


def _sent(transaction: Transaction, brand: int, numbers: set[int]) -> dict[tuple[Key, int, int], MovementItem]:
    """Our own movements, by what İYS shows of them."""
    return {
        (item.key, item.status, item.at): item
        for item in movement_items.all_of(transaction, brand, numbers)
        if item.at is not None
    }


def _confirmed(transaction: Transaction, item: MovementItem, claim: Claim) -> bool:
    """Records that İYS shows a movement of ours; one on its way keeps its place in its list. True where its date there,
    changed by our wrong clock, puts our refusal after an ONAY that stands: it counts here too."""
    if item.state in (ItemState.ESCALATED, ItemState.MERGING):
        movement_items.settle(transaction, item.event, ItemState.DONE, None, at=transaction.now)
        planning.take_back(transaction, item)
    if claim.status != RET or status_here(transaction, item.key) != ONAY:
        return False
    stands, own = state.of_key(transaction, item.key), reportable.by_number(transaction, [item.of])[item.of]
    assert stands is not None
    moved = claim.at - own.at // SECOND * SECOND
    return moved > 0 and own.undone_by is None and not item.withdraws and stands.in_force().at < claim.at


def _not_ahead(transaction: Transaction, claim: Claim) -> Claim:
    return claim._replace(at=transaction.now // SECOND * SECOND) if claim.at > transaction.now else claim
