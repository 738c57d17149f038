"""Reports of days: made once, kept as they were, had by calls and by the command, stamped by an authority."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp import StreamReader
from sqlalchemy import text

from consents import history, ledger
from consents.brands import accesses, companies
from consents.care import audit
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.queries import tallies
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door, Source
from providers.api.background import WorkPool
from providers.days import day_files, day_store, days_kept, stamps
from providers.days.day_store import Made, Which
from providers.deliveries import handout_store
from tests.conftest import Clock
from tests.providers.api.authority import Authority
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, asked, brand, codes, consent
from tests.providers.api.shops import add_shop
from tests.providers.api.test_consents import RET, decides

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


def test_a_file_that_is_fetched_slowly_holds_no_connection(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days_kept, "PIECE", 100)
    a_day(here, cinar)
    whole, which = (
        here.program("cinar").get(f"{B}/changes/{DAY}/file").content,
        Which(known(here).id, date(2026, 11, 24)),
    )
    monkeypatch.setattr(here.registry.store.engine.pool, "_timeout", 0.2)

    async def fetch() -> None:
        made = here.registry.store.read_now(day_store.find, which)
        assert made is not None
        files = [day_files.sent_slowly(here.registry.store, here.registry.keyring, which, made) for _ in range(40)]
        first = [await anext(file) for file in files]
        assert len(first[0]) == 100 < len(whole)
        assert await asyncio.to_thread(here.registry.store.read_now, day_store.find, which)
        for start, file in zip(first, files, strict=True):
            assert start + b"".join([piece async for piece in file]) == whole

    asyncio.run(fetch())


@pytest.mark.parametrize("remade", [False, True])
@pytest.mark.parametrize("attempt", [0, (1 << 30) - 1], ids=["before", "after"])
def test_a_file_that_is_replaced_while_it_is_sent_breaks_off(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, attempt: int, remade: bool
) -> None:
    """Also where it is made anew with the same bytes, as after a retention."""
    monkeypatch.setattr(days_kept, "PIECE", 100)
    monkeypatch.setattr(day_files.secrets, "randbits", lambda bits: 1 << 20)
    a_day(here, cinar)
    store, which = here.registry.store, Which(known(here).id, date(2026, 11, 24))
    whole = here.program("cinar").get(f"{B}/changes/{DAY}/file").content
    made = store.read_now(day_store.find, which)
    assert made is not None

    got = list[bytes]()

    async def rest(file: AsyncIterator[bytes]) -> None:
        async for piece in file:
            got.append(piece)

    async def fetch() -> None:
        other = day_files.sent_slowly(store, here.registry.keyring, which, made._replace(sha384=bytes(48)))
        with pytest.raises(day_files.FileReplaced):
            await anext(other)  # replaced before its first piece
        file = day_files.sent_slowly(store, here.registry.keyring, which, made)
        got.append(await anext(file))
        await asyncio.to_thread(store.write_now, day_files.replace, which.brand, which.day)
        if remade:
            monkeypatch.setattr(day_files.secrets, "randbits", lambda bits: attempt)
            await asyncio.to_thread(days_kept.ensure, here.registry, which)
        with pytest.raises(day_files.FileReplaced):
            await rest(file)

    asyncio.run(fetch())
    assert b"".join(got) == whole[:100], "not a byte of another file"
    if remade:
        assert here.program("cinar").get(f"{B}/changes/{DAY}/file").content == whole


def test_nobody_reads_an_address_in_a_kept_file(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    here.program("cinar").get(f"{B}/changes/{DAY}/file")
    rows = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT sealed FROM day_file_part")))
    assert rows
    assert not any(b"+90532" in bytes(row[0]) for row in rows)


def test_a_kept_file_that_is_damaged_is_said_to_be(here: Desk, cinar: Program, tmp_path: Path) -> None:
    a_day(here, cinar)
    which = Which(known(here).id, date.fromisoformat(DAY))
    days_kept.ensure(here.registry, which)
    spoil = Statement(text("UPDATE day_file_part SET sealed = :sealed"))
    here.registry.store.write_now(Transaction.run, spoil, {"sealed": bytes(64)})
    with pytest.raises(day_files.Damaged, match=f"report of {DAY}"):
        days_kept.write(here.registry, known(here), which, tmp_path)
    assert list(tmp_path.glob("*.csv")) == []


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
    keep, calls = day_files.keep_piece, []

    def cut(*arguments: object) -> bool:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("killed")
        return keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(day_files, "keep_piece", cut)
    with pytest.raises(OSError, match="killed"):
        days_kept.ensure(here.registry, which)
    assert here.registry.store.read_now(day_store.find, which) is None
    assert parts(here) == 0
    made = days_kept.ensure(here.registry, which)
    assert made is not None
    file = here.program("cinar").get(f"{B}/changes/{DAY}/file").content
    assert hashlib.sha384(file).digest() == made.sha384
    assert len(file) == made.size


def parts(here: Desk) -> int:
    rows = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT count(*) FROM day_file_part")))
    return int(rows[0][0])


def test_many_who_ask_at_once_get_one_report(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    a_day(here, cinar)
    monkeypatch.setattr(days_kept, "PIECE", 50)
    make, makers = days_kept._make, []

    def counted(*arguments: Any) -> Made:
        makers.append(1)
        return make(*arguments)

    monkeypatch.setattr(days_kept, "_make", counted)
    program = here.program("cinar")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(program.get, [f"{B}/changes/{DAY}/file?type=MESAJ"] * 12))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(makers) == 1
    told = program.get(f"{B}/agreements/{DAY}?type=MESAJ").json()
    assert told["hashValue"] == hashlib.sha384(answers[0].content).hexdigest()


def test_of_many_processes_that_make_a_report_one_keeps_it(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(here, cinar)
    monkeypatch.setattr(days_kept, "PIECE", 50)
    which = Which(known(here).id, date(2026, 11, 24), 1)

    async def race() -> list[Made]:  # past the locks, as other processes are
        makers = (asyncio.to_thread(days_kept._make, here.registry, which) for _ in range(8))
        return await asyncio.gather(*makers)

    made = asyncio.run(race())
    assert len({one.sha384 for one in made}) == 1
    with here.registry.store.snapshot() as snapshot:
        file = b"".join(day_files.pieces(snapshot, here.registry.keyring, which))
    assert hashlib.sha384(file).digest() == made[0].sha384
    assert parts(here) == -(-len(file) // 50)


@pytest.mark.parametrize("before", [1, 2, 4])
def test_who_comes_second_leaves_the_standing_report_alone(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    a_day(here, cinar)
    which = Which(known(here).id, date(2026, 11, 24))
    monkeypatch.setattr(days_kept, "PIECE", 100)
    sealed, calls = day_files.sealed_piece, []

    def overtaken(*arguments: object) -> bytes:
        calls.append(1)
        if len(calls) == before:
            days_kept._make(here.registry, which)
        return sealed(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(day_files, "sealed_piece", overtaken)
    made = days_kept._make(here.registry, which)
    count = parts(here)
    attempt = day_files.new_attempt()
    store = here.registry.store
    assert store.write_now(day_files.keep_piece, which, attempt, b"x") is False
    assert store.write_now(day_files.keep, which, attempt, (b"", b""), 0, made.span, {}) is False
    store.write_now(day_files.give_up, which, attempt)
    assert parts(here) == count == -(-made.size // 100)
    file = here.program("cinar").get(f"{B}/changes/{DAY}/file").content
    assert hashlib.sha384(file).digest() == made.sha384


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2026-11-23", "9999-12-31", "9999-12-30", "2026-11-27"])
def test_days_before_the_first_movement_or_to_come_are_not_kept(
    here: Desk, cinar: Program, tmp_path: Path, day: str
) -> None:
    a_day(here, cinar)
    program = here.program("cinar")
    assert program.get(f"{B}/agreements/{day}").status_code == 204
    assert program.get(f"{B}/agreements/{day}/timestamp").status_code == 204
    assert program.get(f"{B}/changes/{day}/file?type=MESAJ").status_code == 204
    assert program.call("PUT", f"{B}/agreements/{day}", {"agreementStatus": True}).status_code == 204
    totals = program.get(f"{B}/changes/{day}/recipients/BIREYSEL")
    assert totals.status_code == 200
    assert {side["total"] for one in totals.json()["changeStats"] for side in one["consents"]} == {0}
    assert here.registry.store.read_now(day_store.unstamped, 10) == []
    if day < DAY:
        which = Which(known(here).id, date.fromisoformat(day))
        written = days_kept.write(here.registry, known(here), which, tmp_path)
        assert (written.rows, written.final) == (0, True)
        assert here.registry.store.read_now(day_store.find, which) is None


def test_a_brand_that_never_moved_has_no_reports(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    answer = here.program("isik").get(f"{brand(ISIK)}/agreements/{DAY}")
    assert answer.status_code == 204
    assert here.registry.store.read_now(day_store.unstamped, 10) == []


def test_the_running_days_totals_are_what_there_is_by_now(here: Desk, cinar: Program) -> None:
    def sms(query: str = "") -> tuple[int, int]:
        told = cinar.get(f"{B}/changes/{DAY}/recipients/BIREYSEL{query}").json()["changeStats"]
        sides = next(one for one in told if one["type"] == "MESAJ")["consents"]
        return sides[0]["approval"], sides[1]["rejection"]

    assert sms() == (0, 0)
    cinar.post(f"{B}/consents", consent(1))
    here.program("isik").post(f"{brand(ISIK)}/consents", consent(1))
    assert sms() == (1, 0)
    assert sms() == (1, 0)
    cinar.post(f"{B}/consents", consent(2))
    cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient="ayse@example.com"))
    here.clock.forward(minutes=3)
    decides(here, 2, RET)
    assert sms() == (2, 1)
    assert sms("?type=MESAJ") == (2, 1)
    assert sms("?type=EPOSTA") == (0, 0)
    here.clock.forward(hours=13)
    cinar = here.program("cinar")
    assert sms() == (2, 1)


def test_stamps_are_asked_for_where_something_moved_and_the_newest_first(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent())
    here.clock.forward(days=2)
    here.program("cinar").post(f"{B}/consents", consent(2))
    here.clock.forward(days=2)
    program = here.program("cinar")
    for day in (24, 25, 26, 27):
        program.get(f"{B}/agreements/2026-11-{day}")
    due = here.registry.store.read_now(day_store.unstamped, 10)
    assert [which.day.day for which, _ in due] == [26, 24, 27, 25]


def test_an_authority_stamps_the_file_and_openssl_agrees(
    desk: Open, authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    here = desk(TSA_URL=authority.url, TSA_ROOTS=str(authority.roots))
    a_day(here, here.program("cinar"))
    days_kept.make_due(here.registry)
    for authority.mood in ("broken", "babble", "flood"):
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


def test_a_stamp_may_arrive_in_pieces(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second half is sent only when a first reading has come back, so it never comes with the first."""
    once = StreamReader.read

    async def read(self: StreamReader, most: int = -1) -> bytes:
        got = await once(self, most)
        authority.go_on.set()
        return got

    monkeypatch.setattr(StreamReader, "read", read)
    authority.mood = "halves"
    reply = asyncio.run(stamps.ask(authority.url, authority.roots, hashlib.sha512(b"a file").digest()))
    assert reply == authority.last


