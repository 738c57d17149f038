"""The report of a day: İYS's day file, its hash, its totals, and where its time stamp goes."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents import dates, history
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import PENDING
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Snapshot, Statement, Store, Transaction
from consents.store.gates.gate import KEY_ROWS
from consents.terms import Actor, Door
from providers.api import wire
from providers.days import day_reports
from tests import ROOT
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import AYSE, CINAR, MEHMET, World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    EPOSTA,
    HOUR,
    HS_WEB,
    IYS_WEB,
    MESAJ,
    MINUTE,
    SECOND,
    TACIR,
    UNDATED,
    Deeds,
    onay,
    ret,
)

TODAY = date(2026, 11, 24)
HEADER = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
SHA384_OF_HEADER = hashlib.sha384(HEADER.encode()).hexdigest()


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def world(registry: Registry) -> World:
    return furnish(registry)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where reports go; not there yet."""
    return tmp_path / "reports" / "new"


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def cinar(registry: Registry) -> KnownBrand:
    brand = registry.store.read_now(companies.known_brand, CINAR)
    assert brand
    return brand


def report(
    deeds: Deeds, folder: Path, day: date = TODAY, stamp: Callable[[bytes], bytes | None] | None = None
) -> day_reports.WrittenReport:
    return day_reports.write(deeds.registry, cinar(deeds.registry), day, folder, stamp)


def rows(deeds: Deeds, folder: Path, day: date = TODAY) -> list[dict[str, str]]:
    """The day file as a program reads it."""
    with report(deeds, folder, day).files[0].open(newline="", encoding="ascii") as file:
        return list(csv.DictReader(file, strict=True))


