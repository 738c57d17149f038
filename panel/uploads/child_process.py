"""Work of seconds and minutes in a process of its own, because a site's pages share Python's one running thread.

A child of the worker (``python -m panel.child_main``) does it with a store of its own, as ``izin import`` would, and
ends with its parent: their pipe closes, however the parent ended. What it leaves half-done is begun anew.
"""

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
DONE, FAULT = "done", "fault"  # the first word of a line that it says


class ProcessStopped(Exception):
    """The work was given up because its worker ends, or lost it."""


class ProcessFailed(RuntimeError):
    """The process ended before its work did. ``kind``: of the error, or how it ended; never what it worked at."""

    def __init__(self, name: str, kind: str) -> None:
        self.kind = kind
        super().__init__(f"{name}: {kind}")


class WorkJob(NamedTuple):
    """What the child needs to know; it comes through the pipe, so no list of processes shows a key.

    ``ahead``: µs by which its parent's clock differs from the machine's; tests have clocks of their own.
    """

    name: str
    arguments: tuple[Any, ...]
    url: str
    secrets: tuple[str, ...]
    reconsent: str
    strict: bool
    ahead: int

    @classmethod
    def of(cls, registry: Registry, name: str, arguments: tuple[Any, ...]) -> Self:
        """The job for a registry that is open here."""
        store, policy = registry.store, registry.policy
        url = store.engine.url.render_as_string(hide_password=False)
        secrets = registry.keyring.secrets
        return cls(name, arguments, url, secrets, str(policy.reconsent), policy.strict, store.now() - clock())

    def opened(self) -> Registry:
        """The same registry, open in another process."""
        store = Store.open(self.url, lambda: clock() + self.ahead)
        return Registry(store, with_keys(store, self.secrets), Policy(Reconsent(self.reconsent), self.strict))


class WorkProcess:
    """One piece of work, by its name in ``work_main.WORKS``. ``done``: how many rows it says it has done."""

    def __init__(self, registry: Registry, name: str, *arguments: Any) -> None:
        self._job = WorkJob.of(registry, name, arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.done = 0

    def run(self) -> None:
        """Returns once it is done; for a thread. Errors: ProcessFailed, ProcessStopped, StoreUnavailable."""
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
        """Ends it at once, from any thread; a transaction that was open is undone."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()

    def _begin(self, stdin: IO[bytes]) -> None:
        with suppress(BrokenPipeError):  # it has ended already, and says why
            stdin.write(marshal.dumps(tuple(self._job)))
            stdin.flush()

    def _listen(self, stdout: IO[bytes]) -> str:
        """Until it ends; the kind of its error."""
        kind = ""
        for line in stdout:
            word, _, value = line.decode().strip().partition(" ")
            if word == DONE:
                self.done = int(value)
            elif word == FAULT:
                kind = value
        return kind


async def finished(registry: Registry, name: str, *arguments: Any) -> None:
    """Has it done; cancelled, it ends the process first. Errors: of ``WorkProcess.run``."""
    running = RunningWork(WorkProcess(registry, name, *arguments))
    try:
        while await running.goes_on():
            pass
        running.result()
    finally:
        await running.leave()


_LOOK = 1.0  # seconds: how old the progress that a page shows may be


class Work(Protocol):
    """What is to be done. ``done``: rows so far."""

    done: int

    def run(self) -> None:
        """Returns once it is done; for a thread."""

    def stop(self) -> None:
        """Has it given up, from any thread."""


class RunningWork:
    """A piece of work that has begun. ``goes_on`` until it has ended, then ``result``; ``leave`` in any case."""

    def __init__(self, work: Work) -> None:
        self._work, self._told = work, 0
        self._running = asyncio.create_task(asyncio.to_thread(work.run))

    async def goes_on(self) -> bool:
        """Whether it has not ended within a second. The worker hears where it got on."""
        await asyncio.wait({self._running}, timeout=_LOOK)
        if self._work.done > self._told:
            self._told = self._work.done
            workers.report_progress()
        return not self._running.done()

    def result(self) -> None:
        """Once it has ended. Errors: of the work."""
        self._running.result()

    async def leave(self, patience: float | None = None) -> bool:
        """Whether it had to be stopped: this worker ends, or fails. ``patience``: seconds until it is waited for no
        more."""
        if self._running.done():
            return False
        self._work.stop()
        await asyncio.wait({self._running}, timeout=patience)
        if self._running.done():
            self._running.exception()  # that it was stopped is no news
        return True
