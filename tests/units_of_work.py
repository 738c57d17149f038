"""What units of work cost the one writer, over the whole run: none may keep the others waiting.

Hashing costs next to nothing in tests, so it is looked for by itself: nothing that takes long by design runs in a
transaction, whatever it costs here.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from statistics import median
from time import thread_time
from typing import Any

import pytest

from consents.store import turns, writer
from trust import passkeys

MOST = 0.005  # seconds of the processor
_NOISE = 2  # how much slower a loaded machine may make the usual call
_KEPT = 200  # calls of one name

# Names of works, or of packages of works, that may take longer, each with the reason.
LONG: Mapping[str, str] = {
    "consents.registry._make_keys": "once in the life of a registry",
    "izin.demo.load._fill": "once, into an empty database",
    "bench": "fills the registry of a benchmark; no site runs it",
    "tests": "fills the registry of a test; no site runs it",
}

_here = threading.local()


class Costs:
    """Seconds of the processor that each unit of work took, by its name."""

    def __init__(self, long: Mapping[str, str] = LONG) -> None:
        self._long = long
        self.taken: dict[str, list[float]] = defaultdict(list)

    def note(self, name: str, seconds: float) -> None:
        if len(self.taken[name]) < _KEPT:
            self.taken[name].append(seconds)

    def too_long(self) -> dict[str, float]:
        """Names whose usual call takes too long; a single call is the machine's, not theirs."""
        usual = {name: median(calls) for name, calls in self.taken.items() if len(calls) > 2}
        return {name: took for name, took in usual.items() if took > MOST * _NOISE and not self._may(name)}

    def _may(self, name: str) -> bool:
        return name in self._long or name.partition(".")[0] in self._long


def name_of(work: Callable[..., object]) -> str:
    while hasattr(work, "func"):
        work = work.func
    return f"{getattr(work, '__module__', '')}.{getattr(work, '__qualname__', type(work).__name__)}"


def at_work() -> str:
    """The unit of work that this thread is in, "" outside."""
    return getattr(_here, "name", "")


def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call, which fails within a unit of work."""

    @wraps(call)
    def refused(*given: Any, **named: Any) -> Any:
        if at_work():
            raise AssertionError(f"{call.__qualname__} within a unit of work: {at_work()}")
        return call(*given, **named)

    return refused


@contextmanager
def watched(long: Mapping[str, str] = LONG) -> Iterator[Costs]:
    """While it lasts every unit of work is timed, and what takes long by design fails within one."""
    costs = Costs(long)

    def timed(call: Callable[..., None]) -> Callable[..., None]:
        def run(transaction: Any, item: Any) -> None:
            before, name, began = at_work(), name_of(item.work), thread_time()
            _here.name = name
            try:
                call(transaction, item)
            finally:
                costs.note(name, thread_time() - began)
                _here.name = before

        return run

    with pytest.MonkeyPatch.context() as patched:
        for module, name in ((writer, "work_on"), (writer, "work_off"), (turns, "work_off")):
            patched.setattr(module, name, timed(getattr(module, name)))
        for owner, name in (
            (hashlib, "scrypt"),
            *((passkeys, one) for one in ("to_make", "to_sign", "made", "signed", "credential_of")),
        ):
            patched.setattr(owner, name, refusing(getattr(owner, name)))
        yield costs