def stats(folder: Path, channel: str, side: str, day: date = TODAY) -> tuple[int, int, int, int]:
    """(approval, rejection, pending, total) in the totals that were written."""
    found = json.loads((folder / f"{CINAR}-{day}-totals.json").read_text())
    [consents] = [entry["consents"] for entry in found["changeStats"] if entry["type"] == channel]
    [numbers] = [entry for entry in consents if entry["source"] == side]
    return numbers["approval"], numbers["rejection"], numbers["pending"], numbers["total"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# -- the day file --------------------------------------------------------------------------------------------


def test_every_movement_of_the_day_is_a_line_and_not_only_the_last(
    deeds: Deeds, world: World, key: Key, clock: Clock, folder: Path
) -> None:
    deeds.declares(onay(key, NOON - 3 * DAY))
    deeds.declares(onay(key._replace(brand=world.isik), NOON))
    clock.forward(minutes=1)
    deeds.decides(key, status=RET)
    clock.forward(minutes=1)
    deeds.decides(key._replace(recipient=world.mehmet, channel=ARAMA, identity=TACIR), status=ONAY, door=Door.SMS)

    def name(event: int, minutes: float) -> str:
        return deeds.registry.keyring.transaction_id(event, NOON + round(minutes * MINUTE))

    assert report(deeds, folder).files[0].read_text() == (
        f"{HEADER}"
        f"2026-11-24 12:00:00,{name(1, 0)},{AYSE},BIREYSEL,MESAJ,ONAY,2026-11-21 12:00:00,HS_WEB\n"
        f"2026-11-24 12:01:00,{name(3, 1)},{AYSE},BIREYSEL,MESAJ,RET,2026-11-24 12:01:00,IYS_WEB\n"
        f"2026-11-24 12:02:00,{name(4, 2)},{MEHMET},TACIR,ARAMA,ONAY,2026-11-24 12:02:00,IYS_KISAMESAJ\n"
    )


def test_a_day_without_movements_is_a_header(deeds: Deeds, world: World, folder: Path) -> None:
    written = report(deeds, folder)
    assert written.files[0].read_bytes() == HEADER.encode()
    assert (written.rows, written.counts, written.sha384) == (0, {}, SHA384_OF_HEADER)


def test_movements_of_one_second_are_in_the_order_of_their_transaction_ids(
    deeds: Deeds, key: Key, clock: Clock, folder: Path
) -> None:
    keys = [key._replace(channel=channel, identity=identity) for channel in (0, 1, 2) for identity in (0, 1)]
    for status in (RET, ONAY, RET):  # 18 acts in the first second, 18 in the next
        for one in keys:
            deeds.decides(one, status=status)
            clock.forward(seconds=0.05)
    clock.now = NOON + SECOND
    for status in (ONAY, RET, ONAY):
        for one in keys:
            deeds.decides(one, status=status)
    order = [(row["creationDate"], row["transactionId"]) for row in rows(deeds, folder)]
    assert order == sorted(order)
    assert len({name for _, name in order}) == len(order) == 36
    assert {second for second, _ in order} == {"2026-11-24 12:00:00", "2026-11-24 12:00:01"}
    numbers = [deeds.registry.keyring.event(name) for _, name in order]
    assert numbers == list(range(1, 37)), "in that of their recording too"


def test_seconds_of_an_earlier_version_are_in_the_order_of_its_ids(
    deeds: Deeds, key: Key, clock: Clock, folder: Path
) -> None:
    for status in (RET, ONAY) * 20:
        deeds.decides(key, status=status)
    clock.now = NOON + SECOND
    for status in (RET, ONAY) * 4:
        deeds.decides(key, status=status)
    # The upgrade came in the middle of a second.
    keyring = Keyring(deeds.registry.keyring.keys, rising_from=31)
    registry = dataclasses.replace(deeds.registry, keyring=keyring)
    day_reports.write(registry, cinar(registry), TODAY, folder)
    lines = (folder / f"{CINAR}-{TODAY}.csv").read_text().splitlines()[1:]
    order = [tuple(line.split(",")[:2]) for line in lines]
    assert order == sorted(order)
    numbers = [keyring.event(name) for _, name in order]
    assert sorted(numbers[:40]) == list(range(1, 41))  # type: ignore[type-var]
    assert numbers[:40] != list(range(1, 41)), "ids of the earlier version do not rise"
    assert numbers[40:] == list(range(41, 49))


@pytest.mark.parametrize("day", [TODAY, date(2026, 12, 31), date(2028, 2, 29)], ids=str)
def test_a_day_begins_and_ends_at_midnight_in_istanbul(
    deeds: Deeds, key: Key, clock: Clock, folder: Path, day: date
) -> None:
    midnight, next_midnight = dates.day_bounds(day)
    for moment in (midnight - 1, midnight, next_midnight - 1, next_midnight):
        clock.now = moment
        deeds.declares(onay(key, moment))
    days = [day - timedelta(days=1), day, day + timedelta(days=1)]
    found = [[row["creationDate"] for row in rows(deeds, folder, each)] for each in days]
    assert found == [
        [f"{days[0]} 23:59:59"],
        [f"{day} 00:00:00", f"{day} 23:59:59"],
        [f"{days[2]} 00:00:00"],
    ]


def test_the_day_is_that_of_the_recording_not_of_the_word(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(ret(key, NOON - 400 * DAY))
    assert [row["consentDate"] for row in rows(deeds, folder)] == ["2025-10-20 12:00:00"]


def test_a_first_tacir_record_has_neither_date_nor_source(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key._replace(identity=TACIR), UNDATED, None))
    [row] = rows(deeds, folder)
    assert (row["recipientType"], row["status"], row["consentDate"], row["source"]) == ("TACIR", "ONAY", "", "")
    assert stats(folder, "MESAJ", "HS") == (1, 0, 0, 1)


def test_an_erased_person_has_no_address(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.decides(key, status=RET)
    who = register.person(deeds.registry.keyring, AYSE)
    deeds.store.write_now(register.erase, deeds.registry.keyring, who)
    [row] = rows(deeds, folder)
    assert (row["recipient"], row["status"]) == ("", "RET")


def test_an_address_is_written_as_it_is(deeds: Deeds, world: World, folder: Path) -> None:
    addresses = ["ayse.yilmaz+liste@example.com", "a@bb.cc", "+12025550123"]
    people = [register.person(deeds.registry.keyring, address) for address in addresses]
    numbers = deeds.store.write_now(register.enrol_all, deeds.registry.keyring, people)
    deeds.declares(*(onay(Key(number, world.cinar, EPOSTA, BIREYSEL), NOON) for number in numbers))
    assert sorted(row["recipient"] for row in rows(deeds, folder)) == sorted(addresses)


def test_an_undo_is_a_movement_of_its_own(deeds: Deeds, key: Key, clock: Clock, folder: Path) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    act = deeds.decides(key, status=RET).act
    assert act is not None
    clock.forward(minutes=3)
    deeds.undoes(act)
    found = [(row["status"], row["source"], row["consentDate"]) for row in rows(deeds, folder)]
    assert sorted(found) == [
        ("ONAY", "HS_WEB", "2026-11-24 11:00:00"),
        ("ONAY", "IYS_WEB", "2026-11-24 12:03:00"),
        ("RET", "IYS_WEB", "2026-11-24 12:00:00"),
    ]
    assert stats(folder, "MESAJ", "IYS") == (1, 1, 0, 2)


def test_what_waits_for_the_citizen_reads_as_a_refusal_and_counts_as_pending(
    deeds: Deeds, key: Key, clock: Clock, folder: Path
) -> None:
    deeds.decides(key, status=RET)
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [PENDING]
    found = [(row["status"], row["source"], row["consentDate"]) for row in rows(deeds, folder)]
    assert found == [("RET", "IYS_WEB", "2026-11-24 12:00:00"), ("RET", "HS_WEB", "2026-11-24 12:01:00")]
    assert stats(folder, "MESAJ", "HS") == (0, 0, 1, 1)
    assert stats(folder, "MESAJ", "IYS") == (0, 1, 0, 1)
    deeds.decides(key, status=ONAY)
    again = [(row["status"], row["source"]) for row in rows(deeds, folder)]
    assert sorted(again) == [("ONAY", "IYS_WEB"), ("RET", "HS_WEB"), ("RET", "IYS_WEB")]


# -- totals, hash --------------------------------------------------------------------------------------------


def test_totals_have_every_channel_and_side(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key, NOON), ret(key._replace(channel=ARAMA), NOON), onay(key._replace(identity=TACIR), NOON))
    deeds.relays(ret(key._replace(channel=ARAMA), NOON, IYS_WEB))
    written = report(deeds, folder)
    none = {"approval": 0, "rejection": 0, "pending": 0, "total": 0}
    assert json.loads(written.files[1].read_bytes()) == {
        "changeStats": [
            {
                "type": "ARAMA",
                "consents": [
                    {"source": "HS", "approval": 0, "rejection": 1, "pending": 0, "total": 1},
                    {"source": "IYS", "approval": 0, "rejection": 1, "pending": 0, "total": 1},
                ],
            },
            {
                "type": "MESAJ",
                "consents": [
                    {"source": "HS", "approval": 2, "rejection": 0, "pending": 0, "total": 2},
                    {"source": "IYS", **none},
                ],
            },
            {"type": "EPOSTA", "consents": [{"source": "HS", **none}, {"source": "IYS", **none}]},
        ]
    }
    assert written.rows == 4


def test_the_hash_is_that_of_the_bytes_in_the_form_of_sha384sum(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key, NOON))
    written = report(deeds, folder)
    data = (folder / "600101-2026-11-24.csv").read_bytes()
    assert written.sha384 == hashlib.sha384(data).hexdigest()
    assert re.fullmatch("[0-9a-f]{96}", written.sha384)
    assert (folder / "600101-2026-11-24.csv.sha384").read_text() == f"{written.sha384}  600101-2026-11-24.csv\n"
    assert [path.name for path in written.files] == [
        "600101-2026-11-24.csv",
        "600101-2026-11-24-totals.json",
        "600101-2026-11-24.csv.sha384",
    ]


