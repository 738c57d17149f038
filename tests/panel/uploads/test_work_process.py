"""Work in a process of its own: the same registry, opened there; an error comes back, without what it was about."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import IO

import pytest

from consents.people import register
from consents.registry import Registry
from consents.store import StoreUnavailable, clock
from panel import child_main
from panel.uploads import child_process
from panel.uploads.child_process import ProcessFailed, WorkJob, WorkProcess
from tests.conftest import Clock


def test_the_same_registry_is_opened_there(registry: Registry, clock: Clock) -> None:
    job = WorkJob(*WorkJob.of(registry, "upload", ()))
    person = register.person(registry.keyring, "+905320000001")
    with job.opened() as other:
        number = other.store.write_now(register.enrol, other.keyring, person)
        assert registry.store.write_now(register.enrol, registry.keyring, person) == number
        assert other.policy == registry.policy
        assert 0 <= other.store.now() - clock.now < 60_000_000


def test_an_error_comes_back_by_its_kind_alone(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> str:
        def work(*_: object) -> None:
            raise error

        monkeypatch.setitem(child_main.WORKS, "fails", work)  # type: ignore[arg-type]
        return child_main.do(WorkJob.of(registry, "fails", ()), print)

    assert fails(ValueError("+905320000001")) == "ValueError"
    assert fails(StoreUnavailable("the disk is full")) == "StoreUnavailable"


def test_what_fails_in_the_process_is_raised_by_its_parent(registry: Registry) -> None:
    with pytest.raises(ProcessFailed) as told:
        WorkProcess(registry, "nothing").run()
    assert told.value.kind == "KeyError"


def test_what_was_stopped_before_it_began_does_nothing(registry: Registry) -> None:
    work = WorkProcess(registry, "exports")
    work.stop()
    with pytest.raises(child_process.ProcessStopped):
        work.run()


def test_the_clock_of_a_site_is_that_of_its_machine(sqlite_url: str, registry: Registry) -> None:
    registry.store.now = clock
    assert abs(WorkJob.of(registry, "upload", ()).ahead) < 1_000_000


def test_a_worker_that_ends_ends_its_process_first(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process waits for a job that never comes whole, so it ends by being stopped alone."""
    begun = threading.Event()

    def begin(self: WorkProcess, stdin: IO[bytes]) -> None:
        begun.set()

    monkeypatch.setattr(WorkProcess, "_begin", begin)
    made: list[WorkProcess] = []
    monkeypatch.setattr(child_process, "WorkProcess", lambda *given: made.append(WorkProcess(*given)) or made[0])

    async def cancelled() -> None:
        doing = asyncio.create_task(child_process.finished(registry, "exports"))
        await asyncio.to_thread(begun.wait)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing

    asyncio.run(cancelled())
    process = made[0]._process
    assert process is not None
    assert process.returncode == -signal.SIGTERM
