"""Says what a database keeps of what was promised. Written from the rules (docs/architecture.md), not from the code.

It reads the tables with plain SQL and folds history by itself, so that a fault of ``consents`` cannot hide here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.crash.journal import Promises

Row = tuple[Any, ...]
Ask = Callable[[str], list[Row]]

PROVIDER = 2  # act.actor; every other actor's words count as the citizen's
RET, ONAY, BEKLIYOR = 0, 1, 2

ACTS = "SELECT id, actor, first_event, last_event, evidence_digest FROM act ORDER BY id"
EVENTS = (
    "SELECT id, recipient, brand, channel, identity, status, source, decided_at, dealer, act "
    "FROM consent_event ORDER BY id"
)
STANDING = (
    "SELECT recipient, brand, channel, identity, status, citizen_status, citizen_source, citizen_at, citizen_event, "
    "provider_status, provider_source, provider_at, provider_dealer, provider_event FROM consent"
)


@dataclass
class Findings:
    """``lost``: acknowledged and not kept. ``doubled``: kept twice. ``broken``: anything else that must not be.

    ``kept_untold``: interrupted writes that were kept all the same, which is right: nobody was told otherwise.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    kept_untold: set[str] = field(default_factory=set)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.broken)

    def __str__(self) -> str:
        parts = [("lost", self.lost), ("doubled", self.doubled), ("broken", self.broken)]
        return "; ".join(f"{len(found)} {name}: {found[:3]}" for name, found in parts if found) or "clean"


def examine(ask: Ask, promises: Promises) -> Findings:
    """Compares the database that ``ask`` queries with the promises. One snapshot: ``ask`` is in one transaction."""
    acts, events = ask(ACTS), ask(EVENTS)
    findings = Findings(broken=faults(ask, acts, events))
    _compare(findings, promises, acts, events)
    return findings


def faults(ask: Ask, acts: list[Row], events: list[Row]) -> list[str]:
    """What no crash may leave, whatever was promised: gaps in history, acts without their events, a wrong standing."""
    numbered = _gaps("act", acts) + _gaps("event", events) + _misnumbered(acts, events)
    return numbered + _misfolded(acts, events, ask(STANDING))


def _compare(findings: Findings, promises: Promises, acts: list[Row], events: list[Row]) -> None:
    kept = {bytes(act[4]).hex(): act for act in acts}
    times = Counter(bytes(act[4]).hex() for act in acts)
    words = {event[0]: event[1:6] for event in events}
    findings.doubled += [f"{number} kept {count} times" for number, count in times.items() if count > 1]
    findings.broken += [f"{number} was never asked for" for number in kept if number not in promises.begun]
    findings.kept_untold = promises.interrupted & kept.keys()
    for number, (act, promised) in promises.recorded.items():
        if not promised and number not in kept:
            continue  # a batch whose every row was refused or said before is no act
        if number not in kept:
            findings.lost.append(f"{number}, act {act}")
        elif act not in (None, kept[number][0]):
            findings.broken.append(f"act {act} became act {kept[number][0]}")
        elif [words.get(event) for event in range(kept[number][2], kept[number][3] + 1)] != promised:
            findings.lost.append(f"words of {number}: {promised}")
    for number, (event, word) in promises.stood.items():
        if words.get(event) != word:
            findings.lost.append(f"{number} was told that event {event} is {word}; it is {words.get(event)}")


def _gaps(what: str, rows: list[Row]) -> list[str]:
    """Acts and events are numbered from 1 without gaps."""
    return [f"{what} {place} is number {row[0]}" for place, row in enumerate(rows, 1) if row[0] != place][:1]


def _misnumbered(acts: list[Row], events: list[Row]) -> list[str]:
    """Each act's events are those from its first to its last, and the next act's begin there."""
    found, following = [], 1
    owners = {event[0]: event[9] for event in events}
    for act, _, first, last, _ in acts:
        if first != following or any(owners.get(event) != act for event in range(first, last + 1)):
            found.append(f"act {act} does not have its events {first} to {last}")
        following = last + 1
    if following != len(events) + 1:
        found.append(f"{len(events) + 1 - following} events belong to no act")
    return found


def _misfolded(acts: list[Row], events: list[Row], rows: list[Row]) -> list[str]:
    """What stands is the fold of history: rules L1 and L7. The writers undo nothing, so every event counts."""
    actors = {act[0]: act[1] for act in acts}
    sides: dict[tuple[Row, bool], Row] = {}
    for event in events:
        side = (event[1:5], actors.get(event[9]) == PROVIDER)
        if side not in sides or _order(event) > _order(sides[side]):
            sides[side] = event
    folded = {key: _stands(sides.get((key, False)), sides.get((key, True))) for key, _ in sides}
    kept = {row[:4]: row[4:] for row in rows}
    keys = folded.keys() | kept.keys()
    return [
        f"{key}: {kept.get(key)} stands, {folded.get(key)} follows" for key in keys if kept.get(key) != folded.get(key)
    ]


def _order(event: Row) -> tuple[float, bool, int]:
    return float(event[7]), event[5] == RET, event[0]


def _stands(citizen: Row | None, provider: Row | None) -> Row:
    """The columns of table ``consent`` after its key."""
    if citizen is None or (provider is not None and provider[7] > citizen[7]):
        assert provider is not None
        waits = citizen is not None and citizen[5] == RET and provider[5] == ONAY
        status = BEKLIYOR if waits else provider[5]
    else:
        status = citizen[5]
    theirs = (None,) * 4 if citizen is None else (*citizen[5:8], citizen[0])
    its = (None,) * 5 if provider is None else (*provider[5:9], provider[0])
    return (status, *theirs, *its)
