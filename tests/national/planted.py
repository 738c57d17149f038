"""Faults that are planted into the sync, to see that the simulation finds them: each with the seed that does.

.venv/bin/python -m tests.national.planted [SEEDS]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from consents import history, ledger
from consents.instants import SECOND
from consents.terms import Door
from national import merging, movement_items
from national.incoming import day_checks, pulls, relayed
from national.outgoing import batching, planning, sending_out, settling
from national.upstream.iys_client import Unreachable
from tests.national import simulation
from tests.national.simulation import Killed

SEEDS = 200


def _never_merged() -> list[Any]:
    async def nothing(*given: Any) -> None:
        """Leaves them where they are."""

    return [patch.object(merging, "merge", nothing)]


def _no_undo_window() -> list[Any]:
    return [patch.object(planning, "undo_wait", lambda one: 0)]


def _cursor_first() -> list[Any]:
    """The cursor moves before what it brought is recorded."""
    take = pulls._take

    async def after_moving(registry: Any, brand: Any, found: Any) -> Any:
        page = await registry.store.read(lambda snapshot: None)  # a moment in which nothing has happened
        assert page is None
        return await take(registry, brand, found)

    async def side(registry: Any, client: Any, brand: Any, side: str, column: str) -> Any:
        after, taken = getattr(brand, column), relayed.Taken()
        while (page := await client.changes(brand.code, side, after)) is not None:
            cursor, movements = page
            found, _ = relayed.read(registry, movements)
            await registry.store.write(pulls._moved, brand, column, cursor, 0)
            taken = taken.plus(await after_moving(registry, brand, found))
            if cursor == after or not movements:
                break
            after = cursor
        return taken

    return [patch.object(pulls, "_side", side)]


def _dated_now() -> list[Any]:
    """A citizen's word goes out as said now."""
    at = batching._at

    def now(item: Any, event: Any, offset: int) -> int:
        return at(item, event, offset) + 30 * SECOND

    return [patch.object(batching, "_at", now)]


def _one_second() -> list[Any]:
    """Nobody looks at what was sent of the key before."""
    return [patch.object(batching, "_sent_at", lambda *given: {})]


def _standing_refusal_kept() -> list[Any]:
    """What a standing refusal means is not sent."""
    goes_out = planning.goes_out

    def but_blankets(one: Any) -> bool:
        return goes_out(one) and not (one.door == Door.PAGE.code and one.undoes is None and one.event in BLANKET)

    BLANKET: set[int] = set()
    change = ledger.change_blanket

    def noted(transaction: Any, *given: Any, **more: Any) -> Any:
        act = change(transaction, *given, **more)
        if act is not None:
            past = history.act(transaction, act)
            assert past is not None
            BLANKET.update(range(past.first_event, past.last_event + 1))
        return act

    return [
        patch.object(planning, "goes_out", but_blankets),
        patch.object(ledger, "change_blanket", noted),
        patch.object(planning, "send_word", lambda *given: None),
    ]


def _no_day_files() -> list[Any]:
    return [patch.object(day_checks, "days_due", lambda *given: [])]


def _push_waits() -> list[Any]:
    return [patch.object(relayed, "refusals", lambda found: [])]


def _sent_anew() -> list[Any]:
    """After a lost answer the movements go again in another list."""
    hand_over = sending_out._hand_over

    async def forgetful(registry: Any, client: Any, brand: Any, batch: Any, words: Any) -> None:
        try:
            await hand_over(registry, client, brand, batch, words)
        except Unreachable:
            items = await registry.store.read(movement_items.in_batch, batch.id)
            await registry.store.write(settling.send_again, batch, items)
            raise

    return [patch.object(sending_out, "_hand_over", forgetful)]


PLANTED: dict[str, Callable[[], list[Any]]] = {
    "H178 not merged": _never_merged,
    "undo window ignored": _no_undo_window,
    "cursor before commit": _cursor_first,
    "citizen's time replaced": _dated_now,
    "one-second rule ignored": _one_second,
    "standing refusal not sent": _standing_refusal_kept,
    "day file not compared": _no_day_files,
    "pushed RET waits": _push_waits,
    "sent anew after a timeout": _sent_anew,
}


FINDS = {
    "undo window ignored": 3,
    "cursor before commit": 142,
    "citizen's time replaced": 2,
    "one-second rule ignored": 3,
    "standing refusal not sent": 9,
    "day file not compared": 1,
    "sent anew after a timeout": 13,
}


def found_by(what: str, folder: Path, template: Path, seeds: int = SEEDS) -> tuple[int, str] | None:
    """A seed that finds a planted fault, and what it says, None where none does; first is asked which one did last."""
    patches = PLANTED[what]()
    for one in patches:
        one.start()
    try:
        for seed in (FINDS.get(what, 0), *range(seeds)):
            with suppress(Killed):
                try:
                    world = simulation.run(seed, folder, template)
                except Exception as error:  # also so a fault is found
                    return seed, f"{type(error).__name__}: {error}"
                if world.found:
                    return seed, world.found[0]
        return None
    finally:
        for one in patches:
            one.stop()


def main() -> None:
    from web import logs

    logs.configure("critical")
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = simulation.make_template(folder)
        for what in PLANTED:
            found = found_by(what, folder, template, seeds)
            missed += found is None
            print(f"{what}: {'not found' if found is None else f'seed {found[0]}: {found[1]}'}", flush=True)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
