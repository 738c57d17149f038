"""Who looks after work in a thread hears that it gets on, how it ended, and leaves none behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from consents.care import workers
from panel.uploads import child_process
from panel.uploads.child_process import RunningWork

PATIENCE = 60.0  # seconds for what should be done in milliseconds


class Counting:
    """Work that goes on until it is told to end, or stopped."""

    def __init__(self) -> None:
        self.done, self.stopped, self.end = 0, False, threading.Event()

    def run(self) -> None:
        assert self.end.wait(PATIENCE)
        if self.stopped:
            raise InterruptedError

    def stop(self) -> None:
        self.stopped = True
        self.end.set()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    monkeypatch.setattr(child_process, "_LOOK", 0.001)
    counting = Counting()
    yield counting
    counting.end.set()


def test_it_gets_on_with_each_row_and_not_without(work: Counting) -> None:
    async def main() -> list[int]:
        heard: list[int] = []
        workers.at_work(lambda: heard.append(work.done))
        running = RunningWork(work)
        for work.done in (0, 3, 3, 5):
            assert await running.goes_on()
        work.end.set()
        while await running.goes_on():
            pass
        running.result()
        assert not await running.leave()
        return heard

    assert asyncio.run(main()) == [3, 5]
    assert not work.stopped


def test_what_is_left_is_stopped_and_its_end_is_no_news(work: Counting) -> None:
    async def main() -> bool:
        running = RunningWork(work)
        assert await running.goes_on()
        return await running.leave()

    assert asyncio.run(main())
    assert work.stopped


def test_what_went_wrong_is_told(work: Counting) -> None:
    async def main() -> None:
        running = RunningWork(work)
        work.stop()
        while await running.goes_on():
            pass
        running.result()

    with pytest.raises(InterruptedError):
        asyncio.run(main())


def test_who_does_not_notice_is_waited_for_no_longer_than_that(work: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> bool:
        running = RunningWork(work)
        monkeypatch.setattr(work, "stop", lambda: None)
        left = await running.leave(0.01)
        work.end.set()
        return left

    assert asyncio.run(main())
