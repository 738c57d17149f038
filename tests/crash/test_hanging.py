"""PostgreSQL hangs, or the network swallows what is sent: nobody waits for ever, and nothing is called what it is not.

A server that is killed says so by closing its connections. One that hangs lets everybody wait.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Unknown, failures, postgresql
from consents.store.gates import gate
from tests.citizen.consents.town import AYSE, CINAR, town
from tests.conftest import SECRET
from tests.consents.works import COUNT, add, ids
from tests.crash.line import Line, Loss
from tests.crash.server import Server
from tests.optout.links.door import link, stands

PATIENT = 60.0  # seconds, for what is to come by itself
ANSWERED = 20.0  # seconds. Five are promised, and what adds up to them is tested; a busy machine may be slower


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("run")) as server:
        yield server


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    url = server.create("hanging")
    prepare(url, SECRET)
    return url


@pytest.fixture
def line(url: str) -> Iterator[Line]:
    with Line(url) as line:
        yield line


async def _ask(store: Store, sealed: int) -> tuple[list[object], float]:
    """What twenty readers and twenty writers hear who come at once, and after how many seconds the last one."""
    begun = time.monotonic()
    asking = [store.read(Snapshot.one, COUNT) for _ in range(20)]
    asking += [store.write(add, sealed + number) for number in range(20)]
    heard = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), PATIENT)
    return heard, time.monotonic() - begun


@contextmanager
def _hurried() -> Iterator[None]:
    """Who asks in vain is answered after a second, where four and a half are the rule (see below)."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(failures, "DEADLINE", 1.0)
        yield


async def _well_again(store: Store, sealed: int) -> None:
    """Returns once the store reads and writes again, by itself."""
    async with asyncio.timeout(PATIENT):
        while True:
            try:
                await store.write(add, sealed)
                await store.read(Snapshot.one, COUNT)
                return
            except StoreUnavailable:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("used", [True, False], ids=["open connections", "no connection yet"])
def test_a_server_that_hangs_is_answered_in_time_and_used_again_when_it_goes_on(
    server: Server, url: str, used: bool
) -> None:
    async def main(store: Store) -> None:
        if used:
            await _ask(store, 1000)
        before = ids(store) if used else []
        with server.hanging(), _hurried():
            for round_ in range(2):
                heard, seconds = await _ask(store, 2000 + 100 * round_)
                assert all(isinstance(answer, StoreUnavailable) for answer in heard), heard
                assert seconds < ANSWERED
        await _well_again(store, 3000 + used)
        assert len(ids(store)) <= len(before) + 21 + 21  # of twice twenty at most one group was under way

    with closing(Store.open(url)) as store:
        asyncio.run(main(store))


