"""What the looking pages read and the worker writes for them, on both databases."""

from __future__ import annotations

from datetime import timedelta

from consents import movement_counts, standing_counts
from consents.instants import day_of
from consents.queries import criteria_rows
from consents.queries.criteria_rows import Criteria
from consents.rules import RET
from panel import export_job
from panel.lookups import overview_pages
from panel.rights import Membership, Permission, Role
from tests.conftest import Clock, Opener
from tests.panel.office import CINAR, Office
from tests.panel.seen import FIRST, SeenDeeds, number
from tests.panel.test_matrix import brand

OWNER = Membership(Role.OWNER, Permission.MEMBER)


def test_counts_queries_and_files(database_url: str, open_registry: Opener, clock: Clock) -> None:
    here = Office(open_registry(database_url), clock)
    deeds = SeenDeeds(here)
    keys = [deeds.allowed(place) for place in range(1, 5)]
    deeds.decides(keys[1], status=RET)
    registry, one = here.registry, brand(here, FIRST)
    assert movement_counts.keep_up(registry) == 5
    assert standing_counts.keep_up(registry) == 1
    today = day_of(clock.now)
    counts = registry.store.read_now(movement_counts.by_day, [one], today - timedelta(days=1), today)
    consents = [day for day in counts if day.channel != movement_counts.EVERY]
    assert sorted((day.own, day.status, day.amount) for day in consents) == [(False, 1, 4), (True, 0, 1)]
    people = [day for day in counts if day.channel == movement_counts.EVERY]
    assert sorted((day.own, day.status, day.people) for day in people) == [(False, 1, 4), (True, 0, 1)]
    for more in ({}, {"channel": 1}, {"identity": 0}, {"status": RET}, {"source": 34}, {"dealer": 7}, {"upload": 9}):
        wanted = Criteria(one, **more)
        page = registry.store.read_now(criteria_rows.page, wanted)
        assert (len(page.rows), True) == registry.store.read_now(criteria_rows.count, wanted)
    span = Criteria(one, since=clock.now, until=clock.now + 1_000_000)
    assert [row.place[0] for row in registry.store.read_now(criteria_rows.page, span).rows] == [keys[1].recipient]
    _, _, moved = registry.store.read_now(overview_pages.of_brand, one, clock.now)
    assert moved.behind == 0
    assert sum(moved.taken.counts.values()) == 1
    browser = here.somebody(OWNER)
    for path in ("genel", f"genel/{FIRST}", f"sorgu?brand={FIRST}&status=RET", "raporlar"):
        assert browser.get(f"/panel/{CINAR}/{path}").status_code == 200
    assert browser.post(f"/panel/{CINAR}/adres", data={"address": number(2)}).status_code == 200
    browser.post(f"/panel/{CINAR}/sorgu/dosya", data={"brand": str(FIRST)})
    assert export_job.make_waiting(registry) == 1
    assert len(browser.post(f"/panel/{CINAR}/sorgu/dosyalar/1/indir").text.splitlines()) == 5
    here.close()