# -- the same again ------------------------------------------------------------------------------------------


def a_days_history(deeds: Deeds, world: World, clock: Clock) -> None:
    """Words of both sides, an undo, an erasure, one that waits; some in one second, some in a fraction of one."""
    clock.now = NOON
    keys = [
        Key(who, world.cinar, channel, identity)
        for who in (world.ayse, world.mehmet)
        for channel in (ARAMA, MESAJ, EPOSTA)
        for identity in (BIREYSEL, TACIR)
    ]
    deeds.declares(*(onay(key, NOON - HOUR) for key in keys[:8]), *(ret(key, NOON - DAY) for key in keys[8:]))
    clock.forward(seconds=0.123_456)
    act = deeds.decides(*keys[:6], status=RET).act
    assert act is not None
    clock.forward(hours=5)
    deeds.undoes(act)
    deeds.decides(*keys[2:5], status=RET)
    clock.forward(seconds=100.5)
    assert deeds.declares(*(onay(key, clock.now - SECOND // 2) for key in keys[1:5])).count(PENDING) == 3
    who = register.person(deeds.registry.keyring, MEHMET)
    deeds.store.write_now(register.erase, deeds.registry.keyring, who)


def test_a_report_made_twice_has_the_same_bytes(deeds: Deeds, world: World, clock: Clock, folder: Path) -> None:
    a_days_history(deeds, world, clock)
    first = report(deeds, folder / "first")
    clock.forward(days=3)
    deeds.decides(Key(world.ayse, world.cinar, MESAJ, TACIR), status=ONAY)
    second = report(deeds, folder / "second")
    assert contents(folder / "first") == contents(folder / "second")
    assert (first.sha384, first.counts) == (second.sha384, second.counts)
    assert report(deeds, folder / "second").sha384 == first.sha384
    assert contents(folder / "first") == contents(folder / "second")


def test_the_time_zone_of_the_process_makes_no_difference(
    deeds: Deeds, world: World, clock: Clock, database_url: str, folder: Path
) -> None:
    a_days_history(deeds, world, clock)
    report(deeds, folder / "here")
    script = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from consents.brands import companies; from consents.registry import Registry\n"
        "from providers.days import day_reports\n"
        "with Registry.open(sys.argv[1], sys.argv[2]) as registry:\n"
        f"    brand = registry.store.read_now(companies.known_brand, {CINAR})\n"
        "    day_reports.write(registry, brand, date(2026, 11, 24), Path(sys.argv[3]))\n"
    )
    there = str(folder / "there")
    command = [sys.executable, "-c", script, database_url, SECRET, there]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "TZ": "America/Los_Angeles"}, check=True, timeout=60)
    assert contents(folder / "here") == contents(folder / "there")