@pytest.mark.parametrize("sends", [("ca.pem",), ("middle.pem",), ("middle.pem", "ca.pem"), ("ca.pem", "middle.pem")])
def test_an_authority_may_send_its_chain_in_any_order(tmp_path: Path, sends: tuple[str, ...]) -> None:
    authority = Authority(tmp_path, sends)
    try:
        reply = asyncio.run(stamps.ask(authority.url, authority.roots, hashlib.sha512(b"a file").digest()))
    finally:
        authority.close()
    assert reply == authority.last, "it is kept as it came"
    (tmp_path / "file").write_bytes(b"a file")
    command = ["openssl", "ts", "-verify", "-data", "file", "-in", "reply", "-CAfile", "ca.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "Verification: OK" in done.stdout + done.stderr


def test_a_chain_that_leads_elsewhere_or_has_a_gap_is_no_stamp(tmp_path: Path, authority: Authority) -> None:
    gap = Authority(tmp_path, ("middle.pem",))
    try:
        gap.sends = ()
        with pytest.raises(stamps.NoStamp, match="unable to get local issuer certificate"):
            asyncio.run(stamps.ask(gap.url, gap.roots, hashlib.sha512(b"a file").digest()))
        gap.sends = ("middle.pem",)
        with pytest.raises(stamps.NoStamp, match="VerificationError: Error while verifying certificates"):
            asyncio.run(stamps.ask(gap.url, authority.roots, hashlib.sha512(b"a file").digest()))
    finally:
        gap.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("mood", "cause"),
    [
        ("broken", "status 500"),
        ("babble", "ValueError: ASN.1 parse error"),
        ("flood", "too long"),
        ("refuse", "refused: REJECTION"),
        ("gone", "Connect call failed"),
        ("elsewhere", "unable to get local issuer certificate"),
        ("rootless", "FileNotFoundError"),
    ],
)
def test_the_log_says_why_there_is_no_stamp(
    desk: Open, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str], mood: str, cause: str
) -> None:
    roots: Path = authority.roots
    if mood == "elsewhere":
        stranger = Authority(tmp_path)
        stranger.close()
        roots = stranger.roots
    elif mood == "rootless":
        roots = tmp_path / "none.pem"
    authority.mood = "stamp" if mood in ("elsewhere", "rootless") else mood
    here = desk(TSA_URL="http://127.0.0.1:9/tsa" if mood == "gone" else authority.url, TSA_ROOTS=str(authority.roots))
    a_day(here, here.program("cinar"))
    days_kept.make_due(here.registry)
    asyncio.run(days_kept.stamp_due(here.registry, here.settings.model_copy(update={"tsa_roots": roots})))
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "no_time_stamp" in line]
    assert cause in json.loads(said)["error"]


