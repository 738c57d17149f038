"""A process that has imported everything and forks a program in a few milliseconds, to be killed a moment later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests import ROOT

LONGEST_LIFE = 400  # seconds after which a program that nobody kills ends itself; all patience ends before
WRITERS = "tests.crash.writers"


class Zygote:
    """Starts programs and kills them. ``environment``: theirs, None = as here; ``program``: the module they are in."""

    def __init__(self, log: Path, environment: Mapping[str, str] | None = None, program: str = WRITERS) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.zygote", program],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def start(self, **order: Any) -> None:
        """Forks a program; ``order`` are the arguments of its module's ``run``."""
        self._ask(order)

    def kill(self) -> int:
        """SIGKILLs every program and waits until they are gone; how many. One that ended by itself is an error."""
        ended: list[int] = self._ask({})
        assert all(status == -signal.SIGKILL for status in ended), f"a program ended by itself: {self.errors()}"
        return len(ended)

    def errors(self) -> str:
        """What the programs wrote to stderr, its end."""
        return self._log.read_text()[-2000:]

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the programs' parent ended: {self.errors()}"
        return json.loads(answer)


def main() -> None:
    """Obeys orders from stdin, one JSON object a line, until it ends; ``{}`` kills all programs."""
    run = import_module(sys.argv[1]).run
    children: list[int] = []
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        if order:
            children.append(_fork(run, order))
            print(len(children), flush=True)
        else:
            print(json.dumps(_kill(children)), flush=True)
    _kill(children)


def _fork(run: Any, order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(LONGEST_LIFE)
        run(**order)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _kill(children: list[int]) -> list[int]:
    for child in children:
        os.kill(child, signal.SIGKILL)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    children.clear()
    return ended


if __name__ == "__main__":
    main()
