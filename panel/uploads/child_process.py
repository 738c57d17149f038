"""Long work in a child of the worker (``python -m panel.child_main``) with its own store, because pages share
Python's one running thread. It exits with its parent, when their pipe closes; half-done work starts again."""

from __future__ import annotations

import asyncio
import marshal
import subprocess
import sys
from contextlib import suppress
from typing import IO, Any, NamedTuple, Protocol, Self

from consents.care import workers
from consents.ledger import Policy
from consents.registry import Registry, with_keys
from consents.rules import Reconsent
from consents.store import Store, StoreUnavailable, clock

# Isolated, so that no module of the folder it is started in takes the place of ours.
_COMMAND = (sys.executable, "-I", "-m", "panel.child_main")
DONE, FAULT = "done", "fault"  # the first word of its output lines


class ProcessStopped(Exception):
    """The worker ends, or lost the work."""


class ProcessFailed(RuntimeError):
    """The process ended before its work. ``kind``: of the error, or how it ended; never its data."""

    def __init__(self, name: str, kind: str) -> None:
        self.kind = kind
        super().__init__(f"{name}: {kind}")


class WorkJob(NamedTuple):
    """The child's job, sent through the pipe, so that no process list shows a key. ``ahead``: the parent clock's
    difference from the machine's, µs; for tests."""

    name: str
    arguments: tuple[Any, ...]
    url: str
    secrets: tuple[str, ...]
    reconsent: str
    strict: bool
    ahead: int

    @classmethod
    def of(cls, registry: Registry, name: str, arguments: tuple[Any, ...]) -> Self:
        store, policy = registry.store, registry.policy
        url = store.engine.url.render_as_string(hide_password=False)
        secrets = registry.keyring.secrets
        return cls(name, arguments, url, secrets, str(policy.reconsent), policy.strict, store.now() - clock())

    def opened(self) -> Registry:
        """The same registry, in another process."""
        store = Store.open(self.url, lambda: clock() + self.ahead)
        return Registry(store, with_keys(store, self.secrets), Policy(Reconsent(self.reconsent), self.strict))


class WorkProcess:
    """One piece of work, by its name in ``child_main.WORKS``. ``done``: rows reported so far."""

    def __init__(self, registry: Registry, name: str, *arguments: Any) -> None:
        self._job = WorkJob.of(registry, name, arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.done = 0

    def run(self) -> None:
        """Runs to the end; blocking. Errors: ProcessFailed, ProcessStopped, StoreUnavailable."""
        process = self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        assert process.stdin is not None
        assert process.stdout is not None
        if self._stopped:
            process.terminate()
        with process, process.stdin as stdin:
            self._begin(stdin)
            kind = self._listen(process.stdout)
            ended = process.wait()
        if self._stopped:
            raise ProcessStopped
        if kind == StoreUnavailable.__name__:
            raise StoreUnavailable("the store cannot commit now")
        if kind or ended:
            raise ProcessFailed(self._job.name, kind or f"ended with {ended}")

    def stop(self) -> None:
        """Kills it at once, from any thread; an open transaction is rolled back."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()

    def _begin(self, stdin: IO[bytes]) -> None:
        with suppress(BrokenPipeError):  # it has ended already, with a reason
            stdin.write(marshal.dumps(tuple(self._job)))
            stdin.flush()

    def _listen(self, stdout: IO[bytes]) -> str:
        """Reads progress to the end; returns the kind of its error."""
        kind = ""
        for line in stdout:
            word, _, value = line.decode().strip().partition(" ")
            if word == DONE:
                self.done = int(value)
            elif word == FAULT:
                kind = value
        return kind


async def finished(registry: Registry, name: str, *arguments: Any) -> int:
    """Runs it; the last progress that it reported. Cancellation ends the process first. Errors: of
    ``WorkProcess.run``."""
    work = WorkProcess(registry, name, *arguments)
    running = RunningWork(work)
    try:
        while await running.goes_on():
            pass
        running.result()
        return work.done
    finally:
        await running.leave()


_LOOK = 1.0  # seconds: how old the progress that a page shows may be


class Work(Protocol):
    """``done``: rows so far."""

    done: int

    def run(self) -> None:
        """Runs to the end; blocking."""

    def stop(self) -> None:
        """Cancels it, from any thread."""


class RunningWork:
    """Work in progress: ``goes_on`` until it has ended, then ``result``; ``leave`` in any case."""

    def __init__(self, work: Work) -> None:
        self._work, self._told = work, 0
        self._running = asyncio.create_task(asyncio.to_thread(work.run))

    async def goes_on(self) -> bool:
        """Whether it is still running after a second; reports progress to the worker."""
        await asyncio.wait({self._running}, timeout=_LOOK)
        if self._work.done > self._told:
            self._told = self._work.done
            workers.report_progress()
        return not self._running.done()

    def result(self) -> None:
        """The result of ended work. Errors: of the work."""
        self._running.result()

    async def leave(self, patience: float | None = None) -> bool:
        """Whether it had to be stopped, because this worker ends or fails. ``patience``: seconds to wait for it."""
        if self._running.done():
            return False
        self._work.stop()
        await asyncio.wait({self._running}, timeout=patience)
        if self._running.done():
            self._running.exception()  # that it was stopped is no news
        return True
