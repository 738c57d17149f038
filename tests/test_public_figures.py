"""Public figures: what is left out cannot be found by subtraction, a month is counted once, the page reads a table."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from consents import movement_counts
from consents.brands import companies
from consents.columns import stored
from consents.dates import day_bounds
from consents.registry import Registry
from consents.rules import RET
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Channel
from izin.figures import figure_counts, figure_store
from izin.figures.figure_store import FEWEST, TOTAL, Figure, KeptFigure
from providers.deliveries import taken_times
from providers.disputes.dispute_states import DisputeState
from tests.conftest import Clock
from tests.consents.deeds import DAY
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.seen import FIRST, SeenDeeds

SMS, CALL = Channel.MESAJ.code, Channel.ARAMA.code
NOVEMBER = figure_store.month_of(date(2026, 11, 24))
_DISPUTE = Statement(
    sql(
        "INSERT INTO consent_dispute (brand, channel, identity, state, asked_at, due_at, ended_at) "
        "VALUES (:brand, 1, 0, :state, :at, :at, :at)"
    )
)


@given(st.dictionaries(st.integers(0, 4), st.integers(0, 60), min_size=1))
def test_a_count_that_is_left_out_may_be_any_small_one(parts: dict[int, int]) -> None:
    shown = figure_store.published(parts)
    assert shown.keys() == {*parts, TOTAL}
    for part, count in parts.items():
        tens = (count + 5) // 10 * 10
        alike = range(FEWEST) if count < FEWEST else range(max(FEWEST, tens - 5), tens + 5)
        assert count in alike
        assert (shown[part] is None) == (count < FEWEST)
        assert all(figure_store.published({**parts, part: other}) == shown for other in alike)
    if all(count >= FEWEST for count in parts.values()):
        assert abs((shown[TOTAL] or 0) - sum(parts.values())) <= 5 * len(parts)


def counted(registry: Registry) -> dict[tuple[Figure, int], int | None]:
    found = registry.store.read_now(figure_store.of_months, NOVEMBER - 1)
    assert {one.month for one in found} <= {NOVEMBER}
    return {(one.what, one.part): one.amount for one in found}


def test_a_month_is_counted_once_when_nothing_of_it_moves_any_more(
    registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken_times, "MOST", 5)  # all are examined, some at a time
    here = Office(registry, clock)
    deeds = SeenDeeds(here)
    brand = registry.store.read_now(companies.known_brand, BRANDS[CINAR][0])
    assert brand
    for place in range(FEWEST + 1):
        deeds.decides(deeds.allowed(place, FIRST), status=RET)

    def disputed(transaction: Transaction) -> None:
        kinds = [DisputeState.KEPT] * FEWEST + [DisputeState.WITHDRAWN] + [DisputeState.SILENT] * 3
        for kind in (*kinds, DisputeState.TAKEN_BACK):
            transaction.run(_DISPUTE, {"brand": brand.id, "state": kind.value, "at": stored(clock.now)})

    registry.store.write_now(disputed)
    clock.now = day_bounds(date(2026, 12, 1))[0]
    movement_counts.keep_up(registry)
    assert figure_counts.count_due(registry) == []
    clock.now = figure_counts.ripe_at(NOVEMBER)
    assert clock.now == day_bounds(date(2026, 12, 9))[0]
    asyncio.run(figure_counts.run(registry, here.settings))
    found = counted(registry)
    assert (found[Figure.REFUSALS, SMS], found[Figure.REFUSALS, CALL], found[Figure.REFUSALS, TOTAL]) == (
        FEWEST, None, None,
    )  # fmt: skip
    assert found[Figure.CONSENTS, SMS] == FEWEST
    assert found[Figure.DISPUTES, DisputeState.KEPT.value] == FEWEST
    assert found[Figure.DISPUTES, DisputeState.SILENT.value] is found[Figure.DISPUTES, TOTAL] is None
    assert found[Figure.COMPLAINTS, TOTAL] is None
    assert found[Figure.MISSED, TOTAL] == 100
    median = found[Figure.MEDIAN, TOTAL]
    assert median is not None
    assert median > 14 * 24 * 60
    assert found[Figure.NEARLY_ALL, TOTAL] is None, "of 21 it would be a single refusal"
    registry.store.write_now(disputed)
    clock.now += DAY
    assert figure_counts.count_due(registry) == []
    assert counted(registry) == found


def test_movements_that_are_not_counted_yet_hold_a_month_back(registry: Registry, clock: Clock) -> None:
    deeds = SeenDeeds(Office(registry, clock))
    deeds.decides(deeds.allowed(1, FIRST), status=RET)
    clock.now = figure_counts.ripe_at(NOVEMBER)
    assert figure_counts.count_due(registry) == []
    movement_counts.keep_up(registry)
    assert figure_counts.count_due(registry) == [NOVEMBER]


def test_a_month_that_cannot_be_counted_holds_up_no_other(
    registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds = SeenDeeds(Office(registry, clock))
    deeds.decides(deeds.allowed(1, FIRST), status=RET)
    clock.now = figure_counts.ripe_at(NOVEMBER + 1)
    movement_counts.keep_up(registry)
    counts = figure_counts._counts

    def fails(snapshot: Snapshot, month: int) -> Any:
        assert month != NOVEMBER
        return counts(snapshot, month)

    with monkeypatch.context() as broken:
        broken.setattr(figure_counts, "_counts", fails)
        assert figure_counts.count_due(registry) == [NOVEMBER + 1]
    assert figure_counts.count_due(registry) == [NOVEMBER]


@pytest.fixture
def site(registry: Registry, clock: Clock) -> Office:
    return Office(registry, clock, {"PUBLIC_FIGURES": "1"})


def keep(registry: Registry, month: int, amounts: dict[tuple[Figure, int], int | None]) -> None:
    every: dict[tuple[Figure, int], int | None] = {
        **{(what, channel.code): None for what in (Figure.REFUSALS, Figure.CONSENTS) for channel in Channel},
        **{(what, TOTAL): None for what in Figure},
        **{(Figure.DISPUTES, kind.value): None for kind in (DisputeState.KEPT, DisputeState.SILENT)},
    }
    rows = [KeptFigure(month, what, part, amount) for (what, part), amount in {**every, **amounts}.items()]
    registry.store.write_now(figure_store.keep, rows)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<h1>") :]).split())


def test_the_page_and_the_file_are_for_everybody(site: Office) -> None:
    browser = site.browser()
    for month in range(NOVEMBER - 8, NOVEMBER):
        full: dict[tuple[Figure, int], int | None] = {
            **{(Figure.REFUSALS, channel.code): 1_234_567 + channel.code for channel in Channel},
            **{(Figure.MEDIAN, TOTAL): 42, (Figure.NEARLY_ALL, TOTAL): 90, (Figure.MISSED, TOTAL): 3},
            (Figure.REFUSALS, TOTAL): 3_703_704,
        }
        keep(site.registry, month, full)
    answer = browser.get("/rakamlar")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=3600")
    assert "set-cookie" not in answer.headers
    shown = words(answer.text)
    for said in ("Ekim 2026", "1.234.567", "3.703.704", "20'den az", "42 dakika içinde", "1,5 saat içinde", "%3"):
        assert said in shown
    assert len(re.findall("<table", answer.text)) == 6
    for language in ("tr", "en", "ar", "de", "ku", "ru"):
        sent = browser.get(f"/rakamlar?lang={language}", headers={"accept-encoding": "gzip"})
        assert (sent.status_code, sent.headers["content-encoding"]) == (200, "gzip")
        assert int(sent.headers["content-length"]) <= 4000
    file = browser.get("/rakamlar.csv")
    assert (file.headers["content-type"], file.headers["cache-control"]) == (
        "text/csv; charset=utf-8", "public, max-age=3600",
    )  # fmt: skip
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(file.text)))
    of = {(row["month"], row["figure"], row["part"]): row["value"] for row in rows}
    assert len({row["month"] for row in rows}) == 8
    assert of["2026-10", "REFUSALS", "MESAJ"] == "1234568"
    assert (of["2026-10", "CONSENTS", "MESAJ"], of["2026-10", "CONSENTS", "ALL"]) == ("<20", "")
    assert (of["2026-10", "DISPUTES", "SILENT"], of["2026-10", "COMPLAINTS", "ALL"]) == ("<20", "<20")
    assert 'href="/rakamlar"' in browser.get("/hakkinda").text


def test_without_the_setting_there_is_no_such_page(registry: Registry, clock: Clock) -> None:
    browser = Office(registry, clock).browser()
    assert [browser.get(f"/rakamlar{end}").status_code for end in ("", ".csv")] == [404, 404]
    assert 'href="/rakamlar"' not in browser.get("/hakkinda").text
