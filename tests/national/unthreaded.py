"""A registry's store without threads, for simulations: a change is written where it is asked for, and coroutines run to
their end at once. The transactions and their SQL are the site's own; only who waits for whom is left out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from consents.registry import Registry
from consents.store.gates.gate import Gate

T = TypeVar("T")


def straighten(registry: Registry, before: Callable[[], None], after: Callable[[], None]) -> None:
    """From now on writes happen at once. ``before`` and ``after`` each COMMIT may raise, as when a program dies."""
    gate: Gate = registry.store.gate()

    def write_now(work: Callable[..., Any], *arguments: Any) -> Any:
        before()
        with gate.transaction() as transaction:
            answer = work(transaction, *arguments)
        after()
        return answer

    async def write(work: Callable[..., Any], *arguments: Any) -> Any:
        return write_now(work, *arguments)

    store: Any = registry.store
    store.write, store.write_now, store.end_gate = write, write_now, gate.close


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that waits for nobody."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("it waits for something")
