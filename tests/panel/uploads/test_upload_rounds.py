"""Loads that are killed, and loads that are taken back while people decide."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consents.care import audit
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.store import Transaction
from panel.rights import Membership, Permission, Role
from panel.uploads import child_process, upload_job, upload_store
from panel.uploads.upload_job import UploadWork
from panel.uploads.upload_store import UploadState
from tests import ROOT
from tests.conftest import SECRET, Clock
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, Colleague, Office
from tests.panel.uploads.test_uploads import brand_of, sms
from tests.panel.uploads.uploads import applied, file, number_of, press, rows, send, tried, work
from tests.providers.uploads.test_load import refuse

LOADER = Membership(Role.USER, Permission.LOAD)
COUNT = 6_000
# The process that works for a worker, which loads no more than so many rows: somebody else ends it then.
CHILD = """
import sys, threading
from panel import child_main
from providers.uploads import takers
people, rows = takers._people, 0
def some(part):
    global rows
    if (rows := rows + len(part)) > int(sys.argv[1]):
        threading.Event().wait(300)
    return people(part)
takers._people = some
child_main.main()
"""
CUT = (sys.executable, "-I", "-c", CHILD, str(COUNT // 2))
# A worker as `izin worker` runs it, whose clock stands.
WORKER = """
import asyncio, sys
from consents.registry import Registry
from panel.uploads import child_process
from panel.uploads import upload_job
url, secret, now, *child_process._COMMAND = sys.argv[1:]
now = int(now)
with Registry.open(url, secret, now=lambda: now) as registry:
    asyncio.run(upload_job.do_waiting(registry))
"""


def recorded(here: Office) -> int:
    from sqlalchemy import text

    from consents.store import Snapshot, Statement

    row = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT count(*) FROM consent_event")))
    assert row is not None
    return int(row[0])


@pytest.fixture
def worked_here(read_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process works at, it works at itself."""
    monkeypatch.setattr(upload_job, "SMALL", 1 << 30)


def child_of(worker: subprocess.Popen[bytes]) -> psutil.Process:
    """The process that works for a worker."""
    (child,) = psutil.Process(worker.pid).children()
    return child


@pytest.mark.usefixtures("worked_here")
@pytest.mark.parametrize("killed", ["the worker", "its child"])
def test_killed_while_it_loads_it_ends_the_same(office: OpenOffice, sqlite_url: str, killed: str) -> None:
    here = office()
    browser = here.somebody(LOADER)
    refused = "+905320000001;FAKS;HS_WEB;ONAY;BIREYSEL;2026-11-23 10:15:00"
    found = tried(here, browser, f"{rows(COUNT)}\n{refused}\n")
    assert press(browser, found.id, "uygula").status_code == 303
    command = [sys.executable, "-c", WORKER, sqlite_url, SECRET, str(here.clock.now), *CUT]
    worker = subprocess.Popen(command, cwd=ROOT)
    while worker.poll() is None and not recorded(here):
        time.sleep(0.002)
    child = child_of(worker)
    (child if killed == "its child" else worker).send_signal(signal.SIGKILL)
    assert worker.wait(120) != 0
    assert psutil.wait_procs([child], timeout=60)[0], "it ends with its worker"
    cut = recorded(here)
    assert 0 < cut < COUNT, "it was killed in the middle"
    assert file(here, found.id).state is UploadState.LOADING
    work(here)
    assert file(here, found.id).state is UploadState.LOADING, "the killed one may yet be at work"
    here.clock.forward(seconds=31)
    work(here)
    ended = file(here, found.id)
    assert (ended.state, ended.upload) == (UploadState.LOADED, 1)
    assert ended.loaded is not None
    told = {name: ended.loaded[name] for name in ("rows", "recorded", "unchanged", "refused", "pending")}
    assert told == {"rows": COUNT + 1, "recorded": COUNT, "unchanged": 0, "refused": 1, "pending": 0}
    assert recorded(here) == COUNT
    assert here.acts().count("file-loaded") == 1
    assert here.registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None
    assert press(browser, found.id, "geri-al").status_code == 303
    work(here)
    assert sms(here, f"+9053200{COUNT:05}") is None, "both parts are taken back"


