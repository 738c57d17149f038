"""Changes and audit entries that a test makes itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from consents.registry import Registry
from panel.audit.change import AuditedWork, Change


def changed(registry: Registry, work: Callable[..., Any], *arguments: Any, by: int | None = None) -> Any:
    """The result of ``work(change, *arguments)``, by a person or a command."""
    return registry.store.write_now(AuditedWork(registry.keyring, by, work), *arguments)


def note(registry: Registry, what: str, by: int | None = None, **words: Any) -> int:
    """The number of a new audit entry."""
    number: int = changed(registry, partial(Change.note, what=what, **words), by=by)
    return number
