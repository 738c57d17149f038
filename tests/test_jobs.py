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

import app
import shifts
import worker
from settings import Settings, load
from tests import ROOT
from tests.conftest import SECRET
from tests.web.client import PageClient

KINDS = ("essential", "optional")


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
            "WITNESS_FILE": str(tmp_path / "witness"),
        }
    )


def jobs(tmp_path: Path) -> dict[str, shifts.Chore]:
    carriers = (
        "verimor://user:secret@127.0.0.1:9?from=TITLE&scheme=http",
        "twilio://AC00:secret@127.0.0.1:9?from=+905320000000&scheme=http",
        "http://user:secret@127.0.0.1:9/send?from=TITLE#received=/list?since={since}",
    )
    found = [worker.invented(lambda registry: None)]  # type: ignore[arg-type,return-value]
    for sms in carriers:
        found += worker.chores(settings(tmp_path, sms))
    return {chore.name: chore for chore in found}


def documented() -> dict[str, str]:
    """The table of docs/jobs.md: job -> kind."""
    found = {}
    for line in (ROOT / "docs" / "jobs.md").read_text().splitlines():
        if match := re.fullmatch(r"\| (`.+`) \| (\w+) \| .+ \|", line):
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", match[1]), match[2])
    return found


def test_each_job_is_classified_and_documented(tmp_path: Path) -> None:
    found = {name: KINDS[not job.essential] for name, job in jobs(tmp_path).items()}
    assert found == documented()
    assert {name for name, kind in found.items() if kind == "essential"} == {
        "checkpoint", "sms delivery", "mail delivery", "call delivery",
    }  # fmt: skip


def test_a_site_is_unfit_by_what_it_cannot_do_without_alone(
    tmp_path: Path, sqlite_url: str, open_registry: Callable[[str], Any]
) -> None:
    todo = jobs(tmp_path)

    chosen = load({"SECRET_KEY": SECRET, "WITNESS_FILE": str(tmp_path / "witness")})
    site = app.build(chosen, open_registry(sqlite_url))
    with PageClient(site, client=("127.0.0.1", 50000)) as client:
        here = site.app.state.process
        here.lag, here.lags = lambda: shifts.lag([*todo.values()]), lambda: shifts.lags([*todo.values()])
        for name, job in todo.items():
            job.done_at = time.monotonic() - job.every - 1000
            answer = client.get("/readyz")
            said = answer.json()
            assert answer.status_code == (503 if job.essential else 200), name
            assert any(f"job {name} is 1" in warning for warning in said["warnings"]), name
            figures = asyncio.run(here.figures())
            assert f'izin_job_lag_seconds{{job="{name}"}} 1' in figures
            job.done_at = time.monotonic()


def test_a_failing_job_names_its_cause_and_place(written: Callable[[], str]) -> None:
    class Slow(Exception):
        reason = "verimor 503"

    with pytest.raises(Slow) as caught:
        raise Slow("with somebody's words")
    said = shifts._cause(caught.value)
    assert said["cause"] == "verimor 503"
    assert re.fullmatch(r"test_jobs\.py:[0-9]+", said["at"])
    assert "words" not in str(said)
