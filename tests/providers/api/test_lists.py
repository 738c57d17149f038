"""Lists between their 202 and their results: several are stored in one transaction, and each is still its own."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from consents.brands import accesses
from consents.brands.accesses import Given
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from providers.cases.case import Declared
from providers.consents import batch_queue, batch_storing, batches, recording
from providers.consents.batch_queue import Queued, Waiting
from providers.consents.batch_storing import Stored
from tests.consents.test_store import held as locked
from tests.providers.api.desk import CINAR, Desk, Program, asked, brand, consent
from tests.providers.api.shops import add_shop
from tests.providers.api.test_access import PATH, held
from tests.providers.api.test_consents import ONAY, RET, decides

B = brand(CINAR)
_EVENTS = Statement(text("SELECT recipient, act FROM consent_event ORDER BY id"))
_OPEN = Statement(text("SELECT count(*) FROM batch WHERE finished_at IS NULL"))
_SPOIL = Statement(text("UPDATE batch SET sealed = :sealed WHERE id = :batch"))
_USER = Statement(text("SELECT id FROM api_user ORDER BY id LIMIT 1"))
_KEYS = Statement(text("SELECT recipient, brand, channel, identity FROM consent"))
_DEALERS = Statement(text("SELECT id FROM dealer"))
_MANY = {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": ["+905320000001"]}
_BRAND = Statement(text("SELECT id FROM brand WHERE code = :code"))


class Broken(RuntimeError):
    """What a list may hold that nobody thought of."""


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lists each transaction was to store."""
    counts: list[int] = []
    store = batch_storing.store

    def counting(transaction: Transaction, registry: Any, lists: Sequence[Waiting], *staged: Any) -> Stored:
        counts.append(len(lists))
        return store(transaction, registry, lists, *staged)

    monkeypatch.setattr(batch_storing, "store", counting)
    return counts


def send(program: Program, *items: dict[str, Any]) -> str:
    answer = program.post(f"{B}/consents/request", list(items))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["requestId"])


def told(program: Program, request: str) -> list[str]:
    results = program.get(f"{B}/consents/request/{request}").json()
    return [one.get("error", {}).get("code") or one["status"] for one in results]


def finish(here: Desk) -> None:
    """What the worker does."""
    asyncio.run(batches.store_waiting(here.registry))


def events(here: Desk) -> list[tuple[Any, ...]]:
    return here.registry.store.read_now(Snapshot.all, _EVENTS)


def test_lists_that_wait_together_are_stored_together_and_told_apart(
    here: Desk, cinar: Program, together: list[int]
) -> None:
    requests = [
        send(cinar, consent(1), consent(2)),
        send(cinar, consent(2), consent(3), consent(1, type="ARAMA")),
        send(cinar, consent(2, status="RET", consentDate="2026-11-23 11:00:00")),
    ]
    finish(here)
    assert together == [3]
    assert [told(cinar, one) for one in requests] == [
        ["success", "success"],
        ["H178", "success", "success"],
        ["success"],
    ]
    said = events(here)
    assert [act for _, act in said] == [1, 1, 2, 2, 3], "each list is an act of its own"
    assert len({recipient for recipient, _ in said}) == 3


