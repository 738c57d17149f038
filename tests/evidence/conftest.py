"""A registry with some history of every kind, and its log signed at several checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Statement
from consents.terms import Door
from evidence import log
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    EPOSTA,
    HOUR,
    IYS_WEB,
    MESAJ,
    MINUTE,
    TACIR,
    UNDATED,
    Deeds,
    onay,
    ret,
)


@pytest.fixture
def sqlite_registry(sqlite_url: str, open_registry: Opener) -> Registry:
    """As ``registry``, on SQLite alone: for what does not depend on the database."""
    return open_registry(sqlite_url)


def thaw(registry: Registry) -> None:
    """Takes away the triggers and checks, as whoever can write the database's files can."""
    for table in ("act", "consent_event", "checkpoint", "witness"):
        for deed in ("update", "delete"):
            of = "" if registry.store.dialect == "sqlite" else f" ON {table}"
            run(registry, f"DROP TRIGGER {table}_no_{deed}{of}")


def run(registry: Registry, statement: str, **values: object) -> None:
    """A statement past the ledger; SQLite looks at no reference."""
    connection = registry.store.engine.raw_connection()
    try:
        if registry.store.dialect == "sqlite":
            connection.cursor().execute("PRAGMA foreign_keys=OFF")
        connection.cursor().execute(*Statement(text(statement)).bound(registry.store.dialect, values))
        connection.commit()
    finally:
        connection.invalidate()


@pytest.fixture
def witness_file(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "checkpoints"


def chronicle(registry: Registry, clock: Clock, witness_file: Path | None = None) -> World:
    """Files, citizens, the national registry, an undo, a merchant without a date; a checkpoint after each part."""
    if witness_file is not None:
        log.begin(registry, witness_file)
    deeds, world = Deeds(registry), furnish(registry)
    ayse, mehmet = (
        [Key(who, world.cinar, channel, BIREYSEL) for channel in (ARAMA, MESAJ, EPOSTA)]
        for who in (world.ayse, world.mehmet)
    )
    merchant = Key(world.mehmet, world.isik, MESAJ, TACIR)
    deeds.declares(*(onay(key, NOON - 9 * DAY)._replace(dealer=world.dealer) for key in ayse + mehmet))
    deeds.declares(onay(merchant, UNDATED, None))
    log.extend(registry, witness_file)
    clock.forward(minutes=1.00001)
    deeds.decides(*ayse, status=RET, evidence=registry.keyring.seal_evidence({"message": "RET HEPSI"}))
    refused = deeds.decides(mehmet[0], status=RET, door=Door.SMS).act
    assert refused is not None
    log.extend(registry, witness_file)
    clock.forward(minutes=5)
    deeds.declares(*(onay(key, NOON + 2 * MINUTE) for key in ayse[:2]))
    deeds.relays(ret(mehmet[1], NOON - HOUR, IYS_WEB), onay(mehmet[2], NOON - HOUR, IYS_WEB))
    deeds.undoes(refused, Door.SMS)
    log.extend(registry, witness_file)
    for place, status in enumerate((ONAY, ONAY, RET, RET)):
        clock.forward(seconds=1.25)
        evidence = registry.keyring.seal_evidence({"link": f"K{place}"})
        deeds.decides(mehmet[place % 3], status=status, evidence=evidence)
        if place % 2:
            log.extend(registry, witness_file)
    assert registry.store.read_now(register.address, registry.keyring, world.ayse)
    return world
