"""What stands is the fold of history, and where it is not, the audit says so (rules L1, L7, L11)."""

from __future__ import annotations

import random
import re
from itertools import product

import pytest
from sqlalchemy import text

import evidence.tables  # noqa: F401
from consents.care import audit
from consents.registry import Registry, prepare
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.store.engines import sqlite_library
from consents.terms import Door
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
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

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
GUARDS = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"


def audited(registry: Registry) -> str | None:
    return registry.store.read_now(audit.verify, registry.policy.reconsent)


def tamper(registry: Registry, *statements: str) -> None:
    """Past the ledger, the triggers and the references, as whoever owns the database can."""
    connection = registry.store.engine.raw_connection()
    cursor, sqlite = connection.cursor(), registry.store.dialect == "sqlite"
    try:
        before = ["PRAGMA foreign_keys=OFF", "PRAGMA ignore_check_constraints=ON"]
        for statement in before if sqlite else ["SET session_replication_role = replica"]:
            cursor.execute(statement)
        triggers = cursor.execute(TRIGGERS).fetchall() if sqlite else []
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)
        for _, definition in triggers:
            cursor.execute(definition)
        connection.commit()
    finally:
        connection.invalidate()


def some_history(registry: Registry, clock: Clock) -> World:
    """Events 1 to 12 in acts 1 to 6. AYSE refuses what was given, and is asked anew; MEHMET takes a refusal back."""
    deeds, world = Deeds(registry), furnish(registry)
    ayse = [Key(world.ayse, world.cinar, channel, BIREYSEL) for channel in (ARAMA, MESAJ, EPOSTA)]
    mehmet = Key(world.mehmet, world.cinar, MESAJ, BIREYSEL)
    given = [*(onay(key, NOON - HOUR) for key in ayse), onay(mehmet, NOON - HOUR)]
    deeds.declares(*(claim._replace(dealer=world.dealer) for claim in given))
    deeds.declares(onay(Key(world.mehmet, world.isik, MESAJ, TACIR), UNDATED, None))
    clock.forward(minutes=1)
    deeds.decides(*ayse, status=RET)
    act = deeds.decides(mehmet, status=RET, door=Door.SMS).act
    clock.forward(minutes=2)
    deeds.declares(onay(ayse[0], NOON + 2 * MINUTE))
    assert act is not None
    deeds.undoes(act, Door.SMS)
    return world


def test_nothing_recorded_is_nothing_wrong(registry: Registry) -> None:
    assert audited(registry) is None


def test_what_the_ledger_wrote_is_the_fold(registry: Registry, clock: Clock) -> None:
    some_history(registry, clock)
    assert audited(registry) is None


