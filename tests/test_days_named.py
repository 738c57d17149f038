"""Days are Türkiye's: each function that counts or names one is asked at the moments where another day would show."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from citizen.alerts import alert_job
from consents import business_days, dates, instants, movement_counts
from consents.instants import day_of, moment
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from providers import refused_counts
from providers.days import day_reports, days_kept
from providers.refused_counts import RefusedKind, RefusedWay
from tests import ROOT
from tests.conftest import DAY_EDGES, NOON, Clock, sides
from tests.consents.conftest import furnish
from tests.consents.deeds import ARAMA, BIREYSEL, Deeds
from tests.test_house import SOURCES
from web.rendering import when

TODAY = date(2026, 11, 24)  # of each of DAY_EDGES
# Modules that make a day of a moment by hand, each with a reason; all others ask ``instants.day_of``.
BY_HAND = {
    "consents/instants.py": "day_of itself",
    "consents/business_days.py": "the calendar's own",
    "citizen/signin/signin_pages.py": "of a moment in Türkiye that is shown too",
    "web/rendering/when.py": "of a moment in Türkiye that is shown too",
    "izin/demo/story.py": "of a moment in Türkiye",
    "izin/jobs.py": "of a moment in Türkiye",
    "izin/operations/file_commands.py": "a day that was typed",
    "panel/companies/company_commands.py": "days that were typed",
    "panel/programs/push_commands.py": "a day that was typed",
}
# A day by halving the clock is a day in UTC: who means that.
MOMENTS = {"now", "at", "moment", "micros", "instant"}  # what a moment is called
IN_UTC = {
    "citizen/receipts/data_requests.py": "whole days that are left",
    "national/incoming/retailer_lists.py": "three o'clock in Türkiye, a quiet hour",
}


def test_a_day_is_named_by_one_function_alone() -> None:
    """A moment's ``.date()``, ``date.today()`` or a division by a day's length elsewhere is a day in UTC by chance."""
    by_hand, in_utc = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("date", "today", "utcnow") and not node.args:
                    by_hand.add(str(path))
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod):
                divided = set(re.findall(r"\w+", ast.unparse(node.left)))
                if ast.unparse(node.right).endswith("DAY") and divided & MOMENTS:
                    in_utc.add(str(path))
    assert by_hand == BY_HAND.keys()
    assert in_utc == IN_UTC.keys()


def test_the_edges_are_on_one_day_here_and_on_two_in_utc() -> None:
    assert {day_of(at) for at in DAY_EDGES.values()} == {TODAY}
    assert len({moment(at).date() for at in DAY_EDGES.values()}) == 2


NAMES: dict[str, Callable[[int], date]] = {
    "day_of": day_of,
    "day_bounds": lambda at: next(d for d in near() if dates.day_bounds(d)[0] <= at < dates.day_bounds(d)[1]),
    "over": lambda at: next(d for d in near() if not _over(at, d)),
    "stop_by": lambda at: business_days.stop_by(at) - (business_days.stop_by(NOON) - TODAY),
    "opens": lambda at: instants.moment(alert_job.opening(at)).astimezone(instants.ISTANBUL).date(),
    "wire": lambda at: date.fromisoformat(dates.wire(at)[:10]),
    "shown": lambda at: when._local(at).date(),
}


def near() -> list[date]:
    return [TODAY + timedelta(days=days) for days in range(-2, 3)]


def _over(at: int, day: date) -> bool:
    return at >= dates.day_bounds(day)[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("at", DAY_EDGES.values(), ids=list(DAY_EDGES))
def test_the_day_is_turkiyes(name: str, at: int) -> None:
    assert NAMES[name](at) == TODAY


@pytest.mark.parametrize("end", [dates.day_bounds(TODAY)[1]])
def test_a_day_ends_at_its_last_microsecond(end: int) -> None:
    assert [day_of(at) for at in sides(end)] == [TODAY, TODAY + timedelta(days=1)]


def test_refused_records_are_counted_on_the_day_here(registry: Registry, edge: int) -> None:
    kind = RefusedKind(1, 0, RefusedWay.SINGLE, "H119")
    furnish(registry)
    registry.store.write_now(refused_counts.add, {kind: 2})
    counted = registry.store.read_now(refused_counts.of_brands, [1], TODAY, TODAY)
    assert [(one.code, one.amount) for one in counted] == [("H119", 2)]
    for other in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        assert registry.store.read_now(refused_counts.of_brands, [1], other, other) == []
    assert registry.store.read_now(refused_counts.today, edge)[RefusedWay.SINGLE] == 2


def test_movements_are_counted_on_the_day_here(registry: Registry, edge: int) -> None:
    world = furnish(registry)
    Deeds(registry).decides(Key(world.ayse, world.cinar, ARAMA, BIREYSEL), status=RET)
    movement_counts.keep_up(registry)
    days = {row[0] for row in registry.store.read_now(_counted)}
    assert days == {(TODAY - date(1970, 1, 1)).days}


def _counted(snapshot: Any) -> list[tuple[Any, ...]]:
    cursor = snapshot.connection.cursor()
    cursor.execute("SELECT day FROM movement_count")
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def test_a_report_belongs_to_the_day_here(registry: Registry, edge: int, clock: Clock) -> None:
    world = furnish(registry)
    Deeds(registry).decides(Key(world.ayse, world.cinar, ARAMA, BIREYSEL), status=RET)
    assert sum(days_kept.running(registry, world.cinar, TODAY).values()) == 1
    assert sum(days_kept.running(registry, world.cinar, TODAY - timedelta(days=1)).values()) == 0
    clock.now = dates.day_bounds(TODAY)[1] + day_reports.GRACE - 1
    assert not days_kept.ended(registry, TODAY)
    clock.now += 1
    assert days_kept.ended(registry, TODAY)