def test_a_list_that_cannot_be_stored_holds_up_no_other_and_is_tried_again(
    here: Desk, cinar: Program, together: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [send(cinar, consent(number)) for number in (1, 2, 3)]
    record = recording.record

    def breaking(
        transaction: Transaction, registry: Any, brand: int, items: list[Declared], *rest: Any, **by: Any
    ) -> Any:
        report = record(transaction, registry, brand, items, *rest, **by)
        if items[0].address.endswith("02"):
            raise Broken
        return report

    monkeypatch.setattr(recording, "record", breaking)
    with pytest.raises(Broken):
        finish(here)
    assert together == [3, 1, 1, 1]
    assert [told(cinar, one) for one in requests] == [["success"], ["enqueue"], ["success"]]
    assert len(events(here)) == 2
    with pytest.raises(Broken):
        finish(here)
    monkeypatch.setattr(recording, "record", record)
    finish(here)
    assert [told(cinar, one) for one in requests] == [["success"]] * 3
    assert len(events(here)) == 3


def test_a_list_that_cannot_be_read_holds_up_no_other(here: Desk, cinar: Program) -> None:
    requests = [send(cinar, consent(number)) for number in range(5)]
    spoilt = {1: b"nothing", 3: here.registry.keyring.seal_data(b"{"), 4: here.registry.keyring.seal_data(b"[[1]]")}
    for number, sealed in spoilt.items():
        here.registry.store.write_now(Transaction.run, _SPOIL, {"batch": number, "sealed": sealed})
    with pytest.raises(batch_queue.UnreadableList) as caught:
        finish(here)
    assert caught.value.args == (1, "InvalidTag")
    assert [told(cinar, one)[0] for one in requests] == ["enqueue", "success", "enqueue", "enqueue", "success"]
    with pytest.raises(batch_queue.UnreadableList):
        finish(here)
    assert len(events(here)) == 2


def test_a_list_that_cannot_be_read_and_waits_alone_is_passed_over(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [send(cinar, *(consent(number) for number in range(size))) for size in (5, 1)]
    here.registry.store.write_now(Transaction.run, _SPOIL, {"batch": 1, "sealed": b"nothing"})
    assert batch_queue.waiting(here.registry)[::2] == ([], 1)
    monkeypatch.setattr(batches, "MOST", 1)
    with pytest.raises(batch_queue.UnreadableList):
        finish(here)
    assert [told(cinar, one)[0] for one in requests] == ["enqueue", "success"]


def test_a_list_that_is_sent_again_names_the_events_of_the_first_whatever_came_since(
    here: Desk, cinar: Program
) -> None:
    first = [consent(1), consent(2), consent(3), consent(3, type="ARAMA")]
    later = {"status": "RET", "consentDate": "2026-11-23 11:00:00"}

    def events_of(*items: dict[str, Any]) -> list[tuple[str, str]]:
        request = cinar.post(f"/v2{B}/consents/request", list(items)).json()["requestId"]
        finish(here)
        results = cinar.get(f"/v2{B}/consents/request/{request}").json()
        return [(one["transactionId"], one["creationDate"]) for one in results]

    said = events_of(*first)
    newer = events_of(consent(2, **later), consent(3, **later))
    here.clock.forward(minutes=5)
    assert events_of(*reversed(first)) == [*reversed(said)]
    assert events_of(consent(3, **later), consent(1), consent(4), consent(2, **later))[::3] == newer[::-1]
    assert len(events(here)) == 7


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_long_list_is_looked_up_before_the_lock_is_had(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, stage = threading.Event(), recording.stage

    def telling(*given: Any) -> Any:
        ready = stage(*given)
        staged.set()
        return ready

    monkeypatch.setattr(recording, "stage", telling)
    long = send(cinar, *(consent(number) for number in range(80)))
    short = send(cinar, consent(80), consent(3))
    with ThreadPoolExecutor(1) as worker:
        with locked(here.registry.store):
            storing = worker.submit(finish, here)
            assert staged.wait(60), "nothing was laid ready"
            assert not events(here)
        storing.result(60)
    assert len(events(here)) == 81
    told = cinar.get(f"{B}/consents/request/{long}").json() + cinar.get(f"{B}/consents/request/{short}").json()
    assert [one["status"] for one in told] == ["success"] * 81 + ["failure"]


def test_a_list_that_is_sent_again_is_looked_up_in_few_statements(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    for name in ("one", "all"):
        monkeypatch.setattr(Snapshot, name, _counting(getattr(Snapshot, name), asked))
    statements = []
    for size in (55, 80):
        items = [consent(number) for number in range(size)]
        send(cinar, *items)
        finish(here)
        send(cinar, *items)
        asked.clear()
        finish(here)
        statements.append(len(asked))
    assert statements[1] == statements[0]


@pytest.mark.parametrize("version", ["", "/v2"])
def test_results_are_looked_up_in_few_statements(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    def sent(*items: dict[str, Any]) -> str:
        request = cinar.post(f"{version}{B}/consents/request", list(items)).json()["requestId"]
        finish(here)
        return f"{version}{B}/consents/request/{request}"

    asked: list[int] = []
    for name in ("one", "all"):
        monkeypatch.setattr(Snapshot, name, _counting(getattr(Snapshot, name), asked))
    statements = []
    for first, size in ((0, 4), (10, 60)):
        numbers = range(first, first + size)
        items = [consent(number, status="RET" if number % 2 else "ONAY") for number in numbers]
        for request in (sent(*items), sent(*items)):
            asked.clear()
            assert len(cinar.get(request).json()) == size
            statements.append(len(asked))
    assert statements[2:] == statements[:2]


def test_repeated_items_name_the_lists_and_places_that_they_were_first_reported_at(here: Desk, cinar: Program) -> None:
    def answer(*items: dict[str, Any]) -> list[dict[str, Any]]:
        request = cinar.post(f"/v2{B}/consents/request", list(items)).json()["requestId"]
        finish(here)
        told: list[dict[str, Any]] = cinar.get(f"/v2{B}/consents/request/{request}").json()
        return told

    one = answer(consent(1), consent(2))
    cinar.post(f"/v2{B}/consents", consent(3))
    other = answer(consent(2), consent(4), consent(5, status="RET"))
    again = answer(*(consent(number) for number in (1, 2, 3, 4, 6)), consent(5, status="RET"))
    origins = [told.get("originalRequestInformation") for told in again]
    of_first = [{name: told[name] for name in ("requestId", "subRequestId")} for told in (*one, *other[1:])]
    assert origins == [of_first[0], of_first[1], None, of_first[2], None, of_first[3]]
    assert [told["transactionId"] for told in (*again[:2], again[3], again[5])] == [
        told["transactionId"] for told in (*one, *other[1:])
    ]


def _counting(ask: Any, asked: list[int]) -> Any:
    def counted(*arguments: Any) -> Any:
        asked.append(1)
        return ask(*arguments)

    return counted


def test_a_list_that_another_process_has_stored_is_not_stored_again(here: Desk, cinar: Program) -> None:
    send(cinar, consent(1))
    seen = batch_queue.waiting(here.registry).lists
    finish(here)
    send(cinar, consent(2))
    here.registry.store.write_now(
        batch_storing.store, here.registry, [*seen, *batch_queue.waiting(here.registry).lists]
    )
    assert len(events(here)) == 2
    assert here.registry.store.read_now(Snapshot.one, _OPEN) == (0,)


def test_as_many_lists_are_taken_as_there_is_room_for_and_at_least_one(here: Desk, cinar: Program) -> None:
    for size in (2, 3, 4):
        send(cinar, *(consent(number) for number in range(size)))

    def sizes(after: int, room: int) -> list[int]:
        return [len(one.items) for one in batch_queue.waiting(here.registry, after, room).lists]

    assert [sizes(0, room) for room in (1, 2, 4, 5, 8, 9, 100)] == [[2], [2], [2], [2, 3], [2, 3], [2, 3, 4], [2, 3, 4]]
    assert [sizes(after, 100) for after in (1, 2, 3)] == [[3, 4], [4], []]


def test_accesses_take_room_too(here: Desk, cinar: Program) -> None:
    shops = [add_shop(cinar, number) for number in (1, 2)]
    for _ in range(3):
        send(cinar, consent(1, retailerAccess=shops), consent(2))

    def taken(after: int, room: int) -> tuple[int, int | None]:
        ready = batch_queue.waiting(here.registry, after, room)
        return len(ready.lists), ready.last

    assert [taken(0, room) for room in (1, 4, 7, 8, 12)] == [(1, 1), (1, 1), (1, 1), (2, 2), (3, 3)]
    assert taken(1, 7) == (1, 2)


def test_accesses_of_a_list_are_given_in_one_statement(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [add_shop(cinar, number) for number in (1, 2)]
    request = send(cinar, *(consent(number, retailerAccess=shops) for number in (1, 2, 3)))
    given: list[int] = []

    def noted(run: Callable[..., int]) -> Callable[..., int]:
        def noting(self: Transaction, statement: Statement, values: Any) -> int:
            count = run(self, statement, values)
            if "dealer_access" in statement.bound(self.dialect, {})[0]:
                given.append(count)
            return count

        return noting

    monkeypatch.setattr(Transaction, "run", noted(Transaction.run))
    finish(here)
    assert given == [6]
    assert told(cinar, request) == ["success"] * 3
    assert [held(cinar, number) for number in (1, 2, 3)] == [shops] * 3


def test_very_many_accesses_follow_in_parts_and_are_all_given_however_often_the_worker_dies(
    here: Desk, cinar: Program, together: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [add_shop(cinar, number) for number in (1, 2)]
    monkeypatch.setattr(accesses, "AT_ONCE", 4)
    items = [consent(number, retailerAccess=shops) for number in range(1, 6)]
    first = send(cinar, *items, consent(6, retailerAccess=shops[:1], consentDate="2020-01-01 00:00:00"))
    later = send(cinar, consent(7, retailerAccess=shops))
    give, places = batch_storing.give, list[int]()

    def dying(transaction: Transaction, registry: Any, one: Waiting, place: int) -> int | None:
        places.append(place)
        if len(places) in (1, 3):
            raise Broken
        return give(transaction, registry, one, place)

    monkeypatch.setattr(batch_storing, "give", dying)
    for given in (0, 2):
        with pytest.raises(Broken):
            finish(here)
        assert told(cinar, first) == ["enqueue"] * 6
        assert [held(cinar, number) for number in range(1, 6)] == [shops] * given + [[]] * (5 - given)
        assert told(cinar, later) == ["success"]
    decides(here, 1, RET)
    finish(here)
    assert places == [0, 0, 2, 0, 2, 4]
    assert told(cinar, first) == ["success"] * 5 + ["H467"]
    assert [held(cinar, number) for number in range(1, 8)] == [[], shops, shops, shops, shops, [], shops]
    acts = [act for _, act in events(here)]
    assert acts == [1] * 5 + [2, 3], "recorded once, in one act"
    assert here.registry.store.read_now(Snapshot.one, _OPEN) == (0,)
    finish(here)
    assert places[6:] == []


@pytest.mark.parametrize("at_once", [1, 1000])
def test_a_list_that_was_recorded_is_not_recorded_again_however_many_accesses_are_now_given_at_once(
    here: Desk, cinar: Program, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [add_shop(cinar, number) for number in (1, 2)]
    request = send(cinar, *(consent(number, retailerAccess=shops) for number in (1, 2)))

    def dying(*_of: Any) -> None:
        raise Broken

    with monkeypatch.context() as before:
        before.setattr(accesses, "AT_ONCE", 3)
        before.setattr(batch_storing, "give", dying)
        with pytest.raises(Broken):
            finish(here)
    monkeypatch.setattr(accesses, "AT_ONCE", at_once)
    finish(here)
    assert told(cinar, request) == ["success"] * 2
    assert [held(cinar, number) for number in (1, 2)] == [shops] * 2
    assert len(events(here)) == 2
    assert here.registry.store.read_now(Snapshot.one, _OPEN) == (0,)


def test_what_was_given_or_taken_since_an_event_stands(here: Desk, cinar: Program) -> None:
    """The last part of a long list may come after another call about the same consent."""
    own, other = add_shop(cinar, 1), add_shop(cinar, 2)
    cinar.post(f"{B}/consents", consent(retailerCode=own))
    decides(here, 1, RET)
    here.clock.forward(minutes=30)
    decides(here, 1, ONAY)
    here.clock.forward(minutes=30)
    cinar.post(f"{B}/consents", consent(retailerCode=own, consentDate="2026-11-24 12:45:00"))
    cinar.post(PATH, asked(retailerAccess=[other]))
    cinar.post(f"{PATH}/remove", {**_MANY, "retailerAccess": [own]})

    def give_late(transaction: Transaction) -> None:
        (key,) = (Key(*row) for row in transaction.all(_KEYS))
        ids = [row[0] for row in transaction.all(_DEALERS)]
        accesses.give(transaction, [Given(key, ids, 1)])

    here.registry.store.write_now(give_late)
    assert held(cinar) == [other]


def test_a_list_that_an_older_program_took_is_stored(here: Desk, cinar: Program) -> None:
    """Items with all their fields, as they were written before those of plain ones were left out."""
    request, registry = str(uuid.uuid4()), here.registry
    written = [["+905320000001", 1, 0, 1, 8, 1763881200000000, None, []], ["a@example.com", 2, 0, 0, 8, 0, None, []]]
    sealed = registry.keyring.seal_data(json.dumps(written).encode())

    def queue(transaction: Transaction) -> None:
        row, user = transaction.one(_BRAND, {"code": CINAR}), transaction.one(_USER)
        assert row is not None
        assert user is not None
        batch_queue.add(transaction, Queued(request, row[0], user[0], len(written), sealed, again=False))

    registry.store.write_now(queue)
    (one,) = batch_queue.waiting(registry).lists
    assert one.items == [
        Declared("+905320000001", 1, 0, 1, 8, 1763881200000000),
        Declared("a@example.com", 2, 0, 0, 8, 0),
    ]


def test_items_are_sealed_and_opened_as_they_were(here: Desk) -> None:
    items = [
        Declared("+905320000001", 1, 0, 1, 8, 1763881200000000),
        Declared("+905320000002", 1, 1, 0, None, 0),
        Declared("+905320000003", 1, 0, 1, 8, 1763881200000000, 7),
        Declared("a@example.com", 2, 0, 1, 8, 1763881200000000, None, (3, 4)),
    ]
    opened = json.loads(here.registry.keyring.unseal_data(batch_queue.sealed(here.registry.keyring, items)))
    assert [batch_queue._item(fields) for fields in opened] == items


@pytest.mark.parametrize("name", ["%00abc", "a%0Ab", "not-an-id", "0a" * 10])
def test_a_request_id_that_is_none_of_the_brands_names_nothing(cinar: Program, name: str) -> None:
    for path in (B, f"/v2{B}"):
        answer = cinar.get(f"{path}/consents/request/{name}")
        assert (answer.status_code, answer.json()) == (200, [])
