"""Makes the files that people have asked for, each kind where it is known; the worker's, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consents.registry import Registry
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind
from panel.looking.query import exporting
from panel.manage.links import link_exports

_MAKERS: Mapping[ExportKind, Callable[[Registry, Export, Callable[[int], None]], None]] = {
    ExportKind.CONSENTS: exporting.make,
    ExportKind.LINKS: link_exports.make,
}


def make_waiting(registry: Registry, told: Callable[[int], None] = lambda rows: None) -> int:
    """Makes all files that wait; how many. ``told`` hears how many rows the file at hand has so far."""
    made = 0
    while (export := registry.store.read_now(export_store.next_open)) is not None:
        _MAKERS[export.kind](registry, export, told)
        made += 1
    return made