def test_a_partner_has_the_days_only_where_it_was_let_to(here: Desk, cinar: Program) -> None:
    a_day(here, cinar)
    partner = here.program("partner")
    here.grant(CINAR, (2, 2, 2))
    assert partner.get(f"{B}/changes/{DAY}/file").status_code == 403
    here.grant(CINAR, (0, 1, 0), agreements=True)
    assert partner.get(f"{B}/changes/{DAY}/file").status_code == 200


# -- clocks ------------------------------------------------------------------------------------------------------------

_ACTS = Statement(text("SELECT count(*) FROM act"))


def test_a_clock_that_ran_ahead_and_is_set_back_loses_no_movement(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    noon = here.clock.now
    here.clock.forward(hours=12, minutes=2)
    days_kept.make_due(here.registry)
    here.clock.now = noon + 60_000_000
    decides(here, 1, RET)
    cinar.post(f"{B}/consents", consent(2))
    here.clock.forward(days=2)
    program = here.program("cinar")
    files = [program.get(f"{B}/changes/{day}/file").text.splitlines()[1:] for day in (DAY, "2026-11-25")]
    feeds = [program.get(f"{B}/consents/changes?source={side}").json()["list"] for side in ("HS", "IYS")]
    told = {(move["transactionId"], move["creationDate"]) for feed in feeds for move in feed}
    assert [len(lines) for lines in files] == [1, 2]
    assert {(line.split(",")[1], line.split(",")[0]) for lines in files for line in lines} == told
    for day, lines in zip((DAY, "2026-11-25"), files, strict=True):
        assert all(line.startswith(day) for line in lines)


@pytest.mark.parametrize("way", ["worker", "call"])
def test_a_quiet_day_ends_in_the_log_once(here: Desk, cinar: Program, way: str) -> None:
    def acts() -> int:
        return int(here.registry.store.read_now(Snapshot.all, _ACTS)[0][0])

    cinar.post(f"{B}/consents", consent(1))
    here.clock.forward(hours=13)
    assert acts() == 1
    program = here.program("cinar")
    for _ in range(2):
        if way == "worker":
            days_kept.make_due(here.registry)
        assert program.get(f"{B}/agreements/{DAY}").json()["processStatus"] == "completed"
        assert acts() == 2
    program.post(f"{B}/consents", consent(2))
    here.clock.forward(days=1)
    days_kept.make_due(here.registry)
    assert acts() == 4
    assert here.registry.store.read_now(audit.verify, here.registry.policy.reconsent) is None


def test_what_takes_longer_than_anybody_thought_to_commit_is_in_its_day(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    cinar.post(f"{B}/consents", consent(1))
    here.clock.forward(hours=11, minutes=59)
    slow = here.registry.store.gate()
    transaction = slow.begin()
    who = register.person(here.registry.keyring, "+905320000001")
    recipient = register.enrol(transaction, here.registry.keyring, who)
    wish = Wish(known(here).id, 1, 0, RET, Source.IYS_WEB.code)
    ledger.decide(transaction, here.registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))
    here.clock.forward(hours=1)
    looked, look = threading.Event(), history.recorded_until

    def looking(snapshot: Snapshot) -> int | None:
        found = look(snapshot)
        looked.set()
        return found

    monkeypatch.setattr(history, "recorded_until", looking)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(days_kept.make_due, here.registry)
        assert looked.wait(60)
        slow.commit(transaction)
        assert made.result() == 1
    slow.close()
    assert here.program("cinar").get(f"{B}/changes/{DAY}/file").text.count("\n") == 1 + 2


# -- many who ask ------------------------------------------------------------------------------------------------------


def test_who_waits_for_a_report_in_the_making_keeps_nobody_else_waiting(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(here, cinar)
    program = here.program("cinar")
    begun, go_on, made = threading.Event(), threading.Event(), list[str]()
    make, ensure = days_kept._make, days_kept.ensure

    def slow(*arguments: Any) -> Made:
        begun.set()
        assert go_on.wait(60)
        return make(*arguments)

    def counted(*arguments: Any) -> Made | None:
        made.append(threading.current_thread().name)
        return ensure(*arguments)

    monkeypatch.setattr(days_kept, "_make", slow)
    monkeypatch.setattr(days_kept, "ensure", counted)

    async def main() -> list[int]:
        transport = httpx2.ASGITransport(app=here.asgi)
        headers = {"Authorization": f"Bearer {program.tokens['access_token']}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url=here.settings.public_url, headers=headers
        ) as client:
            waiting = [asyncio.create_task(client.get(f"{B}/agreements/{DAY}")) for _ in range(40)]
            assert await asyncio.to_thread(begun.wait, 60)
            async with asyncio.timeout(60):
                assert (await client.post(f"{B}/consents/status", json=asked(1))).status_code == 200
                await asyncio.to_thread(here.registry.store.read_now, day_store.last_day)
            waiting[0].cancel()
            go_on.set()
            return [(await one).status_code for one in waiting[1:]]

    assert asyncio.run(main()) == [200] * 39
    assert [name.split("_")[0] for name in made] == ["report"]


def test_of_a_brand_one_report_is_made_at_a_time(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    a_day(here, cinar)
    program, other = here.program("cinar"), here.program("isik")
    begun, go_on, make = threading.Event(), threading.Event(), days_kept._make

    def slow(*arguments: Any) -> Made:
        begun.set()
        assert go_on.wait(60)
        return make(*arguments)

    monkeypatch.setattr(days_kept, "_make", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(program.get, f"{B}/agreements/{DAY}")
        try:
            assert begun.wait(60)
            for path in (f"agreements/{DAY}?type=MESAJ", "agreements/2026-11-23", f"changes/{DAY}/file?type=ARAMA"):
                refused = here.program("cinar").get(f"{B}/{path}")
                assert (refused.status_code, codes(refused)) == (503, ["H123"])
                assert refused.headers["retry-after"] == "2"
            assert other.get(f"{brand(ISIK)}/agreements/{DAY}").status_code == 204
        finally:
            go_on.set()
        assert first.result().status_code == 200
    assert program.get(f"{B}/agreements/{DAY}?type=MESAJ").status_code == 200


def test_what_nobody_waits_for_any_more_is_not_begun(here: Desk) -> None:
    store, apart = here.registry.store, WorkPool("test", 1)
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def work(name: str) -> str:
        begun.set()
        assert go_on.wait(60)
        done.append(name)
        return name

    async def main() -> str:
        tasks = {
            name: asyncio.create_task(apart.share(store, name, name, work, name)) for name in ("first", "gone", "last")
        }
        kept = asyncio.create_task(apart.share(store, "last", "last", work, "last"))
        assert await asyncio.to_thread(begun.wait, 60)
        for task in tasks.values():
            task.cancel()
        await asyncio.wait(tasks.values())
        go_on.set()
        return await kept

    assert asyncio.run(main()) == "last"
    assert done == ["first", "last"], "what was begun goes on"
    assert asyncio.run(apart.share(store, "gone", "again", work, "again")) == "again"


@pytest.mark.parametrize(
    ("path", "module", "name", "threads"),
    [
        (f"{B}/changes/{DAY}/recipients/BIREYSEL", days_kept, "running", "report"),
        (f"/sps/{CINAR}/subscription", tallies, "people", "subscription"),
        (f"{B}/retailers", accesses, "counts", "dealer"),
    ],
)
def test_what_takes_long_has_threads_of_its_own(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, path: str, module: Any, name: str, threads: str
) -> None:
    add_shop(cinar)
    seen, do = list[str](), getattr(module, name)

    def watched(*arguments: Any) -> Any:
        seen.append(threading.current_thread().name)
        return do(*arguments)

    monkeypatch.setattr(module, name, watched)
    assert cinar.get(path).status_code == 200
    assert [one.split("_")[0] for one in seen] == [threads]
