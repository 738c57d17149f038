"""What each company did with a citizen's refusals after their last day."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from consents import history, state
from consents.brands.book import BrandEntry
from consents.history import Event, PastAct
from consents.queries import stopping
from consents.registry import Registry
from consents.rules import RET
from consents.store import Snapshot
from consents.terms import Actor
from national import public as national
from providers import public as providers
from providers.public import CitizenMovement


class Taking(StrEnum):
    """Whether a company took a refusal. UNKNOWN: too much was handed out since to see it."""

    TAKEN = "taken"
    REPORTED = "reported"  # it reached İYS, from where the company reads it
    NOT = "not"
    UNKNOWN = "unknown"


class CompanyAnswer(NamedTuple):
    """A brand's answer to one act. ``at``: µs, of taking or report, 0 without; ``channels``: by code, still
    refused."""

    brand: BrandEntry
    taking: Taking
    at: int
    channels: list[int]


def refusal(snapshot: Snapshot, act: int, recipient: int) -> PastAct | None:
    """A refusal of this recipient that was not undone."""
    past = history.act(snapshot, act)
    own = past is not None and past.recipient == recipient and past.actor is Actor.CITIZEN and past.undoes is None
    return past if past is not None and own and history.undone_by(snapshot, act) is None else None


def answers(snapshot: Snapshot, registry: Registry, act: int, recipient: int) -> list[CompanyAnswer]:
    """One for each brand that had to stop and is still refused; those that did not take it first. Empty after an
    undo."""
    past = refusal(snapshot, act, recipient)
    events = [] if past is None else _ended(snapshot, registry, past)
    book = registry.brands.book(snapshot, registry.store.now())
    found: dict[int, list[Event]] = {}
    for event in events:
        stands = state.of_key(snapshot, event.key)
        if stands is not None and stands.status == RET:
            found.setdefault(event.key.brand, []).append(event)
    listed = [_answer(snapshot, book.by_id[brand], of_brand) for brand, of_brand in found.items()]
    return sorted(listed, key=lambda one: (one.taking is not Taking.NOT, one.brand.rank))


def _answer(snapshot: Snapshot, brand: BrandEntry, events: Sequence[Event]) -> CompanyAnswer:
    """The worst of its channels."""
    takings = [_taking(snapshot, event) for event in events]
    order = list(Taking)
    taking, at = max(takings, key=lambda one: (order.index(one[0]) if one[0] is not Taking.NOT else len(order), one[1]))
    return CompanyAnswer(brand, taking, at, sorted({event.key.channel for event in events}))


def _taking(snapshot: Snapshot, event: Event) -> tuple[Taking, int]:
    over = providers.handed(snapshot, CitizenMovement(event.key.brand, event.id, event.key.channel))
    if over is not None and over.taken_at is not None:
        return Taking.TAKEN, over.taken_at
    report = national.reported(snapshot, event.id)
    if report is not None and report.at is not None:
        return Taking.REPORTED, report.at
    return (Taking.UNKNOWN if over is None else Taking.NOT), 0


def _ended(snapshot: Snapshot, registry: Registry, past: PastAct) -> list[Event]:
    """Its refusals of what was allowed until then."""
    events = [event for event in history.events_of(snapshot, past) if event.word.status == RET]
    if past.blankets is not None:
        return events  # what a standing refusal closed was open until then
    ended = stopping.ended(snapshot, registry.policy.reconsent, {event.key: event.id for event in events})
    return [event for event in events if event.key in ended]
