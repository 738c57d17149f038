"""One measurement in a process of its own, so that no earlier one has warmed its caches or left memory behind.

``python -m bench.child module:function`` calls the function with the JSON object on stdin and prints its answer as
JSON; ``call`` and ``start`` do that from the parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
_BETWEEN_LOOKS = 0.05  # seconds, and
_REST = 20  # times as long as a look took: what looks takes from what it looks at

P = ParamSpec("P")
T = TypeVar("T")


class ChildFailed(RuntimeError):
    """A measurement ended with an error; the text is what it wrote to stderr."""


class Child(Generic[T]):
    """A measurement that is going on. ``peak`` is the most memory (bytes, PSS) it and its children took together.

    Looking at that costs time, which one that is not ``watched`` is spared.
    """

    def __init__(
        self,
        way: Callable[..., T],
        arguments: dict[str, Any],
        environment: Mapping[str, str] | None,
        watched: bool = True,
    ) -> None:
        self.peak = 0
        self._order = json.dumps(arguments, default=str)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.child", f"{way.__module__}:{way.__name__}"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if watched:
            self._look(psutil.Process(self._process.pid))  # before it has its order, so that it cannot have ended
            threading.Thread(target=self._watch, daemon=True).start()
        self._reading = threading.Thread(target=self._communicate, daemon=True)
        self._reading.start()

    @property
    def going(self) -> bool:
        """Whether it has not ended."""
        return self._reading.is_alive()

    def answer(self) -> T:
        """What the function returned, once it has."""
        self._reading.join()
        if self._process.returncode:
            raise ChildFailed(self._errors)
        answer: T = json.loads(self._output.splitlines()[-1])
        return answer

    def _communicate(self) -> None:
        self._output, self._errors = self._process.communicate(self._order)

    def _watch(self) -> None:
        try:
            parent = psutil.Process(self._process.pid)
            while self._process.returncode is None:
                began = time.thread_time()
                self._look(parent)
                time.sleep(max(_BETWEEN_LOOKS, _REST * (time.thread_time() - began)))
        except psutil.NoSuchProcess:
            pass

    def _look(self, parent: psutil.Process) -> None:
        self.peak = max(self.peak, sum(map(_share, [parent, *parent.children(recursive=True)])))


def start(
    way: Callable[P, T], *, environment: Mapping[str, str] | None = None, watched: bool = True, **arguments: Any
) -> Child[T]:
    """Begins ``way(**arguments)`` in a process of its own. Paths arrive as texts, answers as JSON has them."""
    return Child(way, arguments, environment, watched)


def call(way: Callable[P, T], *, environment: Mapping[str, str] | None = None, **arguments: Any) -> T:
    """``way(**arguments)`` in a process of its own. Errors: ChildFailed."""
    return start(way, environment=environment, **arguments).answer()


def _share(process: psutil.Process) -> int:
    """Memory of a process in bytes; pages that several share count by their share (PSS)."""
    try:
        info = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(info, "pss", info.uss))


def main() -> None:
    """Standard output is for the answer alone: what is printed meanwhile, a log for instance, goes nowhere."""
    module, _, name = sys.argv[1].partition(":")
    with os.fdopen(os.dup(1), "w") as out, open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        answer = getattr(import_module(module), name)(**json.load(sys.stdin))
        print(json.dumps(answer), file=out)


if __name__ == "__main__":
    main()
