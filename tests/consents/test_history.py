"""History is never changed, and what stands is its fold (rules L7 to L9)."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from consents import history
from consents.ledger import Claim
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, Word
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from consents.store.cursors import NONE
from consents.store.statements import POSTGRESQL
from consents.terms import Door
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    BIREYSEL,
    DAY,
    HOUR,
    HS_MOBIL,
    HS_WEB,
    IYS_WEB,
    MESAJ,
    SECOND,
    UNDATED,
    Deeds,
    onay,
    ret,
)
from tests.providers.uploads.growth import LINEAR, TIMES, grows


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def test_l7_what_stands_is_the_fold_of_history(deeds: Deeds, world: World, key: Key, clock: Clock) -> None:
    keys = [
        Key(who, world.cinar, channel, identity)
        for who in (world.ayse, world.mehmet)
        for channel in (0, 1, 2)
        for identity in (0, 1)
    ]
    deeds.declares(*(onay(key, NOON - n * HOUR) for n, key in enumerate(keys)))
    deeds.relays(*(ret(key, NOON - 2 * n * HOUR, IYS_WEB) for n, key in enumerate(keys[3:9])))
    deeds.decides(*keys[:5], status=RET)
    clock.forward(hours=1)
    deeds.declares(*(onay(key, clock.now, HS_MOBIL) for key in keys[2:7]))
    assert deeds.folded(*keys) == {key: deeds.standing(key) for key in keys}
    assert {deeds.stands(key) for key in keys} == {RET, ONAY, BEKLIYOR}


def test_l8_what_was_answered_is_there_for_a_process_that_starts_afterwards(
    database_url: str, open_registry: Opener
) -> None:
    registry = open_registry(database_url)
    deeds, world = Deeds(registry), furnish(registry)
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    deeds.decides(key, status=RET)
    assert Deeds(open_registry(database_url)).table() == deeds.table() != []


def test_l9_no_network_call_inside_a_transaction(
    deeds: Deeds, key: Key, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise AssertionError("the ledger called the network")

    for call in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, call, unreachable)
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    act = deeds.decides(key, status=RET).act
    assert act is not None
    deeds.declares(onay(key, NOON))
    deeds.relays(onay(key, NOON - HOUR, IYS_WEB))
    assert deeds.undoes(act) is not None


# -- history is never changed ----------------------------------------------------------------------------------------

CHANGES = [
    "UPDATE consent_event SET status = 1",
    "UPDATE consent_event SET decided_at = decided_at WHERE id = 1",
    "DELETE FROM consent_event",
    "DELETE FROM consent_event WHERE id = 1",
    *(
        f"UPDATE act SET {column} = {column}"
        for column in history.ACT_COLUMNS.split(",")
        if column != "evidence"  # an erasure empties it, a rotation of keys seals it anew
    ),
    "DELETE FROM act WHERE id = 1",
    "UPDATE checkpoint SET root = signature",
    "DELETE FROM checkpoint",
]
REPLACEMENTS = [  # SQLite's DELETE without saying so
    f"REPLACE INTO consent_event SELECT {history.EVENT_COLUMNS.replace('status', '1 - status')} FROM consent_event",
    f"INSERT OR REPLACE INTO act ({history.ACT_COLUMNS}) SELECT {history.ACT_COLUMNS.replace('door', '7')} FROM act",
    "UPDATE OR REPLACE act SET evidence = NULL, id = 1 WHERE id = 2",
]
TRUNCATIONS = ["TRUNCATE consent_event", "TRUNCATE act CASCADE", "TRUNCATE checkpoint"]


def refuses(registry: Registry, change: str) -> bool:
    """Whether the database refuses ``change`` in the name of history."""
    try:
        registry.store.write_now(Transaction.run, Statement(text(change)))
    except Exception as error:
        return "is history and cannot be changed" in str(error)
    return False


def _furnish_history(deeds: Deeds, key: Key) -> None:
    deeds.decides(key, status=RET, evidence=deeds.registry.keyring.seal_evidence({"message": "RET"}))
    deeds.declares(onay(key, NOON + 1))
    point = (
        "INSERT INTO checkpoint (size, root, frontier, made_at, signature) VALUES (2, :blob, :blob, 1795510800, :blob)"
    )
    deeds.store.write_now(Transaction.run, Statement(text(point)), {"blob": b"\x01" * 32})


def test_l7_the_database_refuses_to_change_history(deeds: Deeds, key: Key) -> None:
    _furnish_history(deeds, key)
    before = deeds.events(), deeds.acts(), deeds.table()
    changes = CHANGES + (TRUNCATIONS if deeds.store.dialect == POSTGRESQL else [])
    assert [change for change in changes if not refuses(deeds.registry, change)] == []
    assert (deeds.events(), deeds.acts(), deeds.table()) == before


def test_l7_sqlite_refuses_to_replace_history(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    deeds, world = Deeds(registry), furnish(registry)
    _furnish_history(deeds, Key(world.ayse, world.cinar, MESAJ, BIREYSEL))
    before = deeds.events(), deeds.acts()
    assert [change for change in REPLACEMENTS if not refuses(registry, change)] == []
    assert (deeds.events(), deeds.acts()) == before


def test_l7_a_word_is_onay_or_ret_and_never_waiting(deeds: Deeds, key: Key) -> None:
    with pytest.raises(Exception, match="word"):  # the name of the constraint
        deeds.declares(Claim(*key, BEKLIYOR, HS_WEB, NOON))
    assert (deeds.acts(), deeds.table()) == ([], [])


def test_l7_acts_are_recorded_in_the_order_of_their_numbers_though_the_clock_is_set_back(
    deeds: Deeds, world: World, key: Key, clock: Clock
) -> None:
    deeds.decides(key, status=RET)
    clock.forward(days=-1)
    deeds.decides(key._replace(recipient=world.mehmet), status=RET)
    clock.forward(days=2)
    deeds.declares(onay(key, NOON + 1))
    acts = [deeds.store.read_now(history.act, number) for number in deeds.acts()]
    assert [act and act.recorded_at for act in acts] == [NOON, NOON, NOON + DAY]
    assert deeds.events()[1].at == (NOON - DAY) / SECOND  # his word itself is stamped by the clock


def test_l7_the_fold_leaves_out_what_was_undone_and_the_announcements_of_undos(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    deeds.relays(onay(key, NOON - HOUR, IYS_WEB))
    first = deeds.decides(key, status=RET).act
    clock.forward(minutes=1)
    second = deeds.decides(key, status=ONAY).act
    assert first
    assert second
    for without, event in ((None, 3), (second, 2), (first, 3)):
        found = deeds.store.read_now(partial(history.fold, without=without), [key], Reconsent.CONFIRM)[key]
        assert found is not None
        assert found.citizen is not None
        assert found.citizen.event == event
    deeds.undoes(second)
    deeds.undoes(first)
    assert len(deeds.events()) == 5  # two announcements
    found = deeds.folded(key)[key]
    assert found is not None
    assert found.citizen == Word(ONAY, IYS_WEB, NOON - HOUR, None, 1)


def test_l7_the_instants_of_history_are_exact_to_the_microsecond(deeds: Deeds, world: World, clock: Clock) -> None:
    keys = [Key(who, world.cinar, channel, 1) for who in (world.ayse, world.mehmet) for channel in range(3)]
    moments = [UNDATED, 1, NOON - 1, NOON, NOON + 999_999, 4_291_747_199_999_999]  # the last of the year 2105
    deeds.declares(*(onay(key, at) for key, at in zip(keys, moments, strict=True)))
    standings = [deeds.standing(key) for key in keys]
    assert [found and found.provider and found.provider.at for found in standings] == moments
    clock.now = NOON + 123_457
    assert deeds.decides(keys[0], status=RET).changed[keys[0]] == deeds.folded(keys[0])[keys[0]]


def test_l6_of_what_was_said_of_a_key_only_what_is_asked_for_is_told(deeds: Deeds, world: World, key: Key) -> None:
    other = key._replace(recipient=world.mehmet)
    words = [onay(key, NOON - 9 * HOUR), ret(key, NOON - 8 * HOUR), onay(key, NOON - 7 * HOUR, HS_MOBIL)]
    deeds.declares(*words, onay(other, NOON - 8 * HOUR))
    undone = onay(key, NOON - 6 * HOUR)
    deeds.declares(undone)
    assert deeds.undoes(deeds.acts()[-1], Door.FILE)
    asked = [
        words[0],
        words[2],
        onay(key, NOON - 8 * HOUR),  # a RET was said then
        onay(key, NOON - 7 * HOUR),  # with another source
        onay(key, NOON - 8 * HOUR + 1),
        ret(other, NOON - 8 * HOUR),
        undone,
    ]
    found = deeds.store.read_now(history.recorded_words, world.cinar, asked)
    assert found == {tuple(words[0][:7]): 1, tuple(words[2][:7]): 3}


def test_l6_words_of_one_key_are_found_in_time_that_grows_with_their_number(
    sqlite_url: str, open_registry: Opener
) -> None:
    """A number that stands in a file seven thousand times, and the file sent again, held the lock for seconds."""
    deeds = Deeds(open_registry(sqlite_url))
    world = furnish(deeds.registry)
    keys = iter([Key(who, world.cinar, MESAJ, BIREYSEL) for who in (world.ayse, world.mehmet)])
    with deeds.store.snapshot() as snapshot:
        assert grows(lambda count: _said(deeds, next(keys), count), partial(_found_again, snapshot), 200) < LINEAR


class Explained(Snapshot):
    """Counts how many rows its questions go through, on PostgreSQL."""

    rows = 0.0

    def all(self, statement: Statement, values: Mapping[str, Any] = NONE) -> list[tuple[Any, ...]]:
        asked, given = statement.bound(self.dialect, values)
        cursor = self.connection.cursor()
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}", given)
        self.rows = _rows(cursor.fetchone()[0][0]["Plan"])
        return super().all(statement, values)


def _rows(plan: dict[str, Any]) -> float:
    gone_by = (plan.get(f"Rows Removed by {step}", 0) for step in ("Filter", "Join Filter", "Index Recheck"))
    return (plan["Actual Rows"] + sum(gone_by)) * plan["Actual Loops"] + sum(map(_rows, plan.get("Plans", ())))


def test_l6_on_postgresql_too(postgresql_url: str, open_registry: Opener) -> None:
    deeds = Deeds(open_registry(postgresql_url))
    world, rows = furnish(deeds.registry), []
    for who, count in ((world.ayse, 100), (world.mehmet, 100 * TIMES)):
        words = _said(deeds, Key(who, world.cinar, MESAJ, BIREYSEL), count)
        with deeds.store.snapshot() as snapshot:
            explained = Explained(snapshot.connection, POSTGRESQL)
            _found_again(explained, words)
        rows.append(explained.rows)
    assert rows[1] < LINEAR * rows[0]


def _said(deeds: Deeds, key: Key, count: int) -> list[Claim]:
    """So many words of one key, recorded."""
    words = [onay(key, NOON - number * SECOND) for number in range(count, 0, -1)]
    assert set(deeds.declares(*words)) == {"recorded"}
    return words


def _found_again(snapshot: Snapshot, words: list[Claim]) -> None:
    assert len(history.recorded_words(snapshot, words[0].brand, words)) == len(words)
