"""Actions of a signed-in citizen, as units of work for the store's writer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from citizen.alerts import approval_notices
from citizen.alerts.approval_notices import Approved
from citizen.session import holder as holders
from citizen.session.holder import Holder
from consents import history, ledger, state
from consents.brands.book import BrandEntry
from consents.history import Deed
from consents.ledger import Undone, Wish
from consents.queries.queries import BrandConsents
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, Standing, could_send
from consents.state import Key
from consents.store import Prefetch, Transaction, prefetches
from consents.terms import Actor, Door, Source
from providers.public import disputes

Evidence = tuple[bytes, bytes]
_WEB, _NEW = Source.IYS_WEB.code, Source.IYS_WEB_YENI.code


class NotTheirs(LookupError):
    """There is no such act of this citizen."""


class CitizenChoice(NamedTuple):
    """A citizen's choice for one brand; terms by code. ``disputed``: they deny the consent they refuse."""

    brand: BrandEntry
    channel: int
    identity: int
    status: int
    disputed: bool = False


class Chosen(NamedTuple):
    """The result of a choice. ``act`` is None when it stood already; ``event``: its number. ``ended``: it ended what
    was allowed, None: see history."""

    recipient: int
    act: int | None
    event: int | None = None
    ended: bool | None = None


def _first(
    registry: Registry, holder: Holder, choice: CitizenChoice, evidence: Evidence, approved: Approved | None
) -> Prefetch:
    sealed = holder.person.sealed
    stands = state.prefetch_person(sealed, choice.brand.id, choice.channel, choice.identity)
    return Prefetch(sealed, [stands])


@prefetches(_first)
def choose(
    transaction: Transaction,
    registry: Registry,
    holder: Holder,
    choice: CitizenChoice,
    evidence: Evidence,
    approved: Approved | None,
) -> Chosen:
    """Records one choice and posts the notice of an approval in the same transaction. A dispute is reported to the
    company where it is about its own declaration, and asks it for evidence."""
    way = choice.brand.id, choice.channel, choice.identity
    known = state.of_person(transaction, registry.keyring, holder.person.sealed, *way)
    if known is None:
        recipient = holders.enrol(transaction, registry, holder)
        known = recipient, state.of_key(transaction, Key(recipient, *way))
    recipient, before = known
    key = Key(recipient, *way)
    source = _WEB
    if choice.status == ONAY and before is None:
        source = _NEW
    wish = Wish(choice.brand.id, choice.channel, choice.identity, choice.status, source)
    disputed = choice.disputed and before is not None and _declared(before)
    stands = {} if before is None else {key: before}
    event = history.next_event(transaction)
    act = _decide(transaction, registry, recipient, [wish], evidence, disputed=disputed, stands=stands)
    if act is None:
        return Chosen(recipient, None)
    if disputed and before is not None and before.provider is not None:
        disputes.ask(transaction, before.provider.event, key, act)
    if approved is not None:
        approval_notices.post(transaction, registry, holder, recipient, approved)
    return Chosen(recipient, act, event, _ended(choice, before))


def refuse_all(
    transaction: Transaction, registry: Registry, recipient: int, groups: Iterable[BrandConsents], evidence: Evidence
) -> int | None:
    wishes = [Wish(group.brand.id, line.channel, line.identity, RET, _WEB) for group in groups for line in group.lines]
    return _decide(transaction, registry, recipient, wishes, evidence)


def undo(
    transaction: Transaction, registry: Registry, holder: Holder, number: int, evidence: Evidence
) -> Undone | None:
    """Undoes one of the holder's own acts (rule L11); None, and no change, when it is too late. Errors: NotTheirs."""
    recipient = holders.find(transaction, registry, holder)
    past = history.act(transaction, number)
    if recipient is None or past is None or past.recipient != recipient or past.actor is not Actor.CITIZEN:
        raise NotTheirs
    undone = ledger.undo(transaction, registry.policy, number, Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence))
    if undone is not None:
        holders.enrol(transaction, registry, holder)
    return undone


def _ended(choice: CitizenChoice, before: Standing | None) -> bool | None:
    """Whether a brand could send until this refusal (consents/queries/stopping.py). None where it was refused
    before: the earlier state counts."""
    if choice.status == ONAY:
        return False
    if before is not None and before.citizen is not None and before.status == before.citizen.status == RET:
        return None
    return could_send(before.status if before else None, choice.identity, Door.PAGE)


def _declared(stands: Standing) -> bool:
    """Whether what stands, or waits for the citizen, is an ONAY that the company declared."""
    return stands.status == BEKLIYOR or (stands.status == ONAY and stands.in_force() is stands.provider)


def _decide(
    transaction: Transaction,
    registry: Registry,
    recipient: int,
    wishes: list[Wish],
    evidence: Evidence,
    *,
    disputed: bool = False,
    stands: dict[Key, Standing] | None = None,
) -> int | None:
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence, disputed=disputed)
    return ledger.decide(
        transaction, registry.policy, recipient, wishes, deed, stands=stands, keyring=registry.keyring
    ).act