def test_a_worker_that_is_stopped_leaves_the_file_to_the_next_one(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    browser = here.somebody(LOADER)
    found = tried(here, browser, rows(COUNT))
    press(browser, found.id, "uygula")

    async def stop() -> None:
        doing = asyncio.create_task(upload_job.do_waiting(here.registry))
        while recorded(here) < 500:  # noqa: ASYNC110 - rows are counted in the database, nothing rings
            await asyncio.sleep(0.002)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing

    with monkeypatch.context() as cut:
        cut.setattr(child_process, "_COMMAND", CUT)
        asyncio.run(stop())
    left = file(here, found.id)
    assert (left.state, left.tries) == (UploadState.LOADING, 0)
    assert 0 < recorded(here) < COUNT
    work(here)
    assert file(here, found.id).state is UploadState.LOADED
    assert recorded(here) == COUNT


MOST = 6
people = st.lists(st.tuples(st.integers(1, MOST), st.sampled_from(["before", "loaded", "undoing"])), max_size=8)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    file = tmp_path_factory.mktemp("rounds") / "template.db"
    shutil.copy(sqlite_template, file)
    return file


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decisions=people)
def test_a_load_that_is_taken_back_loses_no_word_of_a_person(
    decisions: list[tuple[int, str]],
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_here: None,
) -> None:
    """People refuse before the load, after it, and between the transactions that take it back."""
    import providers.uploads.takers as takers
    from consents.store import Store
    from providers.uploads import taking_back

    monkeypatch.setattr(takers, "_FIRST_GUESS", 1)
    monkeypatch.setattr(takers, "_MOST", 1)
    monkeypatch.setattr(takers, "_FEWEST", 1)
    copy = tmp_path / f"{os.urandom(6).hex()}.db"
    shutil.copy(template, copy)
    clock = Clock()
    with Registry.open(f"sqlite:///{copy}", SECRET, now=clock) as registry:
        here = Office(registry, clock)
        browser = here.somebody(LOADER)

        def decide(when: str, people: list[int]) -> None:
            for person in people:
                clock.forward(seconds=1)
                refuse(registry, brand_of(registry), f"+9053200{person:05}")

        chosen = {when: [who for who, at in decisions if at == when] for when in ("before", "loaded", "undoing")}
        decide("before", chosen["before"])
        clock.forward(seconds=1)
        found = applied(here, browser, rows(MOST))
        decide("loaded", chosen["loaded"])
        assert press(browser, found.id, "geri-al").status_code == 303
        waiting, write_now = list(chosen["undoing"]), Store.write_now

        def between(store: Store, deed: object, *arguments: object) -> object:
            if deed is taking_back.undo_part and waiting:
                person = waiting.pop()
                refuse(registry, brand_of(registry), f"+9053200{person:05}")
            return write_now(store, deed, *arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(Store, "write_now", between)
            work(here)
        decide("undoing", waiting)
        said = {who for who, _ in decisions}
        for person in range(1, MOST + 1):
            assert sms(here, f"+9053200{person:05}") == (RET if person in said else None)
        assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None
        here.close()
    for left in tmp_path.glob(f"{copy.name}*"):
        left.unlink()


@pytest.mark.usefixtures("read_here")
def test_a_file_at_which_each_process_was_killed_is_given_up(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(LOADER)
    found = tried(here, browser, rows(1))
    press(browser, found.id, "uygula")
    for _ in range(upload_store.MOST_TRIES):
        assert here.registry.store.write_now(upload_store.hold, found.id, os.urandom(16))
        here.clock.forward(seconds=31)
    work(here)
    assert file(here, found.id).state is UploadState.FAILED
    assert recorded(here) == 0


@pytest.mark.usefixtures("read_here")
def test_what_cannot_be_foreseen_is_tried_again_and_then_given_up(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from panel.uploads import upload_job

    here = office()
    browser = here.somebody(LOADER)
    found = applied(here, browser, rows(1))
    assert sms(here, "+905320000001") == ONAY
    found = tried(here, browser, rows(2))
    press(browser, found.id, "uygula")

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(upload_job, "load", broken)
    for _ in range(upload_store.MOST_TRIES):
        assert file(here, found.id).state is UploadState.LOADING
        with pytest.raises(RuntimeError):
            work(here)
        here.clock.forward(seconds=31)
    ended = file(here, found.id)
    assert ended.state is UploadState.FAILED
    monkeypatch.undo()
    browser = here.somebody(LOADER)
    assert "yarıda kaldı" in browser.get(f"/panel/600100/yuklemeler/{found.id}").text
    assert press(browser, found.id, "uygula").status_code == 303
    work(here)
    assert file(here, found.id).state is UploadState.LOADED


@pytest.mark.usefixtures("read_here")
def test_companies_take_turns_and_small_files_go_first(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which the worker claims them; another company's large file holds up no small one."""
    here = office()
    monkeypatch.setattr(upload_job, "SMALL", 2_000)
    browser, other = here.somebody(LOADER), here.somebody(LOADER, ISIK)

    def sent(who: Colleague, code: int, count: int) -> int:
        data = {"brand": str(BRANDS[code][0]), "dates": ""}
        return number_of(who.post(f"/panel/{code}/yukle", data=data, files={"file": ("a.csv", rows(count).encode())}))

    large = sent(browser, CINAR, 200)
    first, second, third = (sent(browser, CINAR, count) for count in (12, 11, 10))
    there = sent(other, ISIK, 20)
    order: list[int] = []
    held = upload_store.hold

    def noted(transaction: Transaction, number: int, holder: bytes) -> bool:
        order.append(number)
        return held(transaction, number, holder)

    gone_on = asyncio.Event()

    async def slow(registry: Registry, number: int) -> None:
        if number == large:
            await asyncio.wait_for(gone_on.wait(), 60)
        await done(registry, number)
        if len(order) == 4:
            gone_on.set()

    done = upload_job._do
    monkeypatch.setattr(upload_store, "hold", noted)
    monkeypatch.setattr(upload_job, "_do", slow)
    monkeypatch.setattr(upload_job, "WorkProcess", lambda registry, name, *rest: UploadWork(registry, *rest))
    work(here)
    assert order == [third, there, second, first, large]
    assert {file(here, number).state for number in order} == {UploadState.CHECKED}


@pytest.mark.usefixtures("read_here")
def test_a_small_file_that_comes_meanwhile_does_not_wait(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    monkeypatch.setattr(upload_job, "SMALL", 2_000)
    monkeypatch.setattr(upload_job, "_LOOK", 0.01)
    monkeypatch.setattr(upload_job, "WorkProcess", lambda registry, name, *rest: UploadWork(registry, *rest))
    browser = here.somebody(LOADER)
    large = number_of(send(browser, rows(200)))
    order: list[int] = []
    done = upload_job._do

    async def slow(registry: Registry, number: int) -> None:
        if number == large:
            small = number_of(send(here.somebody(LOADER), rows(1)))  # the loop waits: both read by one connection
            async with asyncio.timeout(60):
                while small not in order:  # noqa: ASYNC110 - the other lane notes it
                    await asyncio.sleep(0.01)
        await done(registry, number)
        order.append(number)

    monkeypatch.setattr(upload_job, "_do", slow)
    work(here)
    assert order[-1] == large
    assert len(order) == 2
