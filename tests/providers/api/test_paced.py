"""A list of a thousand peculiar addresses leaves the event loop to others in between."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from consents import dates
from consents.terms import Channel
from providers.api import address_fields, background
from providers.cases.case import Frame
from providers.consents import validation
from tests.providers.api.desk import consent

# No domain stands twice.
PECULIAR = [f"a@{'.'.join(['xn--bcher-kva'] * 12)}.x{number}.com" for number in range(300)]
FRAME = Frame(dates.iys("2026-11-24 12:00:00"), {})


class Watch:
    """A watch, as ``time`` in the code, by which a millisecond passes between any two looks."""

    def __init__(self) -> None:
        self.looks = 0

    def perf_counter(self) -> float:
        self.looks += 1
        return self.looks / 1000


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "time", Watch())


def turns_of_others(work: Coroutine[Any, Any, Any]) -> tuple[int, Any]:
    """How often others had the loop while this was done, and what came of it."""

    async def measured() -> tuple[int, Any]:
        task, turns = asyncio.create_task(work), 0
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        return turns, task.result()

    return asyncio.run(measured())


def test_while_a_list_of_consents_is_judged_others_have_turns() -> None:
    bodies = [consent(1, recipient=address, type="EPOSTA") for address in PECULIAR]
    turns, (items, faults) = turns_of_others(validation.judge_all(bodies, FRAME))
    assert [item.address for item in items] == PECULIAR
    assert faults == []
    assert turns > len(PECULIAR) / 5


def test_while_a_list_of_addresses_is_read_others_have_turns() -> None:
    turns, found = turns_of_others(address_fields.many({"recipients": PECULIAR}, Channel.EPOSTA, 1000, "H127"))
    assert list(found) == PECULIAR
    assert turns > len(PECULIAR) / 5
