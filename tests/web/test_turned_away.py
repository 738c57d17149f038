"""Requests to change something that were answered 503 are counted by door, over restarts, on a full disk too."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from starlette.routing import Route

from izin import app
from izin.operations import status_command
from settings import load
from tests.conftest import SECRET
from tests.web.conftest import Build
from web import turned_away
from web.guards import READING
from web.rendering.assets import Assets
from web.turned_away import DOORS, OTHER, REFUSING, TurnedAway

TABLE = [route for route in [*app.routes(Assets()), *app.api.routes()] if isinstance(route, Route)]
WRITING = sorted({route.path for route in TABLE if (route.methods or set()) - READING})
# Doors behind which something may be refused, by how their paths begin.
REFUSES = ("/k/", "/q/", "/u/", "/hooks/", "/izinler", "/iys/push")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return turned_away.place(tmp_path / "izin.db-checkpoints")


def test_every_route_that_writes_has_a_door(file: Path) -> None:
    """Beyond what only looks something up; a refusal that was turned away never counts as something else."""
    counted = TurnedAway(file)
    for path in WRITING:
        counted.add("POST", path, 503)
        if path.startswith(REFUSES):
            assert turned_away.door(path) in REFUSING, path
    found = turned_away.read(file)
    assert sum(found.total.values()) == len(WRITING)
    assert found.total.keys() <= {*DOORS.values(), OTHER}
    assert [path for path in WRITING if turned_away.door(path) == OTHER and path.startswith(("/sps", "/v2"))] == []


@pytest.mark.parametrize(("method", "status"), [("GET", 503), ("HEAD", 503), ("POST", 200), ("POST", 500)])
def test_what_reads_or_was_answered_otherwise_does_not_count(file: Path, method: str, status: int) -> None:
    TurnedAway(file).add(method, "/k/{code}", status)
    assert turned_away.read(file) is turned_away.NONE


def test_a_site_counts_what_it_could_not_save_and_nothing_else(site: Build, file: Path) -> None:
    """``/unsaved`` is a page of the tests, so behind no door of its own."""
    client = site(DATABASE_URL=f"sqlite:///{file.parent}/izin.db")
    assert [client.post(path).status_code for path in ("/unsaved", "/only-post")] == [503, 200]
    assert turned_away.read(file).total == {OTHER: 1}


def test_it_goes_on_counting_in_another_process_and_a_new_outage_begins_after_quiet(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(turned_away.time, "time", lambda: now)
    TurnedAway(file).add("POST", "/k/{code}", 503)
    TurnedAway(file).add("POST", "/hooks/{carrier}/{door}", 503)
    assert turned_away.read(file)[:3] == (now, now, {"link": 1, "sms": 1})
    began, now = now, now + turned_away.QUIET - 1
    TurnedAway(file).add("POST", "/giris", 503)
    found = turned_away.read(file)
    assert (found.since, found.last, found.refusals, sum(found.by_door.values())) == (began, now, 2, 3)
    now += turned_away.QUIET + 1
    TurnedAway(file).add("POST", "/k/{code}", 503)
    found = turned_away.read(file)
    assert (found.since, found.by_door, found.total["link"]) == (now, {"link": 1}, 2)


def test_it_has_its_room_from_the_start_and_needs_no_more(file: Path) -> None:
    counted = TurnedAway(file)
    counted.prepare()
    assert file.stat().st_size == turned_away.SIZE
    for _ in range(3):
        for path in WRITING:
            counted.add("POST", path, 503)
    assert file.stat().st_size == turned_away.SIZE
    counted.prepare()
    assert sum(turned_away.read(file).total.values()) == 3 * len(WRITING), "a start forgets nothing"


def test_where_no_file_can_be_had_the_process_counts_by_itself(tmp_path: Path) -> None:
    counted = TurnedAway(tmp_path / "nowhere" / "file")
    counted.prepare()
    for _ in range(2):
        counted.add("POST", "/k/{code}", 503)
    assert counted.known().total["link"] == 2


def test_a_file_that_was_cut_is_begun_anew(file: Path) -> None:
    file.write_bytes(b'[1.0, 2.0, {"link"')
    TurnedAway(file).add("POST", "/k/{code}", 503)
    assert turned_away.read(file).total == {"link": 1}


def test_the_status_shows_it_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = load({"SECRET_KEY": SECRET, "DATABASE_URL": f"sqlite:///{tmp_path}/izin.db"})
    assert status_command._turned_away(chosen) == []
    counted = TurnedAway(turned_away.place(tmp_path / "izin.db-checkpoints"))
    counted.add("POST", "/k/{code}", 503)
    counted.add("POST", "/giris", 503)
    (line,) = status_command._turned_away(chosen)
    assert "requests turned away (503): 2, ret / refusals: 1" in line
    later = time.time() + status_command.SHOWN + 5
    monkeypatch.setattr(status_command.time, "time", lambda: later)
    assert status_command._turned_away(chosen) == []
