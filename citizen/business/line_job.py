"""The job of business lines: adds accepted lines and runs refusals of all lines, in short transactions. Each keeps how
far it came, so a killed worker repeats and skips nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from citizen.business import line_actions
from citizen.business.line_actions import PART
from consents.people import business_lines
from consents.people.business_lines import LineClaim, LineClaimState, Run
from consents.registry import Registry
from settings import Settings
from web.logs import Alone

EVERY = 5.0  # seconds


async def run(registry: Registry, settings: Settings) -> None:
    for claim in await registry.store.read(business_lines.in_state, registry.keyring, LineClaimState.ACCEPTED):
        await _add(registry, claim)
    while (found := await registry.store.read(business_lines.open_run)) is not None:
        await _run(registry, found)


async def _add(registry: Registry, claim: LineClaim) -> None:
    store = registry.store
    lines = (await store.read(business_lines.content, registry.keyring, claim.id)).lines
    while claim.place < len(lines):
        part = lines[claim.place : claim.place + PART]
        last = claim.place + len(part) >= len(lines)
        if not await _done(registry, claim.id, line_actions.add_part, registry, claim, part, last=last):
            for line in part:
                last = claim.place + 1 >= len(lines)
                if not await _done(registry, claim.id, line_actions.add_part, registry, claim, [line], last=last):
                    await store.write(_skip_line, claim, last)
                claim = claim._replace(place=claim.place + 1)
            continue
        claim = claim._replace(place=claim.place + len(part))


def _skip_line(transaction: Any, claim: LineClaim, last: bool) -> None:
    line_actions.skip_line(transaction, claim, last=last)


async def _run(registry: Registry, found: Run) -> None:
    """All that is left of a run."""
    store = registry.store
    work: Callable[..., None] = line_actions.refuse_part if found.undoes is None else line_actions.undo_part
    while part := await store.read(line_actions.next_part, found):
        if not await _done(registry, found.id, work, registry, found, part):
            for one in part:
                if not await _done(registry, found.id, work, registry, found, [one]):
                    await store.write(line_actions.skip, found, one)
                found = found._replace(place=one)
            continue
        found = found._replace(place=part[-1])
    await store.write(business_lines.end_run, found.id)


async def _done(registry: Registry, number: int, work: Callable[..., None], *arguments: Any, **options: Any) -> bool:
    """Whether the work was committed; its error is logged without an address."""
    with Alone("line_failed", number=number) as item:
        await registry.store.write(lambda transaction: work(transaction, *arguments, **options))
    return item.error is None
