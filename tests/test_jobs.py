"""Every job of the worker is classified: whether a site that is late with it is unfit, and what proves that its items
fail alone."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from izin import app, jobs, scheduler
from izin.operations import metrics_page
from settings import Settings, load
from tests import ROOT
from tests.conftest import SECRET
from tests.web.client import PageClient

KINDS = ("essential", "optional")
DELIVERED = ["tests/test_each_alone.py::test_deliveries_settle_whatever_a_carrier_answers"]
IYS = "tests/national/test_alone.py::test_"
# What proves that an item that nobody can read holds up no other one; [] where a job has no items.
ALONE = {
    "checkpoint": [],
    "retention": ["tests/panel/retention/test_destruction.py::test_who_cannot_be_forgotten_holds_up_no_other"],
    "erased list": [],
    "erased files": ["tests/panel/retention/test_erasure.py::test_one_kept_file_that_fails_stops_no_other"],
    "sms delivery": DELIVERED,
    "mail delivery": DELIVERED,
    "call delivery": DELIVERED,
    "twilio inbox": ["tests/optout/hooks/test_hostile_lists.py::test_of_twilios"],
    "verimor inbox": ["tests/optout/hooks/test_hostile_lists.py::test_of_verimors"],
    "http inbox": ["tests/optout/hooks/test_hostile_lists.py::test_of_any_gateways"],
    "mailbox": ["tests/optout/mail/test_hostile_mails.py::test_each_hostile_mail_waits_for_a_person"],
    "iys": [
        f"{IYS}a_page_of_the_pull",
        f"{IYS}a_movement_that_breaks_the_recording",
        f"{IYS}a_push",
        f"{IYS}the_days_file",
        f"{IYS}one_answer_of_a_list",
        f"{IYS}an_answer_that_breaks_the_settling",
        f"{IYS}a_stored_movement_that_cannot_be_read",
        f"{IYS}what_iys_holds_of_one_key",
        f"{IYS}a_brand_whose_calls_fail_holds_up_no_other",
    ],
    "figures": ["tests/test_public_figures.py::test_a_month_that_cannot_be_counted_holds_up_no_other"],
    "iys asked": [f"{IYS}an_errand_that_breaks_holds_up_no_other"],
    "batches": ["tests/providers/api/test_lists.py::test_a_list_that_cannot_be_read_holds_up_no_other"],
    "uploads": [
        "tests/panel/uploads/test_upload_rounds.py::test_what_cannot_be_foreseen_is_tried_again_and_then_given_up"
    ],
    "push": ["tests/providers/api/test_push.py::test_a_connection_that_breaks_the_program_holds_up_no_other"],
    "push brands": ["tests/providers/api/test_push_signing.py::test_a_brand_that_cannot_join_holds_up_no_other"],
    "reports": ["tests/test_each_alone.py::test_reports_of_other_brands_and_days_are_made"],
    "exports": ["tests/test_each_alone.py::test_exports_are_made_behind_one_that_cannot_be"],
    "counts": ["tests/test_each_alone.py::test_one_part_of_a_job_holds_up_no_other"],
    "sweep": ["tests/test_each_alone.py::test_one_part_of_a_job_holds_up_no_other"],
    "machine": ["tests/test_each_alone.py::test_one_part_of_a_job_holds_up_no_other"],
    "watch": ["tests/test_each_alone.py::test_the_round_of_the_day_goes_on_behind_one_who_cannot_be_told"],
    "follow up": ["tests/citizen/alerts/test_follow_up.py::test_one_that_fails_does_not_stop_the_others"],
    "witnesses": ["tests/evidence/test_log_witnesses.py::test_each_witness_fails_alone"],
    "disputes": ["tests/panel/uploads/test_disputes.py::test_a_dispute_that_fails_stops_no_other"],
    "lines": ["tests/citizen/business/test_lines.py::test_a_line_that_fails_stops_no_other"],
    "first contact": [
        "tests/citizen/alerts/test_first_contact.py::test_one_that_fails_stops_nobody_and_gets_it_in_the_next_pass"
    ],
    "notices": ["tests/panel/people/test_notices.py::test_one_mail_and_one_finder_that_break_hold_up_no_other"],
    "taken": [],
    "untaken": [],
    "calendar": [],
    "file": [],
    "pages": [],
    "programs": [],
}


def settings(tmp_path: Path, sms: str) -> Settings:
    """With every job there is."""
    return load(
        {
            "SECRET_KEY": SECRET,
            "SMS_GATEWAY": sms,
            "MAIL_GATEWAY": f"file:{tmp_path / 'mails.jsonl'}",
            "VOICE_GATEWAY": f"file:{tmp_path / 'calls.jsonl'}",
            "MAIL_INBOX": "imaps://user:secret@imap.example",
            "OPTOUT_MAIL": "ret@example.com",
            "IYS_URL": "http://127.0.0.1:9",
            "FIRST_CONTACT_SMS": "1",
            "PUBLIC_FIGURES": "1",
            "TSA_URL": "http://127.0.0.1:9",
            "LOG_STAMPS": "1",
            "WITNESS_FILE": str(tmp_path / "witness"),
        }
    )


def job_table(tmp_path: Path) -> dict[str, scheduler.Job]:
    carriers = (
        "verimor://user:secret@127.0.0.1:9?from=TITLE&scheme=http",
        "twilio://AC00:secret@127.0.0.1:9?from=+905320000000&scheme=http",
        "http://user:secret@127.0.0.1:9/send?from=TITLE#received=/list?since={since}",
    )
    found = [jobs.invented(lambda registry: None)]  # type: ignore[arg-type,return-value]
    for sms in carriers:
        found += jobs.list_jobs(settings(tmp_path, sms))
    return {chore.name: chore for chore in found}


def documented() -> dict[str, str]:
    """The table of docs/jobs.md: job -> kind."""
    found = {}
    for line in (ROOT / "docs" / "jobs.md").read_text().splitlines():
        if match := re.fullmatch(r"\| (`.+`) \| (\w+) \| .+ \|", line):
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", match[1]), match[2])
    return found


def test_each_job_is_classified_and_documented(tmp_path: Path) -> None:
    found = {name: KINDS[not job.essential] for name, job in job_table(tmp_path).items()}
    assert found == documented()
    assert {name for name, kind in found.items() if kind == "essential"} == {
        "checkpoint", "sms delivery", "mail delivery", "call delivery",
    }  # fmt: skip


def test_each_job_has_a_test_that_its_items_fail_alone(tmp_path: Path) -> None:
    assert ALONE.keys() == job_table(tmp_path).keys()
    for proof in {proof for proofs in ALONE.values() for proof in proofs}:
        file, _, name = proof.partition("::")
        assert f"def {name}" in (ROOT / file).read_text(encoding="utf-8"), proof


def test_a_site_is_unfit_by_what_it_cannot_do_without_alone(
    tmp_path: Path, sqlite_url: str, open_registry: Callable[[str], Any]
) -> None:
    todo = job_table(tmp_path)

    chosen = load({"SECRET_KEY": SECRET, "WITNESS_FILE": str(tmp_path / "witness")})
    site = app.build(chosen, open_registry(sqlite_url))
    with PageClient(site, client=("127.0.0.1", 50000)) as client:
        here = site.app.state.process
        here.lag, here.lags = lambda: scheduler.lag([*todo.values()]), lambda: scheduler.lags([*todo.values()])
        for name, job in todo.items():
            job.done_at = time.monotonic() - job.every - 1000
            answer = client.get("/readyz")
            said = answer.json()
            assert answer.status_code == (503 if job.essential else 200), name
            assert any(f"job {name} is 1" in warning for warning in said["warnings"]), name
            figures = asyncio.run(metrics_page.figures(here))
            assert f'izin_job_lag_seconds{{job="{name}"}} 1' in figures
            job.done_at = time.monotonic()


def test_a_failing_job_names_its_cause_and_place(written: Callable[[], str]) -> None:
    class Slow(Exception):
        reason = "verimor 503"

    with pytest.raises(Slow) as caught:
        raise Slow("with somebody's words")
    said = scheduler._cause(caught.value)
    assert said["cause"] == "verimor 503"
    assert re.fullmatch(r"test_jobs\.py:[0-9]+", said["at"])
    assert "words" not in str(said)
