"""Changes on PostgreSQL, whose statements do not wait for each other: nothing is acknowledged that does not stand, no
failure is another's, and several processes at once leave one history."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from psycopg import IntegrityError
from sqlalchemy import text

from consents.care import audit
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import (
    Prefetch,
    PrefetchRead,
    Snapshot,
    Statement,
    Store,
    StoreUnavailable,
    Transaction,
    Unknown,
    postgresql,
    writer,
)
from consents.store.pipelined import Pipelined
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import furnish
from tests.consents.deeds import BIREYSEL, EPOSTA, HS_WEB, MESAJ, Deeds, onay
from tests.consents.oracle import Oracle, Word
from tests.consents.test_store import held
from tests.consents.works import COUNT, IDS, add, ids, submit

SITES, PRESSES = 3, 40
_SLEEP = Statement(text("SELECT pg_sleep(1)"))
_WAITING = Statement(
    text(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
    )
)
_FORGET = Statement(text("DELETE FROM recipient WHERE id = :id"))
_FORGET_AFTER = Statement(text("DELETE FROM recipient WHERE id > :id"))
_SLOW = Statement(text("SELECT pg_sleep(0.6), CAST(:of AS integer)"))
_DIE = Statement(text("SELECT pg_terminate_backend(pg_backend_pid())"))
_TWICE = Statement(text("INSERT INTO recipient (id, sealed, commitment) VALUES (1, 'x', 'x')"))


@pytest.fixture
def store(postgresql_url: str) -> Iterator[Store]:
    with closing(Store.open(postgresql_url)) as opened:
        yield opened


def test_who_keeps_a_fault_of_the_database_to_himself_is_not_acknowledged(store: Store) -> None:
    """PostgreSQL answers the COMMIT of such a transaction without an error: it has rolled it back."""

    def silent(transaction: Transaction) -> int:
        add(transaction, 2)
        with suppress(Exception):
            transaction.run(_TWICE)
        return 2

    store.write_now(add, 1)
    with pytest.raises(StoreUnavailable):
        store.write_now(silent)
    assert ids(store) == [1]
    assert store.write_now(add, 3) == 2


@pytest.mark.parametrize("asks", [True, False], ids=["shows with a question", "shows before the COMMIT"])
def test_what_touches_other_rows_than_it_should_undoes_the_change(store: Store, asks: bool) -> None:
    """It is not waited for, and is found out all the same before anything stands."""

    def forget(transaction: Transaction, rows: int) -> None:
        transaction.expect(_FORGET, {"id": 2}, rows)
        if asks:
            transaction.one(COUNT)

    for number in range(3):
        store.write_now(add, number)
    for rows in (0, 2):
        with held(store):  # in one transaction with others
            before, wrong, after = (submit(store, *work) for work in ((add, 3), (forget, rows), (add, 4)))
        with pytest.raises(AssertionError, match=f"1 rows of {rows}"):
            wrong.result(60)
        assert [before.result(60), after.result(60)] == ids(store)[-2:], "nobody else is told so"
        assert 2 in ids(store)
        store.write_now(Transaction.run, _FORGET_AFTER, {"id": 3})
    store.write_now(forget, 1)
    assert ids(store) == [1, 3]


def test_what_was_laid_ready_is_undone_whole_where_a_statement_fails(store: Store) -> None:
    nothing = Prefetch("nobody", [])
    with closing(store.postgresql_gate()) as gate:
        gate.prepare(lambda transaction: add(transaction, 1))
        with pytest.raises(IntegrityError), gate.laid(nothing) as transaction:
            transaction.run(_TWICE)
        gate.prepare(lambda transaction: add(transaction, 2))
        with pytest.raises(StoreUnavailable), gate.laid(nothing) as transaction:
            transaction.run(_DIE)
        assert ids(store) == []
        gate.prepare(lambda transaction: add(transaction, 3))
        with gate.laid(nothing) as transaction:
            add(transaction, 4)
    assert ids(store) == [1, 2]


def test_what_is_asked_with_the_lock_is_no_wait_for_it_and_each_question_has_its_time(
    open_registry: Opener, postgresql_url: str
) -> None:
    store = open_registry(postgresql_url).store
    slow = Prefetch("nobody", [PrefetchRead(_SLOW, {"of": number}) for number in range(2)])
    begun, release = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        begun.set()
        assert release.wait(60)

    with closing(store.postgresql_gate()) as gate, closing(Store.open(postgresql_url)) as other:
        gate.prepare(lambda transaction: add(transaction, 1))
        gate._patience = 1.0
        with gate.laid(slow):
            assert gate.waited == 0
        gate.prepare(lambda transaction: add(transaction, 2))
        holding = submit(other, wait)
        assert begun.wait(60)
        letting = threading.Thread(target=lambda: (until_waiting(other), release.set()))
        letting.start()
        began = time.perf_counter()
        with gate.laid(slow):
            assert 0 < gate.waited <= time.perf_counter() - began - 1.2
        holding.result(60)
        letting.join(60)
    assert ids(store) == [1, 2]


def test_a_commit_that_hangs_keeps_nobody_longer_than_a_request_may(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []
    with closing(store.postgresql_gate()) as gate:
        commit = Pipelined.commit

        def noted(transaction: Pipelined) -> bool:
            seconds.append(gate._connection.patience)
            return commit(transaction)

        monkeypatch.setattr(Pipelined, "commit", noted)
        gate.prepare(lambda transaction: add(transaction, 1))
        with gate.laid(Prefetch("nobody", [])):
            seconds.append(gate._connection.patience)
    assert seconds == [23.5, 4.0]


def test_a_connection_that_is_lost_before_the_commit_is_sent_leaves_no_doubt(store: Store) -> None:
    nothing = Prefetch("nobody", [])
    with closing(store.postgresql_gate()) as gate:
        with pytest.raises(StoreUnavailable) as told, gate.laid(nothing) as transaction:
            transaction.expect(_DIE, {}, 1)
        assert not isinstance(told.value, Unknown)
    assert ids(store) == []


def test_a_fault_that_shows_late_is_told_to_whose_it_is(store: Store) -> None:
    """What is written is not waited for, so it shows while the next work asks something."""
    with held(store):
        waiting = [submit(store, add, number) for number in (1, 1, 2, 3)]
    first, fault, *others = waiting
    with pytest.raises(Exception, match=r"(?i)unique"):
        fault.result(60)
    assert [one.result(60) for one in (first, *others)] == [1, 2, 3]
    assert ids(store) == [1, 2, 3]


def test_a_row_that_cannot_even_be_sent_is_no_loss_of_another_work(store: Store) -> None:
    class Unsendable:
        """Of no type that the driver knows."""

    def bad(transaction: Transaction) -> None:
        transaction.insert("recipient", "id,sealed,commitment", [(transaction.numbers("recipient"), Unsendable(), b"")])

    def silent(transaction: Transaction) -> int:
        with suppress(Exception):
            transaction.one(COUNT)  # here it shows
        return 0

    with held(store):
        waiting = [submit(store, add, 1), submit(store, bad), submit(store, silent), submit(store, add, 2)]
    with pytest.raises(Exception, match="Unsendable"):
        waiting[1].result(60)
    assert [waiting[place].result(60) for place in (0, 2, 3)] == [1, 0, 2]
    assert ids(store) == [1, 2]


def test_numbers_that_a_failing_work_took_are_free_again(store: Store) -> None:
    def take(transaction: Transaction) -> None:
        transaction.numbers("recipient", 5)
        raise LookupError

    with held(store):
        waiting = [submit(store, add, 1), submit(store, take), submit(store, add, 2)]
    with pytest.raises(LookupError):
        waiting[1].result(60)
    assert (waiting[0].result(60), waiting[2].result(60)) == (1, 2)


def test_what_no_pipeline_can_do_is_done_all_the_same(store: Store) -> None:
    def work(transaction: Transaction) -> list[tuple[int]]:
        add(transaction, 1)
        first = transaction.numbers("recipient", 60)
        rows = [(number, (1000 + number).to_bytes(20, "big"), b"") for number in range(first, first + 60)]
        transaction.insert("recipient", "id,sealed,commitment", rows)  # copied
        transaction.connection.execute("CREATE TEMP TABLE aside (id bigint)")
        add(transaction, 2)
        return list(transaction.stream(IDS, size=7))  # type: ignore[arg-type]

    expected = list(range(1, 63))
    assert store.write_now(work) == [(number,) for number in expected]
    assert ids(store) == expected
    assert store.write_now(add, 3) == 63


def test_what_lies_ready_may_lie_for_long_and_the_lock_may_not(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file whose rows are refused by the hundred thousand, to write these down takes a while."""
    monkeypatch.setattr(postgresql, "IDLE", 2.0)
    with closing(store.postgresql_gate()) as gate:
        for number, (lies, keeps) in enumerate([(0.0, 3.0), (3.0, 0.0)], 1):
            gate.prepare(lambda transaction: transaction.connection.execute("CREATE TEMP TABLE aside (id bigint)"))
            time.sleep(lies)
            with suppress(StoreUnavailable), gate.transaction() as transaction:
                transaction.connection.execute("DROP TABLE aside")
                time.sleep(keeps)
                add(transaction, number)
    assert ids(store) == [1], "the one that kept the lock in silence was ended"


def test_what_is_laid_ready_may_take_its_time_and_who_has_the_lock_may_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql.Connection, "patience", 0.5)
    with closing(store.postgresql_gate()) as gate:
        for _ in range(2):  # also by a connection that was impatient before
            gate.prepare(lambda transaction: transaction.one(_SLEEP))
            with pytest.raises(StoreUnavailable), gate.transaction() as transaction:
                transaction.one(_SLEEP)
        gate.prepare(lambda transaction: transaction.one(_SLEEP))
        gate.abandon()
        with pytest.raises(StoreUnavailable), gate.transaction() as transaction:
            transaction.one(_SLEEP)


def test_several_processes_that_change_the_same_keys_leave_one_history(
    postgresql_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [open_registry(postgresql_url) for _ in range(SITES)]
    world = furnish(sites[0])
    keys = [
        Key(person, brand, channel, BIREYSEL)
        for person in (world.ayse, world.mehmet)
        for brand in (world.cinar, world.isik)
        for channel in (MESAJ, EPOSTA)
    ][:5]
    for key in keys[:3]:
        Deeds(sites[0]).declares(onay(key, NOON - 3_600_000_000))

    def press(number: int) -> list[int]:
        dice, deeds = random.Random(number), Deeds(sites[number % SITES])
        acts = []
        for turn in range(PRESSES):
            chosen = dice.sample(keys, 1 if turn % 4 else 2)
            if len({key.recipient for key in chosen}) == 1:
                clock.now += dice.randrange(-200, 300)
                acts.append(deeds.decides(*chosen, status=dice.choice([RET, ONAY])).act)
        return [act for act in acts if act is not None]

    with ThreadPoolExecutor(2 * SITES) as threads:
        acknowledged = [act for acts in threads.map(press, range(2 * SITES)) for act in acts]
    _whole(sites[0], keys, acknowledged)


def _whole(registry: Registry, keys: list[Key], acknowledged: list[int]) -> None:
    deeds, oracle = Deeds(registry), Oracle()
    numbers = [row[0] for row in registry.store.read_now(lambda snapshot: snapshot.all(_ACTS))]
    recorded = [row[1] for row in registry.store.read_now(lambda snapshot: snapshot.all(_ACTS))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert recorded == sorted(recorded)
    assert len(set(acknowledged)) == len(acknowledged) > PRESSES
    assert set(acknowledged) <= set(numbers)
    events = registry.store.read_now(lambda snapshot: snapshot.all(_EVENTS))
    assert [event[0] for event in events] == list(range(1, len(events) + 1))
    assert [event[1] for event in events] == sorted(event[1] for event in events)  # L14: in the order of their acts
    for event, act, *key, status, source, at in events:
        side = "provider" if source == HS_WEB else "citizen"
        word = Word(side, Key(*key), "RET" if status == RET else "ONAY", None, round(at * 1e6), event, act)
        oracle.words.append(word)
    for key in keys:
        stands = deeds.stands(key)
        assert oracle.stands(key) == {RET: "RET", ONAY: "ONAY", None: None}[stands]
    with registry.store.snapshot() as snapshot:
        assert audit.verify(snapshot, Reconsent.CONFIRM) is None


_ACTS = Statement(text("SELECT id, recorded_at FROM act ORDER BY id"))
_EVENTS = Statement(
    text(
        "SELECT id, act, recipient, brand, channel, identity, status, source, decided_at FROM consent_event ORDER BY id"
    )
)


def test_who_waits_for_another_processes_lock_asks_later_and_takes_more_along(
    store: Store, postgresql_url: str, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a transaction holds is settled when it asks for the lock: who came while it waited had to wait again."""
    pauses: list[float] = []
    late: list[Future[int]] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        late.append(submit(store, add, 100))

    monkeypatch.setattr(writer, "sleep", sleep)
    with closing(Store.open(postgresql_url)) as other:
        behind_another(store, other, [1, 2, 3], [4])
        assert pauses == [], "three at once are too few to wait for more"
        behind_another(store, other, [5, 6, 7, 8], [])
        store.write_now(add, 9)
        assert pauses == [], "it had nothing to do, so it does not know who has the lock now"
        behind_another(store, other, [10, 11, 12, 13], [14])
    assert len(pauses) == 1
    assert 0.001 <= pauses[0] <= 0.02
    assert late[0].result(60) == 15
    # Not the last of them: the other one's thread may get to tell of its own, of one, only then.
    assert groups.count(2) == 1, "who came in the pause is in the same transaction"
    for number in range(5):
        store.write_now(add, 200 + number)
    assert len(pauses) == 1, "nobody else has the lock"


def behind_another(store: Store, other: Store, numbers: list[int], later: list[int]) -> None:
    """A store's works that ask for the lock together while the other one has it, and those that come then."""
    begun, release = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        begun.set()
        assert release.wait(60)

    with held(store):
        waiting = [submit(store, add, number) for number in numbers]
        before = submit(other, wait)
        until_waiting(store)
    assert begun.wait(60)
    until_waiting(other)
    waiting += [submit(store, add, number) for number in later]
    time.sleep(0.002)  # longer than what is too short to pause for
    release.set()
    for one in (before, *waiting):
        one.result(60)


def until_waiting(store: Store) -> None:
    """Returns once somebody waits for the lock."""
    deadline = time.monotonic() + 60
    while not store.read_now(Snapshot.one, _WAITING):
        assert time.monotonic() < deadline
        time.sleep(0.01)