def test_what_was_not_begun_when_its_caller_was_answered_is_never_done(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an ONAY would be given after its citizen was told that it was not. What had begun may stand: Unknown."""
    monkeypatch.setattr(failures, "DEADLINE", 0.5)
    begun, go_on = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> None:
        begun.set()
        assert go_on.wait(PATIENT)
        add(transaction, 5001)

    async def main(store: Store) -> None:
        first = asyncio.ensure_future(store.write(slow))
        assert await asyncio.to_thread(begun.wait, PATIENT)
        behind = asyncio.ensure_future(store.write(add, 5002))
        with pytest.raises(Unknown):
            await first
        with pytest.raises(StoreUnavailable) as told:
            await behind
        assert not isinstance(told.value, Unknown)
        go_on.set()
        await _well_again(store, 5003)
        assert (_holds(store, 5001), _holds(store, 5002)) == (1, 0)

    with closing(Store.open(url)) as store:
        asyncio.run(main(store))


def _holds(store: Store, sealed: int) -> int:
    statement = Statement(text("SELECT count(*) FROM recipient WHERE sealed = :sealed"))
    row = store.read_now(Snapshot.one, statement, {"sealed": sealed.to_bytes(20, "big")})
    assert row is not None
    return int(row[0])


@contextmanager
def _before_the_commit(cut: Callable[[], None]) -> Iterator[None]:
    """Runs ``cut`` once, between the work of the next transaction and its COMMIT."""
    commit, left = gate.Gate.commit, [cut]

    def cutting(self: gate.Gate, transaction: Transaction) -> None:
        if left:
            left.pop()()
        commit(self, transaction)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gate.Gate, "commit", cutting)
        yield


@pytest.mark.parametrize(("loss", "kept"), [(Loss.ANSWERS, 1), (Loss.ALL, 0)])
def test_a_commit_without_an_answer_is_neither_acknowledged_nor_called_undone(
    line: Line, monkeypatch: pytest.MonkeyPatch, loss: Loss, kept: int
) -> None:
    """And where the server never heard of it, it does not keep the write lock for the lost program's sake."""
    monkeypatch.setattr(postgresql, "IDLE", 1.0)
    sealed = 6000 + kept

    async def main(store: Store) -> None:
        await store.write(add, 6100 + kept)
        with _before_the_commit(lambda: setattr(line, "loss", loss)), pytest.raises(Unknown):
            await asyncio.wait_for(store.write(add, sealed), PATIENT)
        line.loss = Loss.NOTHING
        await _well_again(store, 6200 + kept)
        assert _holds(store, sealed) == kept  # nobody could know: asking again is safe (rule L6)

    with closing(Store.open(line.url)) as store:
        asyncio.run(main(store))


def test_a_thread_that_waits_for_a_lost_answer_is_set_free(line: Line) -> None:
    """Else each hang would take threads and connections away until a restart."""

    async def main(store: Store) -> None:
        for round_ in range(2):
            await _well_again(store, 7000 + round_)
            line.loss = Loss.ALL
            with _hurried():
                heard, _ = await _ask(store, 7100 + 100 * round_)
            assert all(isinstance(answer, StoreUnavailable) for answer in heard), heard
            line.loss = Loss.NOTHING
        await _well_again(store, 7999)

    with closing(Store.open(line.url)) as store:
        asyncio.run(main(store))
        until = time.monotonic() + PATIENT
        while store.engine.pool.checkedout():  # type: ignore[attr-defined]
            assert time.monotonic() < until
            time.sleep(0.1)


def test_a_request_that_has_waited_in_vain_waits_no_second_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page asks for several things one after the other; the next request begins anew."""
    monkeypatch.setattr(failures, "DEADLINE", 1.5)
    monkeypatch.setattr(failures, "AGAIN", 0.1)
    go_on = threading.Event()
    patience: list[float] = []
    timeout = asyncio.timeout

    def noted(seconds: float) -> asyncio.Timeout:
        patience.append(seconds)
        return timeout(seconds)

    async def request(store: Store) -> None:
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.read(lambda snapshot: go_on.wait(PATIENT))

    async def main(store: Store) -> None:
        await asyncio.create_task(request(store))
        await asyncio.create_task(request(store))
        go_on.set()

    monkeypatch.setattr("asyncio.timeout", noted)
    with closing(Store.open(url)) as store:
        asyncio.run(main(store))
    assert patience == [1.5, 0.1, 0.1] * 2


def test_waits_end_within_five_seconds_in_all() -> None:
    """A lock, a statement and a connection each end before their caller is answered, and that is before 5 s."""
    assert failures.DEADLINE + 2 * failures.AGAIN < 5.0
    assert max(gate.LONGEST_WAIT, failures.PATIENCE, postgresql.REACHING["connect_timeout"]) < failures.DEADLINE
    assert gate.LONGEST_WAIT < failures.PATIENCE  # a lock that is not free is told as such, and is no hang


def test_what_a_connection_is_told_of_waiting(url: str) -> None:
    """On the server's side: a lock, a statement, a transaction of which nothing more is heard."""
    show = Statement(
        text(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), "
            "current_setting('idle_in_transaction_session_timeout')"
        )
    )
    with closing(Store.open(url)) as store:
        assert store.write_now(Snapshot.one, show) == ("3500ms", "4s", "10s")
        assert (store.read_now(Snapshot.one, show) or ())[1] == "4s"
        with store.snapshot(passing=True) as snapshot:
            assert (snapshot.one(show) or ())[1] == "10min"
        assert (store.read_now(Snapshot.one, show) or ())[1] == "4s"  # the same connection again
    with closing(Store.open(url, hurried=False)) as store:
        assert store.write_now(Snapshot.one, show) == ("3500ms", "0", "10s")
        assert (store.read_now(Snapshot.one, show) or ())[1] == "10min"


def test_the_network_is_told_too_unless_the_url_says_otherwise(url: str) -> None:
    def told(url: str) -> dict[str, str]:
        with closing(Store.open(url)) as store, store.snapshot() as snapshot:
            found: dict[str, str] = snapshot.connection.info.get_parameters()
            return found

    ours = told(url)
    assert (ours["connect_timeout"], ours["tcp_user_timeout"]) == ("2", "8000")
    assert (ours["keepalives_idle"], ours["keepalives_interval"], ours["keepalives_count"]) == ("5", "2", "3")
    assert told(f"{url}&tcp_user_timeout=1000")["tcp_user_timeout"] == "1000"


def test_a_site_on_a_server_that_hangs_answers_503_and_is_well_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.create("served")
    prepare(url, SECRET)
    with Registry.open(url, SECRET) as registry, town(registry) as here:
        here.told(AYSE, CINAR)
        door, visitor = link(here, AYSE), here.sign_in(AYSE)
        refusals = [lambda: here.client.post(door), lambda: visitor.refuse(CINAR), lambda: visitor.get("/izinler")]
        with server.hanging(), _hurried():
            for ask in (*refusals, lambda: here.client.get("/readyz")):
                begun = time.monotonic()
                assert ask().status_code == 503
                assert time.monotonic() - begun < ANSWERED
            assert here.client.get("/healthz").status_code == 200
        until = time.monotonic() + PATIENT
        while here.client.get("/readyz").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert here.client.post(door).status_code == 200
        assert stands(here, AYSE) == "RET"