@pytest.mark.parametrize("reconsent", list(Reconsent))
def test_random_histories_are_clean_and_each_row_that_is_shifted_shows(
    database_url: str, open_registry: Opener, clock: Clock, reconsent: Reconsent, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database_url, SECRET, reconsent)
    registry = open_registry(database_url, reconsent=reconsent)
    deeds, world = Deeds(registry), furnish(registry)
    draw = random.Random(f"audit {reconsent}")
    keys = [Key(*key) for key in product((world.ayse, world.mehmet), (world.cinar,), (ARAMA, MESAJ), (BIREYSEL, TACIR))]
    acts: list[int] = []
    for _ in range(60):
        clock.forward(minutes=draw.randrange(3))
        key, said = draw.choice(keys), draw.choice((onay, ret))
        deed = draw.randrange(4)
        if deed == 0:
            decision = deeds.decides(key, status=draw.choice((RET, ONAY)))
            acts += [decision.act] if decision.act else []
        elif deed == 1:
            deeds.declares(said(key, clock.now - draw.randrange(5) * MINUTE))
        elif deed == 2:
            deeds.relays(said(key, clock.now - draw.randrange(5) * MINUTE, IYS_WEB))
        elif acts:
            deeds.undoes(acts.pop(draw.randrange(len(acts))))
    monkeypatch.setitem(audit.WINDOW, registry.store.dialect, 7)
    assert audited(registry) is None
    assert deeds.folded(*keys) == {key: deeds.standing(key) for key in keys}
    tamper(registry, f"UPDATE consent SET status = (status + 1) % 3 WHERE recipient = {world.mehmet}")
    assert str(audited(registry)).startswith(f"recipient {world.mehmet}, brand {world.cinar}, ARAMA, BIREYSEL: ")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE consent SET status = 1 WHERE status = 2",
            "recipient 1, brand 1, ARAMA, BIREYSEL: ONAY (citizen RET IYS_WEB of 2026-11-24T09:01:00+00:00, event 6, "
            "provider ONAY HS_WEB of 2026-11-24T09:02:00+00:00, event 10) stands, history says BEKLIYOR (citizen RET",
        ),
        (
            "DELETE FROM consent WHERE recipient = 2 AND brand = 2",
            "recipient 2, brand 2, MESAJ, TACIR: nothing stands, history says ONAY (provider ONAY source None of no "
            "date, event 5)",
        ),
        ("UPDATE consent SET provider_dealer = NULL WHERE provider_dealer = 1", "recipient 1, brand 1, MESAJ, "),
        ("UPDATE consent SET citizen_at = citizen_at + 1 WHERE citizen_event = 7", "recipient 1, brand 1, MESAJ"),
        ("UPDATE consent SET citizen_source = 36 WHERE citizen_event = 7", "recipient 1, brand 1, MESAJ, BIREYSEL: "),
        ("UPDATE consent SET brand = 2 WHERE citizen_event = 7", "recipient 1, brand 1, MESAJ, BIREYSEL: nothing"),
        (
            "UPDATE consent SET citizen_source = 34 WHERE recipient = 2 AND brand = 1",
            "recipient 2, brand 1, MESAJ, BIREYSEL: the row in table consent, or one of its events, holds what none",
        ),
        (
            # the word of an act that was undone
            "UPDATE consent SET status = 0, citizen_status = 0, citizen_source = 32, citizen_event = 9, citizen_at = "
            "(SELECT decided_at FROM consent_event WHERE id = 9) WHERE recipient = 2 AND brand = 1",
            "recipient 2, brand 1, MESAJ, BIREYSEL: RET (citizen RET IYS_KISAMESAJ",
        ),
        ("UPDATE consent_event SET status = 1 WHERE id = 7", "recipient 1, brand 1, MESAJ, BIREYSEL: RET"),
        ("UPDATE consent_event SET channel = 5 WHERE id = 7", "event 7 has channel 5, which no event can have"),
        ("UPDATE consent_event SET source = 14 WHERE id = 7", "event 7 has source 14, which no event can have"),
        ("UPDATE consent_event SET act = 99 WHERE id = 7", "event 7 belongs to act 99, which is missing"),
        ("UPDATE consent_event SET act = 2 WHERE id = 7", "event 7 belongs to act 2, which has events 5 to 5"),
        ("UPDATE consent_event SET dealer = 9 WHERE id = 1", "event 1 names dealer 9, which is missing"),
        ("UPDATE consent_event SET recipient = 9 WHERE id = 5", "event 5 names recipient 9, which is missing"),
        ("UPDATE act SET actor = 2 WHERE id = 3", "recipient 1, brand 1, MESAJ, BIREYSEL: RET (citizen RET"),
        ("UPDATE act SET undoes = 5 WHERE undoes = 4", "recipient 2, brand 1, MESAJ, BIREYSEL: ONAY"),
        ("DELETE FROM act WHERE id = 5", "event 10 belongs to act 5, which is missing"),
    ],
)
def test_the_first_fault_is_named_without_an_address(
    sqlite_url: str, open_registry: Opener, clock: Clock, statement: str, words: str
) -> None:
    registry = open_registry(sqlite_url)
    some_history(registry, clock)
    tamper(registry, statement)
    fault = audited(registry)
    assert fault is not None
    assert fault.startswith(words)
    assert "+90" not in fault


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE consent SET status = 1 WHERE status = 2", "recipient 1, brand 1, ARAMA, BIREYSEL: ONAY (citizen RET"),
        ("UPDATE consent SET citizen_source = 34 WHERE recipient = 2", "recipient 2, brand 1, MESAJ, BIREYSEL: the"),
        ("UPDATE consent_event SET source = 14 WHERE id = 7", "event 7 has source 14, which no event can have"),
        ("DELETE FROM act WHERE id = 5", "event 10 belongs to act 5, which is missing"),
    ],
)
def test_postgresql_finds_the_same(
    postgresql_url: str, open_registry: Opener, clock: Clock, statement: str, words: str
) -> None:
    registry = open_registry(postgresql_url)
    some_history(registry, clock)
    tamper(registry, statement)
    assert str(audited(registry)).startswith(words)


