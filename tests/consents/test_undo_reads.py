"""What an undo reads: the rows of its own keys, however much else a person has said (rule L11)."""

from __future__ import annotations

from typing import Any

import pytest

from consents import history
from consents.brands import companies
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.store.statements import SQLITE
from consents.terms import Door
from tests.conftest import NOON
from tests.consents.conftest import World
from tests.consents.deeds import ARAMA, BIREYSEL, EPOSTA, HOUR, MESAJ, TACIR, Deeds, onay

OTHERS = 120  # brands beside the one that is refused


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


def _add(transaction: Transaction) -> list[int]:
    found = []
    for number in range(OTHERS):
        companies.add_brand(transaction, 600100, 610000 + number, f"Marka {number}")
        known = companies.known_brand(transaction, 610000 + number)
        assert known is not None
        found.append(known.id)
    return found


def _lived(deeds: Deeds, world: World, brands: list[int]) -> None:
    """Somebody with a consent of each brand, whose words all changed a few times."""
    for brand in brands:
        keys = [Key(world.ayse, brand, channel, BIREYSEL) for channel in (ARAMA, MESAJ, EPOSTA)]
        deeds.declares(*(onay(key, NOON - HOUR) for key in keys))
    for _ in range(3):
        deeds.undoes(_refused(deeds, *(Key(world.ayse, brand, MESAJ, BIREYSEL) for brand in brands)))


def _refused(deeds: Deeds, *keys: Key, door: Door = Door.PAGE) -> int:
    act = deeds.decides(*keys, status=RET, door=door).act
    assert act is not None
    return act


def _reads(deeds: Deeds, act: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """(statements, rows) that an undo reads."""
    rows: list[int] = []
    every, one = Snapshot.all, Snapshot.one

    def counted(self: Snapshot, *rest: Any) -> list[tuple[Any, ...]]:
        found = every(self, *rest)
        rows.append(len(found))
        return found

    def counted_one(self: Snapshot, *rest: Any) -> tuple[Any, ...] | None:
        rows.append(1)
        return one(self, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "all", counted)
        patch.setattr(Snapshot, "one", counted_one)
        assert deeds.undoes(act) is not None
    return len(rows), sum(rows)


def test_l11_an_undo_reads_the_rows_of_its_keys_alone(
    deeds: Deeds, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [Key(world.ayse, world.cinar, MESAJ, identity) for identity in (BIREYSEL, TACIR)]
    deeds.declares(onay(keys[0], NOON - HOUR))
    alone = _reads(deeds, _refused(deeds, *keys), monkeypatch)
    _lived(deeds, world, deeds.store.write_now(_add))
    crowded = _reads(deeds, _refused(deeds, *keys), monkeypatch)
    assert crowded == alone
    assert alone[1] < 20


def test_l11_of_a_brands_other_channels_nothing_is_read(
    deeds: Deeds, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, call = Key(world.ayse, world.cinar, MESAJ, BIREYSEL), Key(world.ayse, world.cinar, ARAMA, BIREYSEL)
    deeds.decides(call, status=RET)
    alone = _reads(deeds, _refused(deeds, key), monkeypatch)
    for number in range(30):
        deeds.decides(call, status=(ONAY, RET)[number % 2])
    assert _reads(deeds, _refused(deeds, key), monkeypatch) == alone


def test_l11_an_undo_of_many_brands_asks_no_more_often_than_one_of_two(
    deeds: Deeds, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    brands = deeds.store.write_now(_add)
    few, _ = _reads(deeds, _refused(deeds, *(Key(world.ayse, b, MESAJ, BIREYSEL) for b in brands[:2])), monkeypatch)
    many, _ = _reads(deeds, _refused(deeds, *(Key(world.ayse, b, MESAJ, BIREYSEL) for b in brands)), monkeypatch)
    assert many == few


def test_l11_the_fold_is_found_by_recipient_and_brand(deeds: Deeds, world: World) -> None:
    if deeds.store.dialect != SQLITE:
        with deeds.store.snapshot() as snapshot:
            cursor = snapshot.connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'consent_event'")
            assert any("(recipient, brand, id)" in str(row) for row in cursor.fetchall())
        return
    statements: list[str] = []
    act = _refused(deeds, Key(world.ayse, world.cinar, MESAJ, BIREYSEL))
    with deeds.store.snapshot() as snapshot:
        snapshot.connection.set_trace_callback(statements.append)
        history.fold(snapshot, [Key(world.ayse, world.cinar, MESAJ, BIREYSEL)], Reconsent.CONFIRM, without=act)
        snapshot.connection.set_trace_callback(None)
        (folding,) = [statement for statement in statements if "consent_event" in statement]
        plan = [step[3] for step in snapshot.connection.execute("EXPLAIN QUERY PLAN " + folding).fetchall()]
    assert "SEARCH e USING INDEX consent_event_recipient (recipient=? AND brand=?)" in plan
