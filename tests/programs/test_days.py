"""Reports of days: made once, kept as they were, had by calls and by the command, stamped by an authority."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from consents import companies, register
from consents.store import Snapshot, Statement
from providers import day_store, days_kept, handout_store
from providers.day_store import Which
from tests.conftest import Clock
from tests.programs.authority import Authority
from tests.programs.conftest import Open
from tests.programs.desk import CINAR, ISIK, Desk, Program, brand, codes, consent
from tests.programs.test_consents import RET, decides

B = brand(CINAR)
DAY = "2026-11-24"
PATHS = (
    f"/changes/{DAY}/recipients/BIREYSEL",
    f"/changes/{DAY}/file",
    f"/agreements/{DAY}",
    f"/agreements/{DAY}/timestamp",
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    yield made
    made.close()


def a_day(here: Desk, cinar: Program) -> None:
    """Three people report by SMS, one of them refuses, one has a mail too; then the day ends."""
    for number in (1, 2, 3):
        cinar.post(f"{B}/consents", consent(number))
    cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient="ayse@example.com", recipientType="TACIR"))
    here.clock.forward(minutes=3)
    decides(here, 2, RET)
    here.clock.forward(hours=13)


def known(here: Desk) -> companies.KnownBrand:
    found = here.registry.store.read_now(companies.known_brand, CINAR)
    assert found is not None
    return found


def test_before_a_day_is_over_it_has_no_report(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent())
    assert cinar.get(f"{B}/changes/{DAY}/file").status_code == 204
    assert cinar.get(f"{B}/agreements/{DAY}").json() == {"processStatus": "inprogress"}


def test_a_days_totals_hash_and_file_belong_together(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    program = here.program("cinar")
    totals = program.get(f"{B}/changes/{DAY}/recipients/BIREYSEL").json()["changeStats"]
    sms = next(one for one in totals if one["type"] == "MESAJ")["consents"]
    assert sms == [
        {"source": "HS", "approval": 3, "rejection": 0, "pending": 0, "total": 3},
        {"source": "IYS", "approval": 0, "rejection": 1, "pending": 0, "total": 1},
    ]
    file = program.get(f"{B}/changes/{DAY}/file")
    assert file.headers["content-type"].startswith("text/csv")
    assert file.text.count("\n") == 1 + 5
    told = program.get(f"{B}/agreements/{DAY}").json()
    assert told == {
        "processStatus": "completed",
        "hashValue": hashlib.sha384(file.content).hexdigest(),
        "hashMethod": "SHA-384",
        "agreementStatus": False,
    }


def test_one_channel_can_be_had_apart(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    program = here.program("cinar")
    file = program.get(f"{B}/changes/{DAY}/file?type=EPOSTA")
    assert [line.split(",")[4] for line in file.text.splitlines()[1:]] == ["EPOSTA"]
    hashed = program.get(f"{B}/agreements/{DAY}?type=EPOSTA").json()["hashValue"]
    assert hashed == hashlib.sha384(file.content).hexdigest()
    assert program.get(f"{B}/changes/{DAY}/file?type=ARAMA").status_code == 204
    assert codes(program.get(f"{B}/changes/{DAY}/file?type=SMS")) == ["H117"]


def test_the_same_bytes_come_from_call_and_command_also_after_an_erasure_and_years(
    here: Desk, cinar: Program, tmp_path: Path
) -> None:
    a_day(here, cinar)
    first = here.program("cinar").get(f"{B}/changes/{DAY}/file").content
    who = register.person(here.registry.keyring, "+905320000001")
    here.registry.store.write_now(register.erase, here.registry.keyring, who)
    here.clock.forward(days=900)
    assert here.program("cinar").get(f"{B}/changes/{DAY}/file").content == first
    written = days_kept.write(here.registry, known(here), Which(known(here).id, date(2026, 11, 24)), tmp_path)
    assert written.files[0].read_bytes() == first
    assert b"+905320000001" in first


def test_nobody_reads_an_address_in_a_kept_file(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    here.program("cinar").get(f"{B}/changes/{DAY}/file")
    rows = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT sealed FROM day_file_part")))
    assert rows
    assert not any(b"532" in bytes(row[0]) for row in rows)


@pytest.mark.parametrize("path", PATHS)
def test_a_day_without_movements_has_nothing(here: Desk, cinar: Program, path: str) -> None:
    here.clock.forward(days=2)
    answer = here.program("cinar").get(B + path)
    assert answer.status_code == (200 if "recipients" in path else 204)


@pytest.mark.parametrize("day", ["24.11.2026", "2026-13-01", "20261124", "2026-W48-2", "x"])
@pytest.mark.parametrize("path", PATHS)
def test_a_day_that_is_none_is_named(cinar: Program, path: str, day: str) -> None:
    answer = cinar.get(B + path.replace(DAY, day))
    assert (answer.status_code, codes(answer)) == (422, ["H501"])


def test_an_agreement_is_kept_and_says_that_the_day_has_arrived(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    program = here.program("cinar")
    assert codes(program.call("PUT", f"{B}/agreements/{DAY}", {"agreementStatus": False})) == ["H512"]
    assert codes(program.call("PUT", f"{B}/agreements/{DAY}", {})) == ["H512"]
    assert program.call("PUT", f"{B}/agreements/{DAY}", {"agreementStatus": True}).json() == {"agreementCaptured": True}
    assert program.call("PUT", f"{B}/agreements/{DAY}", {"agreementStatus": True}).json() == {"agreementCaptured": True}
    assert program.get(f"{B}/agreements/{DAY}").json()["agreementStatus"] is True
    handed = here.registry.store.read_now(handout_store.of_event, known(here).id, 5, "IYS", 1)
    assert [(one.way, one.taken_at is not None) for one in handed] == [("file", True)]
    here.clock.forward(days=1)
    assert here.program("cinar").call("PUT", f"{B}/agreements/2026-11-25", {"agreementStatus": True}).status_code == 204


def test_the_worker_makes_every_day_that_is_over_once(here: Desk, cinar: Program) -> None:
    assert days_kept.make_due(here.registry) == 0
    cinar.post(f"{B}/consents", consent())
    here.program("isik").post(f"{brand(ISIK)}/consents", consent())
    here.clock.forward(days=1)
    here.program("cinar").post(f"{B}/consents", consent(2, consentDate="2026-11-25 09:00:00"))
    assert days_kept.make_due(here.registry) == 2
    assert days_kept.make_due(here.registry) == 0
    here.clock.forward(days=30)
    assert days_kept.make_due(here.registry) == 1
    assert here.registry.store.read_now(day_store.last_day) == date(2026, 12, 24)


def test_cut_off_in_the_middle_a_report_is_made_anew(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(here, cinar)
    which = Which(known(here).id, date(2026, 11, 24))
    monkeypatch.setattr(days_kept, "PIECE", 100)
    keep, calls = day_store.keep_piece, []

    def cut(*arguments: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("killed")
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(day_store, "keep_piece", cut)
    with pytest.raises(OSError, match="killed"):
        days_kept.ensure(here.registry, which)
    assert here.registry.store.read_now(day_store.find, which) is None
    made = days_kept.ensure(here.registry, which)
    file = here.program("cinar").get(f"{B}/changes/{DAY}/file").content
    assert hashlib.sha384(file).digest() == made.sha384
    assert len(file) == made.size


def test_an_authority_stamps_the_file_and_openssl_agrees(
    desk: Open, authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    here = desk(TSA_URL=authority.url, TSA_ROOTS=str(authority.roots))
    a_day(here, here.program("cinar"))
    days_kept.make_due(here.registry)
    for authority.mood in ("broken", "babble"):
        asyncio.run(days_kept.stamp_due(here.registry, here.settings))
        assert here.program("cinar").get(f"{B}/agreements/{DAY}/timestamp").status_code == 204
    authority.mood = "stamp"
    asyncio.run(days_kept.stamp_due(here.registry, here.settings))
    asked = authority.asked
    asyncio.run(days_kept.stamp_due(here.registry, here.settings))
    assert authority.asked == asked, "a stamp is asked for until there is one"
    written = days_kept.write(here.registry, known(here), Which(known(here).id, date(2026, 11, 24)), tmp_path)
    program = here.program("cinar")
    reply = program.get(f"{B}/agreements/{DAY}/timestamp")
    assert reply.headers["content-type"] == "application/timestamp-reply"
    assert written.files[3].read_bytes() == reply.content
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        written.files[0],
        "-in",
        written.files[3],
        "-CAfile",
        authority.roots,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "Verification: OK" in done.stdout + done.stderr
    authority.mood = "earlier"  # a reply to another request
    here.clock.forward(days=1)
    program = here.program("cinar")
    program.post(f"{B}/consents", consent(4, consentDate="2026-11-25 09:00:00"))
    here.clock.forward(days=1)
    days_kept.make_due(here.registry)
    asyncio.run(days_kept.stamp_due(here.registry, here.settings))
    assert here.program("cinar").get(f"{B}/agreements/2026-11-25/timestamp").status_code == 204
    assert here.program("cinar").get(f"{B}/agreements/2026-11-26/timestamp").status_code == 204


def test_a_partner_has_the_days_only_where_it_was_let_to(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    partner = here.program("partner")
    here.grant(CINAR, (2, 2, 2))
    assert partner.get(f"{B}/changes/{DAY}/file").status_code == 403
    here.grant(CINAR, (0, 1, 0), agreements=True)
    assert partner.get(f"{B}/changes/{DAY}/file").status_code == 200
