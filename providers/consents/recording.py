"""Records what a program declares, one consent or a list, by the ledger's rules, in the transaction that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from consents import history, ledger, state
from consents.brands.accesses import Given
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim, Staged
from consents.people import register
from consents.people.register import Person
from consents.registry import Registry
from consents.rules import ONAY
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.store.statements import POSTGRESQL
from consents.terms import Actor, Door
from providers.cases.case import Declared

TAKEN = frozenset({RECORDED, PENDING})
_FEW = 50  # items of a list that are sooner declared one by one than laid ready (PostgreSQL)
_new = tuple.__new__  # half the cost of Claim(…)


class Outcome(NamedTuple):
    """``code``: RECORDED, PENDING, UNCHANGED or İYS's code of refusal; ``event``: the number of the item's event, of an
    earlier report where it is UNCHANGED."""

    code: str
    event: int | None


class RecordedList(NamedTuple):
    """Results in order; ``act``: None where nothing was new; ``since``: by place, the event since which an item's
    dealers may use its consent; ``given``: the same, still to be written."""

    act: int | None
    outcomes: list[Outcome]
    since: dict[int, int]
    given: list[Given]


def people(keyring: Keyring, items: Sequence[Declared]) -> list[Person]:
    """The items' people ready for the store; some µs each, outside the write transaction."""
    ready = {address: register.person(keyring, address) for address in {item.address for item in items}}
    return [ready[item.address] for item in items]  # the same person often stands in a list for several channels


def record(
    transaction: Transaction,
    registry: Registry,
    brand: int,
    items: Sequence[Declared],
    who: Sequence[Person],
    user: int,
    oldest: int,
    *,
    again: bool,
    staged: Staged | None = None,
) -> RecordedList:
    """Records what is new of the items of one brand in one act (rules L1, L3 to L6). ``oldest``: µs, an ONAY from
    before it is H467; ``again``: a repeat is no error, so its accesses are given too; ``staged``: of ``stage``."""
    event = history.next_event(transaction)
    deed = Deed(Actor.PROVIDER, Door.API, evidence=registry.keyring.seal_evidence({"user": user}))
    if staged is None and is_long(transaction.dialect, items):
        staged = stage(transaction, registry, brand, items, who)
    claims, answers = _declared(transaction, registry, brand, items, who, deed, oldest, staged)
    repeats = [claim for claim, answer in zip(claims, answers, strict=True) if answer == UNCHANGED]
    before = _recorded_before(transaction, brand, repeats) if repeats else {}
    outcomes: list[Outcome] = []
    for claim, answer in zip(claims, answers, strict=True):
        if answer in TAKEN:
            outcomes.append(_new(Outcome, (answer, event)))
            event += 1
        else:
            outcomes.append(Outcome(answer, before.get(claim[:7]) if answer == UNCHANGED else None))
    act = history.act_of_last(transaction) if any(one.code in TAKEN for one in outcomes) else None
    since = _since(transaction, brand, claims, items, outcomes, again=again)
    given = [Given(Key(*claims[place][:4]), items[place].access, event) for place, event in since.items()]
    return RecordedList(act, outcomes, since, given)


def is_long(dialect: str, items: Sequence[Declared]) -> bool:
    return dialect == POSTGRESQL and len(items) > _FEW


def stage(
    transaction: Transaction, registry: Registry, brand: int, items: Sequence[Declared], who: Sequence[Person]
) -> Staged:
    """Stages items on the transaction's connection, which may wait for the write lock only afterwards."""
    words = [(one[0], 0, one[1], *item[1:7]) for one, item in zip(who, items, strict=True)]
    return Staged(transaction, registry.keyring, brand, words)


def _declared(
    transaction: Transaction,
    registry: Registry,
    brand: int,
    items: Sequence[Declared],
    who: Sequence[Person],
    deed: Deed,
    oldest: int,
    staged: Staged | None,
) -> tuple[list[Claim], list[str]]:
    if staged is not None:
        answers = ledger.declare_staged(transaction, registry.policy, staged, deed, oldest=oldest)
        return staged.claims(), answers
    recipients = register.enrol_all(transaction, registry.keyring, who)
    claims = [_new(Claim, (recipient, brand, *item[1:7])) for recipient, item in zip(recipients, items, strict=True)]
    return claims, ledger.declare(transaction, registry.policy, brand, claims, deed, oldest=oldest)


def accesses(
    snapshot: Snapshot,
    registry: Registry,
    brand: int,
    items: Sequence[Declared],
    who: Sequence[Person],
    since: Sequence[int | None],
) -> list[Given]:
    """The accesses of items recorded in another transaction. ``since``: of each item, None where it gives none."""
    numbers = register.find_all(snapshot, registry.keyring, who)
    return [
        Given(Key(numbers[person.sealed], brand, *item[1:3]), item.access, event)
        for item, person, event in zip(items, who, since, strict=True)
        if item.access and event is not None and person.sealed in numbers
    ]


def _recorded_before(snapshot: Snapshot, brand: int, claims: Sequence[Claim]) -> dict[tuple[Any, ...], int]:
    """The events of the same words, by key, status, source and date: what stands, or else the first of history."""
    rows = state.rows_of_keys(snapshot, brand, [Key(*claim[:4]) for claim in claims])
    standing = [(key, stands.provider) for key, stands in map(state.unpack, rows.values())]
    found = {(*key, *word[:3]): word.event for key, word in standing if word is not None}
    missing = [claim for claim in claims if claim[:7] not in found]
    return history.recorded_words(snapshot, brand, missing) | found


def _since(
    transaction: Transaction,
    brand: int,
    claims: Sequence[Claim],
    items: Sequence[Declared],
    outcomes: Sequence[Outcome],
    *,
    again: bool,
) -> dict[int, int]:
    """By place, since which event an item's dealers may use its consent: its own, or now where a repeated one is in
    force."""
    since: dict[int, int] = {}
    repeats: list[tuple[int, Key, int | None]] = []
    for place, (item, (code, event)) in enumerate(zip(items, outcomes, strict=True)):
        if item.access and event is not None and code in TAKEN:
            since[place] = event
        elif item.access and again and code == UNCHANGED:
            repeats.append((place, Key(*claims[place][:4]), event))
    if repeats:
        last = history.next_event(transaction) - 1
        rows = state.rows_of_keys(transaction, brand, [key for _, key, _ in repeats])
        standing = dict(map(state.unpack, rows.values()))
        for place, key, event in repeats:
            if key in standing and standing[key].status == ONAY and standing[key].in_force().event == event:
                since[place] = last
    return since