def take_keys(transaction: Transaction, rows: list[tuple[Any, ...]]) -> None:
    transaction.run(Statement(text("DELETE FROM registry_key")))
    transaction.insert("registry_key", "purpose,version,wrapped", rows)


def test_both_databases_give_the_same_bytes(
    sqlite_url: str, postgresql_url: str, open_registry: Opener, clock: Clock, folder: Path
) -> None:
    one = open_registry(sqlite_url)
    with closing(Store.open(postgresql_url)) as keyless:
        keyless.write_now(take_keys, one.store.read_now(Snapshot.all, KEY_ROWS))
    other = open_registry(postgresql_url)
    for registry, name in ((one, "sqlite"), (other, "postgresql")):
        a_days_history(Deeds(registry), furnish(registry), clock)
        report(Deeds(registry), folder / name)
    assert contents(folder / "sqlite") == contents(folder / "postgresql")
    assert (folder / "sqlite" / "600101-2026-11-24.csv").read_text().count("\n") == 1 + 12 + 6 + 6 + 3 + 4


def test_only_a_day_that_is_over_is_final(deeds: Deeds, key: Key, clock: Clock, folder: Path) -> None:
    deeds.decides(key, status=RET)
    assert not report(deeds, folder).final
    _, midnight = dates.day_bounds(TODAY)
    clock.now = midnight + day_reports.GRACE - 1  # somebody may have begun before midnight and commit now
    assert not report(deeds, folder).final
    deeds.decides(key, status=ONAY)  # committed after all that
    assert report(deeds, folder).final
    assert not report(deeds, folder, TODAY + timedelta(days=1)).final
    clock.now = midnight + DAY + day_reports.GRACE
    assert report(deeds, folder, TODAY + timedelta(days=1)).final


# -- files ---------------------------------------------------------------------------------------------------


def test_a_report_that_fails_leaves_the_earlier_one_and_nothing_else(
    deeds: Deeds, key: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds.declares(onay(key, NOON))
    report(deeds, folder / "out")
    before = contents(folder / "out")
    deeds.declares(onay(key._replace(channel=ARAMA), NOON))

    def torn(*_: Any) -> Any:
        raise OSError("the disk is full")

    monkeypatch.setattr(wire, "day_lines", torn)
    with pytest.raises(OSError, match="disk is full"):
        report(deeds, folder / "out")
    assert contents(folder / "out") == before


def test_files_are_durable_before_they_take_their_places_and_the_hash_comes_last(
    deeds: Deeds, key: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds.declares(onay(key, NOON))
    synced: list[int] = []
    placed: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_ino)

    def note_replace(source: str, target: Path) -> None:
        assert os.stat(source).st_ino in synced
        assert Path(source).stat().st_size > 0
        placed.append(target.name)
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    report(deeds, folder / "out")
    name = f"{CINAR}-{TODAY}"
    assert placed == [f"{name}.csv", f"{name}-totals.json", f"{name}.csv.sha384"]
    assert synced[-1] == (folder / "out").stat().st_ino


def test_no_hash_of_other_bytes_stands_beside_a_new_file(
    deeds: Deeds, key: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(deeds, folder)
    deeds.declares(onay(key, NOON))

    def killed(*_: Any) -> Any:
        raise OSError("killed between the files")

    monkeypatch.setattr(wire, "change_stats", killed)
    with pytest.raises(OSError, match="between the files"):
        report(deeds, folder)
    assert sorted(contents(folder)) == ["600101-2026-11-24-totals.json", "600101-2026-11-24.csv"]


def test_only_the_owner_may_read_the_files(deeds: Deeds, world: World, folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in report(deeds, folder, stamp=bytes).files} == {0o600}


# -- the time stamp ------------------------------------------------------------------------------------------


def test_a_time_stamp_of_the_digest_is_put_beside_the_file(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key, NOON))
    written = report(deeds, folder, stamp=lambda digest: b"stamped " + digest)
    assert written.files[3] == folder / "600101-2026-11-24.csv.tsr"
    assert written.files[3].read_bytes() == b"stamped " + bytes.fromhex(written.sha384)


def test_the_first_time_stamp_of_the_same_bytes_is_kept(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key, NOON))
    report(deeds, folder, stamp=lambda digest: b"first")
    assert report(deeds, folder, stamp=lambda digest: b"second").files[3].read_bytes() == b"first"
    assert len(report(deeds, folder).files) == 4


