"""Makes requested files, by kind, in the worker's child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from consents.registry import Registry
from consents.store import StoreUnavailable
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind
from panel.lookups import query_export
from panel.programs import link_actions

log = structlog.get_logger()

_MAKERS: Mapping[ExportKind, Callable[[Registry, Export, Callable[[int], None]], None]] = {
    ExportKind.CONSENTS: query_export.make,
    ExportKind.LINKS: link_actions.make,
}


def make_waiting(registry: Registry, progress: Callable[[int], None] = lambda rows: None) -> int:
    """Makes all waiting files; returns how many. ``progress``: the current file's rows. A failed file does not stop
    the others; its error is raised at the end and the next run retries."""
    made, last, errors = 0, 0, list[Exception]()
    while (export := registry.store.read_now(export_store.next_open, last)) is not None:
        last = export.id
        try:
            _MAKERS[export.kind](registry, export, progress)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error("export_not_made", export=export.id, error=type(error).__name__)
            errors.append(error)
        else:
            made += 1
    if errors:
        raise errors[0]
    return made
