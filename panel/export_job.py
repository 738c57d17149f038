"""Makes requested files, by kind, in the worker's child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consents.instants import DAY
from consents.registry import Registry
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind
from panel.lookups import query_export
from panel.programs import link_actions
from web.logs import Alone

PATIENCE = DAY  # µs
_MAKERS: Mapping[ExportKind, Callable[[Registry, Export, Callable[[int], None]], None]] = {
    ExportKind.CONSENTS: query_export.make,
    ExportKind.LINKS: link_actions.make,
}


def make_waiting(registry: Registry, progress: Callable[[int], None] = lambda rows: None) -> int:
    """Makes all waiting files; returns how many. ``progress``: the current file's rows. A failed file does not stop
    the others; its error is raised at the end, and later runs retry it for a day."""
    made, last, errors = 0, 0, list[Exception]()
    while (export := registry.store.read_now(export_store.next_open, last)) is not None:
        last = export.id
        with Alone("export_not_made", export=export.id) as item:
            _MAKERS[export.kind](registry, export, progress)
            made += 1
        if item.error and export.asked_at < registry.store.now() - PATIENCE:
            registry.store.write_now(export_store.lose, export.id)
        errors += [item.error] if item.error else []
    if errors:
        raise errors[0]
    return made
