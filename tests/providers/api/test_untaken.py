"""Refusals that no program of their company took by the second business day are an alarm for the operator."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import text

from consents.queries import standing_refusals
from consents.rules import ONAY
from consents.store import Statement
from consents.store.statements import SQLITE
from izin import jobs
from providers import public
from providers.deliveries import handout_store, untaken_refusals
from tests.conftest import Opener
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, brand
from tests.providers.api.test_consents import RET, decides
from tests.providers.api.test_disputes import disputes, takes_back

B = brand(CINAR)
ARAMA = 0


def alarm(here: Desk) -> tuple[int, list[int]]:
    untaken_refusals.update(here.registry)
    found = here.registry.store.read_now(untaken_refusals.alarm)
    return found.refusals, found.brands


def takes_all(program: Program, query: str = "") -> None:
    """Reads the feed to its end, by which it shows that it has it all."""
    while (answer := program.get(f"{B}/consents/changes{query}")).status_code == 200:
        query = f"?after={answer.json()['after']}"


def test_from_the_second_business_day_on_it_counts(here: Desk) -> None:
    decides(here, 1, RET)  # Tuesday, 12:00
    here.clock.forward(hours=35, minutes=59)
    assert alarm(here) == (0, []), "Wednesday"
    here.clock.forward(minutes=1)
    assert alarm(here) == (1, [1]), "Thursday"


def test_what_a_program_took_is_no_alarm(here: Desk, cinar: Program) -> None:
    decides(here, 1, RET)
    decides(here, 2, RET, ISIK)
    takes_all(cinar)
    here.clock.forward(days=3)
    assert alarm(here) == (1, [2])


def test_handed_out_is_not_yet_taken(here: Desk, cinar: Program) -> None:
    decides(here, 1, RET)
    after = cinar.get(f"{B}/consents/changes").json()["after"]
    here.clock.forward(days=3)
    assert alarm(here) == (1, [1])
    here.program("cinar").get(f"{B}/consents/changes?after={after}")
    assert alarm(here) == (0, [])


def test_another_channel_and_side_do_not_count(here: Desk) -> None:
    decides(here, 1, RET)
    note = handout_store.note
    here.registry.store.write_now(lambda t: note(t, 1, "push", 1, 9, channel=ARAMA, taken=True))
    here.registry.store.write_now(lambda t: note(t, 1, "feed", 1, 9, reader=1, side="HS", taken=True))
    here.clock.forward(days=3)
    assert alarm(here) == (1, [1])


def test_what_was_taken_back_or_allowed_since_is_left_out(here: Desk) -> None:
    decides(here, 1, RET)
    decides(here, 1, ONAY)
    takes_back(here, disputes(here, 2))
    here.clock.forward(days=3)
    assert alarm(here) == (0, [])


def test_it_goes_on_behind_what_was_taken_and_past_more_than_a_page(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untaken_refusals, "PAGE", 2)
    for number in range(1, 6):
        decides(here, number, RET)
    takes_all(cinar)
    decides(here, 6, RET)
    here.clock.forward(days=3)
    assert alarm(here) == (1, [1])
    kept = Statement(text("SELECT event FROM refusals_taken"))
    assert here.registry.store.read_now(lambda snapshot: snapshot.one(kept)) == (5,)
    for number in range(7, 10):
        decides(here, number, RET)
    here.clock.forward(days=7)
    assert alarm(here) == (2, [1]), "no more than a page is counted"


def test_metrics_and_a_line_of_the_log_a_day_warn(here: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    decides(here, 1, RET)
    here.clock.forward(days=3)
    here.registry.store.read_now(untaken_refusals.alarm)
    (chore,) = [one for one in jobs.list_jobs(here.settings) if one.name == "untaken"]
    assert chore.every == 86_400
    asyncio.run(chore.do(here.registry, here.settings))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "refusals_untaken" in line]
    assert (line["refusals"], line["brands"], line["oldest"], line["first"]) == (1, 1, "2026-11-24", [CINAR])
    told = here.client("127.0.0.1").get("/metrics").text
    assert "izin_refusals_untaken 1.0" in told
    assert "izin_refusals_untaken_brands 1.0" in told


PLANS = {
    "refusals": (standing_refusals._STANDING, {"brand": 1, "after": 0, "last": 9, "most": 9}, "consent_event_own"),
    "taken": (untaken_refusals._TAKEN, {"brand": 1, "first": 1}, "handout_brand_last"),
    "handed": (
        public._HANDED,
        {"brand": 1, "event": 1, "channel": 1, "most": 9},
        "handout_brand_last",
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_each_query_goes_by_an_index(sqlite_url: str, open_registry: Opener, name: str) -> None:
    """On SQLite, whose plans do not follow the size of tables."""
    statement, values, index = PLANS[name]
    query, bound = statement.bound(SQLITE, values)
    with open_registry(sqlite_url).store.snapshot() as snapshot:
        steps = [row[3] for row in snapshot.connection.execute(f"EXPLAIN QUERY PLAN {query}", bound).fetchall()]
    assert any(index in step for step in steps), steps
    assert not any(step.startswith("SCAN") and step != "SCAN found" for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps
