"""Opens the registry of the settings, for the site and for commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import typer

import settings
from consents.care import clocks
from consents.languages import in_all
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import StoreUnavailable, offline
from consents.store.engines import sqlite_file, sqlite_library
from consents.store.file_health import FileHealth
from evidence import log, witness_file
from panel.retention import erased_list, erasure
from settings import Settings


def opened(chosen: Settings) -> Registry:
    """The registry of these settings. Errors: those of ``Registry.open``."""
    key, previous = chosen.secret_key, chosen.secret_key_previous
    return Registry.open(
        chosen.direct_url,
        key.get_secret_value(),
        previous=previous.get_secret_value() if previous else None,
        reconsent=Reconsent(chosen.reconsent),
        strict=chosen.strict_iys,
        through=chosen.database_url if chosen.database_direct_url else None,
        standby=chosen.database_read_url,
    )


@contextmanager
def open_registry(chosen: Settings | None = None) -> Iterator[Registry]:
    """The open registry of the settings, without a key rotation meanwhile."""
    chosen = chosen or settings.load()
    with offline.serving_lock(chosen.direct_url), opened(chosen) as registry:
        if (gone := log.begin(registry, witness_of(chosen))) is not None:
            typer.echo(f"izin: {gone}", err=True)
        for fault in registry.store.read_now(clocks.differences, registry.store.now).faults():
            typer.echo(f"izin: {fault}", err=True)
        yield registry


def repeat_erasures(registry: Registry, chosen: Settings) -> None:
    """Before a process serves: a restored backup holds people who were erased since."""
    file = erased_list.place(chosen)
    try:
        if (count := erasure.repeat_lost(registry, file)) > 0:
            typer.echo("izin: " + in_all("Yedekten dönen ve yeniden silinen kişi") + f": {count}", err=True)
        erased_list.complete(registry.store, file)
    except (OSError, StoreUnavailable) as fault:  # refusals must be taken
        typer.echo(f"izin: warning: {file}: {getattr(fault, 'strerror', None) or fault}", err=True)


@contextmanager
def look_at_registry(chosen: Settings) -> Iterator[Registry]:
    """The same for a read-only command, which works while writes fail."""
    with offline.serving_lock(chosen.direct_url), opened(chosen) as registry:
        yield registry


def damage(chosen: Settings) -> str | None:
    """After an unforeseen error: the remedy, if a damaged SQLite file explains it; None otherwise. Takes ten seconds
    at most."""
    path = sqlite_file(chosen.database_url)
    if path is None or not path.exists():
        return None
    health, until = FileHealth(str(path)), time.monotonic() + 10
    with closing(sqlite_library().connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        health.check_pages(connection, lambda: time.monotonic() > until)
    return health.fault


def witness_of(chosen: Settings) -> Path:
    """Where the file of the witness stands."""
    return witness_file.place(chosen.database_url, chosen.witness_file)