def test_a_table_of_history_that_lost_a_guard_is_found(registry: Registry) -> None:
    sqlite = registry.store.dialect == "sqlite"
    triggers = registry.store.read_now(Snapshot.all, Statement(text(TRIGGERS if sqlite else GUARDS)))
    assert len(triggers) == (14 if sqlite else 21)
    for name, definition in triggers:
        table, deed = name.split("_no_")
        run(registry, f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        assert str(audited(registry)).startswith(f"nothing keeps {table} from {deed.upper()}: ")
        run(registry, definition)
        assert audited(registry) is None


def test_a_guard_that_lets_something_pass_is_no_guard(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    abort = "BEGIN SELECT RAISE(ABORT, 'no'); END"
    for guard, guards in (
        (f"CREATE TRIGGER act_no_update BEFORE UPDATE ON act {abort}", True),
        (f"CREATE TRIGGER act_no_update BEFORE UPDATE OF door ON act {abort}", False),
        (f"CREATE TRIGGER act_no_update BEFORE UPDATE ON act WHEN new.id > 5 {abort}", False),
        (f"CREATE TRIGGER act_no_update AFTER UPDATE ON act {abort}", False),
        (f"CREATE TRIGGER act_no_update BEFORE UPDATE ON dealer {abort}", False),
        ("CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT 1; END", False),
    ):
        run(registry, "DROP TRIGGER act_no_update")
        run(registry, guard)
        assert (audited(registry) is None) is guards, guard


def test_a_disabled_guard_is_no_guard(postgresql_url: str, open_registry: Opener) -> None:
    registry = open_registry(postgresql_url)
    assert audited(registry) is None
    run(registry, "ALTER TABLE consent_event DISABLE TRIGGER consent_event_no_truncate")
    assert str(audited(registry)).startswith("nothing keeps consent_event from TRUNCATE")
    run(registry, "ALTER TABLE consent_event ENABLE TRIGGER consent_event_no_truncate")
    run(
        registry,
        "CREATE OR REPLACE FUNCTION izin_history() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    )
    assert re.match(r"nothing keeps \w+ from UPDATE", str(audited(registry))), "all frozen tables share the function"


def test_a_row_that_breaks_the_tables_own_check_is_found(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    registry = open_registry(sqlite_url)
    some_history(registry, clock)
    tamper(registry, "UPDATE consent_event SET status = 2 WHERE id = 7")
    assert audited(registry) == "the database file is damaged: CHECK constraint failed in consent_event"


def test_an_index_that_hides_a_row_is_found(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    """Pages read history through an index: it must not hide what the table has."""
    with Registry.open(sqlite_url, SECRET, now=clock) as registry:
        some_history(registry, clock)
    for statement in (
        "UPDATE sqlite_master SET sql = sql || ' WHERE id <> 7' WHERE name = 'consent_event_recipient'",
        "REINDEX consent_event_recipient",
        "UPDATE sqlite_master SET sql = replace(sql, ' WHERE id <> 7', '') WHERE name = 'consent_event_recipient'",
    ):
        connection = sqlite_library().connect(sqlite_url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(statement)
        connection.commit()
        connection.close()
    fault = audited(open_registry(sqlite_url))
    assert fault == "the database file is damaged: wrong # of entries in index consent_event_recipient"


def test_progress_is_told(registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    some_history(registry, clock)
    monkeypatch.setitem(audit.WINDOW, registry.store.dialect, 5)
    told: list[tuple[int, int]] = []
    registry.store.read_now(audit.verify, Reconsent.CONFIRM, lambda done, of: told.append((done, of)))
    assert told == [(5, 11), (10, 11), (11, 11), (2, 2)]


def run(registry: Registry, statement: str) -> None:
    registry.store.write_now(lambda transaction: transaction.run(Statement(text(statement))))
