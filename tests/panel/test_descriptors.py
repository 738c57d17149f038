"""No piece of work leaves an open file, a thread or a process behind: what leaks once a time stops a site in a day."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from consents.dates import Form
from izin import jobs
from panel import export_job
from panel.rights import Membership, Permission, Role
from providers.days import days_kept
from providers.uploads import BadFile
from providers.uploads.loading import Order, load
from providers.uploads.taking_back import take_back
from tests.conftest import Clock
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.uploads.test_uploads import brand_of
from tests.panel.uploads.uploads import GOOD, HEADER, applied, press, rows, tried, work
from tests.providers.uploads.conftest import make_workbook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what /proc shows")
NOBODY = "127.0.0.1:9"
OWNER = Membership(Role.OWNER, Permission.MEMBER)
BOOK = make_workbook([HEADER.split(";"), GOOD.split(";")])
TIMES = 3


def open_now() -> tuple[Counter[str], int, int]:
    """The open files by what they lead to, and how many threads and children there are."""
    gc.collect()  # a file that only a circle holds is closed by chance, which is another fault than a leak
    files = []
    for one in os.listdir("/proc/self/fd"):
        try:
            files.append(os.readlink(f"/proc/self/fd/{one}"))
        except OSError:  # the folder itself, which is closed by now
            continue
    return Counter(files), threading.active_count(), len(psutil.Process().children())


def leaves_nothing(do: Callable[[int], object]) -> None:
    """What the first time opens may stay for the next ones; each time after it may open nothing more."""
    do(0)
    before = open_now()
    for turn in range(1, TIMES + 1):
        do(turn)
    (files, threads, children), now = before, open_now()
    assert not now[0] - files
    assert now[1:] == (threads, children)


def _order(here: Office, path: Path, **more: Any) -> Order:
    return Order(path, brand_of(here.registry), Form.IYS, **more)


@pytest.fixture(autouse=True, scope="module")
def what_other_tests_left() -> None:
    """Is not searched again at each count."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


def test_what_a_file_goes_through(here: Office, tmp_path: Path, read_here: None) -> None:
    file, bad = tmp_path / "a.csv", tmp_path / "bad.csv"
    bad.write_text("Ad;Soyad\nx;y\n")
    loads: list[int | None] = []

    def write(turn: int) -> None:
        file.write_text(rows(3, 1 + 3 * turn))

    def dry(turn: int) -> None:
        write(turn)
        load(here.registry, _order(here, file, dry_run=True, refusals=tmp_path / "r.csv"))

    def whole(turn: int) -> None:
        write(turn)
        loads.append(load(here.registry, _order(here, file, refusals=tmp_path / "r.csv")).batch)

    def back(turn: int) -> None:
        number = loads.pop()
        assert number is not None
        take_back(here.registry, number)

    def unreadable(turn: int) -> None:
        with pytest.raises(BadFile):
            load(here.registry, _order(here, bad, dry_run=True))

    for do in (dry, whole, back, unreadable):
        leaves_nothing(do)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_the_process_that_reads(here: Office, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(BOOK if name == "a.xlsx" else rows(3).encode())
    leaves_nothing(lambda turn: load(here.registry, _order(here, file, dry_run=True)))


def test_uploads_of_the_panel(here: Office, read_here: None) -> None:
    browser = here.somebody(OWNER)

    def all_of_it(turn: int) -> None:
        number = applied(here, browser, rows(2, 1 + 2 * turn)).id
        press(browser, number, "geri-al")
        work(here)
        tried(here, browser, "Ad;Soyad\nx;y\n")

    leaves_nothing(all_of_it)


def test_exports_and_reports(here: Office, read_here: None, clock: Clock) -> None:
    browser = here.somebody(OWNER)
    applied(here, browser, rows(2))

    def export(turn: int) -> None:
        answer = browser.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": str(BRANDS[CINAR][0])})
        assert answer.status_code == 303
        export_job.make_waiting(here.registry, lambda rows: None)

    def report(turn: int) -> None:
        clock.forward(days=1)
        days_kept.make_due(here.registry)

    for do in (export, report):
        leaves_nothing(do)


def test_every_chore_of_a_worker(
    office: OpenOffice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, clock: Clock, tmp_path: Path
) -> None:
    """Of a site that has all there is, while nothing of it answers: each way of failing is tried too."""
    monkeypatch.setattr(jobs, "RESTS", 0.0)
    mails = {"OPTOUT_MAIL": "ret@optout.example", "MAIL_INBOX": f"imaps://ret:secret@{NOBODY}/INBOX"}
    sent = {"MAIL_GATEWAY": f"smtp://{NOBODY}?from=izin@example.com", "VOICE_GATEWAY": f"file:{tmp_path}/calls.jsonl"}
    here = office(DATABASE_URL=sqlite_url, IYS_URL=f"http://{NOBODY}", **mails, **sent)
    here.browser().ask(here.somebody(OWNER).email)  # a mail waits to be sent
    for chore in jobs.list_jobs(here.settings):

        def once(turn: int, do: Any = chore.do) -> None:
            clock.forward(hours=1)
            with suppress(Exception):
                asyncio.run(do(here.registry, here.settings))

        leaves_nothing(once)
