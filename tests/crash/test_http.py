"""SIGKILL and power cuts of a serving site: what its pages answered is kept, once, and sessions live on (L7, L8)."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests import free_port, repeats
from tests.consents.conftest import CINAR
from tests.crash import shim, site
from tests.crash.conftest import SCALE, Tell, Zygotes
from tests.crash.disk import Disk, PageCache
from tests.crash.rounds import DATABASE
from tests.crash.served import PROGRAM, People, Served, settle, verified
from tests.crash.tally import Tally
from tests.crash.visitors import HOST, PATIENCE, ready
from tests.crash.zygote import Zygote
from tests.typist import Typist

KILLS, CUTS = repeats(12, 20) * SCALE, repeats(6, 10) * SCALE
SLOWER = 8000  # µs that a sync takes longer, so that a cut often meets one


@pytest.fixture(scope="module")
def people(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> People:
    folder = tmp_path_factory.mktemp("people")
    shutil.copy(sqlite_template, folder / DATABASE)
    return settle(folder)


def test_what_pages_answered_is_kept_when_the_site_is_killed(
    tmp_path: Path, people: People, zygotes: Zygotes, dice: random.Random, tell: Tell, typist: Typist
) -> None:
    tally = Tally()
    served = Served(PageCache(tmp_path), zygotes(program=PROGRAM), dice)
    crashes = served.crashes(people, 3 * KILLS)
    for crash in tally.until(crashes, KILLS, inside_a_write=0.5 * KILLS, acknowledged=2 * KILLS):
        assert crash.findings.clean, f"crash {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.5 * KILLS, "no fault: the kills missed the writes"
    assert tally.acknowledged >= 2 * KILLS, "no fault: next to nothing was written"
    assert verified(typist, served.machine.live / DATABASE) == ""


@pytest.fixture
def zygote(disk: Disk, zygotes: Zygotes, library: Path) -> Zygote:
    """Serves on the disk whose power is cut."""
    return zygotes(shim.environment(library, live=disk.live, shadow=disk.shadow, slow_us=SLOWER), PROGRAM)


@pytest.mark.parametrize(
    "torn",
    [pytest.param(False, marks=pytest.mark.long), True],
    ids=["nothing unsynced is left", "some unsynced sectors are left"],
)
def test_what_pages_answered_is_kept_when_the_power_goes(
    torn: bool, disk: Disk, zygote: Zygote, people: People, dice: random.Random, tell: Tell, typist: Typist
) -> None:
    tally = Tally()
    crashes = Served(disk, zygote, dice, torn=torn).crashes(people, 3 * CUTS)
    for crash in tally.until(crashes, CUTS, inside_a_write=0.5 * CUTS, with_unsynced=0.2 * CUTS):
        assert crash.findings.clean, f"cut {tally.crashes}: {crash.findings}"
    tell(tally)
    assert tally.inside_a_write >= 0.5 * CUTS, "no fault: the cuts missed the writes"
    assert tally.with_unsynced >= 0.2 * CUTS, "no fault: there was nothing to lose"
    assert verified(typist, disk.live / DATABASE) == ""


def test_a_site_that_answers_before_it_commits_is_found_out(
    tmp_path: Path, people: People, zygotes: Zygotes, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    served = Served(PageCache(tmp_path), zygotes(program=PROGRAM), dice, weakness="hasty")
    for crash in served.crashes(people, 40):
        tally.add(crash)
        if crash.findings.lost:
            break
    tell(tally)
    assert tally.lost, "pages answered before the commit, and nobody noticed"


def test_a_site_that_does_not_sync_each_commit_loses_what_its_pages_answered(
    disk: Disk, zygote: Zygote, people: People, dice: random.Random, tell: Tell
) -> None:
    tally = Tally()
    for crash in Served(disk, zygote, dice, weakness="sloppy").crashes(people, 40):
        tally.add(crash)
        if crash.findings.lost:
            break
    tell(tally)
    assert tally.lost, "synchronous=NORMAL lost nothing: the test has no teeth"


class Browser:
    """One citizen's browser: his cookies, and the site, which can be killed and started."""

    def __init__(self, database: Path, zygote: Zygote) -> None:
        self.jar: dict[str, str] = {}
        self._database, self._zygote, self._port = database, zygote, free_port()
        self._start()

    def kill_and_restart(self) -> None:
        self._zygote.kill()
        self._start()

    def ask(self, path: str, **form: str) -> tuple[HTTPResponse, str]:
        """One request; a POST with a form. The answer and its text."""
        connection = HTTPConnection(HOST, self._port, timeout=PATIENCE)
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        with ExitStack() as stack:
            stack.callback(connection.close)
            connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, value = cookie.partition(";")[0].split("=", 1)
            self.jar[name] = value
        return answer, text

    def _start(self) -> None:
        self._zygote.start(database=str(self._database), port=self._port, lease=2)
        asyncio.run(ready(self._port))


def arrived(outbox: Path) -> str:
    """The code in the last message, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while not outbox.exists() or not outbox.read_text().endswith("\n"):
        assert time.monotonic() < deadline, "no code arrived"
        time.sleep(0.02)
    found = re.search(r"#([0-9]{6})", json.loads(outbox.read_text().splitlines()[-1])["text"])
    assert found
    return found[1]


def test_who_signed_in_by_code_stays_signed_in_when_the_site_is_killed(
    tmp_path: Path, people: People, zygotes: Zygotes, typist: Typist
) -> None:
    database, zygote = tmp_path / "live" / DATABASE, zygotes(program=PROGRAM)
    shutil.copytree(people.folder, database.parent)
    browser = Browser(database, zygote)
    assert browser.ask("/giris", address="0532 000 00 01")[0].status == 303
    browser.kill_and_restart()  # a code that was asked for is on its way, and good for the browser that asked
    assert browser.ask("/giris/kod", code=arrived(site.outbox_of(database)))[0].status == 303
    browser.kill_and_restart()
    answer, _ = browser.ask(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET")
    assert urlsplit(answer.headers["location"]).path == f"/izinler/{CINAR}"
    browser.kill_and_restart()
    _, page = browser.ask(f"/izinler/{CINAR}")
    assert re.search(rf'id="c-{CINAR}-MESAJ-BIREYSEL"[^>]*data-status="RET"', page)
    zygote.kill()
    assert verified(typist, database) == ""