def test_a_time_stamp_of_other_bytes_goes_with_them(deeds: Deeds, key: Key, folder: Path) -> None:
    report(deeds, folder, stamp=lambda digest: b"first")
    deeds.declares(onay(key, NOON))
    assert len(report(deeds, folder, stamp=lambda digest: None).files) == 3
    assert report(deeds, folder, stamp=lambda digest: b"second").files[3].read_bytes() == b"second"


def test_a_dead_time_stamp_authority_costs_no_report(deeds: Deeds, key: Key, folder: Path) -> None:
    deeds.declares(onay(key, NOON))

    def dead(digest: bytes) -> bytes:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        report(deeds, folder / "without", stamp=dead)
    report(deeds, folder / "never")
    assert contents(folder / "without") == contents(folder / "never")


# -- size ----------------------------------------------------------------------------------------------------


def many(transaction: Transaction, key: Key, start: int, count: int, each_second: int) -> None:
    """``count`` movements in acts of 1,000, so many each second."""
    for first in range(0, count, 1000):
        transaction.now = start + first // each_second * SECOND
        at = transaction.now - HOUR
        history.append(transaction, Deed(Actor.PROVIDER, Door.FILE), [(*key, ONAY, HS_WEB, at, None)] * 1000)


def peak(deeds: Deeds, folder: Path, day: date, count: int) -> int:
    """The most memory, bytes, that was in use while a day's report of so many movements was made."""
    tracemalloc.start()
    assert report(deeds, folder, day).rows == count
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.slow
def test_a_hundred_thousand_movements_take_no_more_memory_than_ten_thousand(
    deeds: Deeds, key: Key, clock: Clock, folder: Path
) -> None:
    deeds.store.write_now(many, key, NOON, 10_000, 2_000)
    deeds.store.write_now(many, key, NOON + DAY, 100_000, 2_000)
    clock.forward(days=2)
    fewer, more = (peak(deeds, folder, *day) for day in ((TODAY, 10_000), (TODAY + timedelta(days=1), 100_000)))
    assert more < 1.2 * fewer
    assert (folder / f"{CINAR}-{TODAY + timedelta(days=1)}.csv").stat().st_size > 14_000_000


@pytest.mark.slow
def test_a_second_may_hold_a_hundred_thousand_movements(deeds: Deeds, key: Key, clock: Clock, folder: Path) -> None:
    deeds.store.write_now(many, key, NOON, 100_000, 100_000)
    clock.forward(days=1)
    written = report(deeds, folder)
    assert written.rows == 100_000
    lines = written.files[0].read_bytes().splitlines()[1:]
    assert lines == sorted(lines)
    assert len(set(lines)) == 100_000


@pytest.mark.long
def test_a_second_of_a_hundred_thousand_movements_takes_no_more_memory_than_one_of_thirty_thousand(
    deeds: Deeds, key: Key, clock: Clock, folder: Path
) -> None:
    deeds.store.write_now(many, key, NOON, 30_000, 30_000)
    deeds.store.write_now(many, key, NOON + DAY, 100_000, 100_000)
    clock.forward(days=2)
    fewer, more = (peak(deeds, folder, *day) for day in ((TODAY, 30_000), (TODAY + timedelta(days=1), 100_000)))
    assert more < 1.3 * fewer


def test_a_report_is_one_view_of_the_registry(
    deeds: Deeds, key: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds.declares(onay(key, NOON))
    stream = Snapshot.stream

    def meanwhile(self: Snapshot, *arguments: Any, **more: Any) -> Any:
        deeds.declares(onay(key._replace(channel=ARAMA), NOON))
        who = register.person(deeds.registry.keyring, AYSE)
        deeds.store.write_now(register.erase, deeds.registry.keyring, who)
        return stream(self, *arguments, **more)

    monkeypatch.setattr(Snapshot, "stream", meanwhile)
    assert [row["recipient"] for row in rows(deeds, folder)] == [AYSE]
