"""A file is put in the order of its sealed addresses a window at a time: no row is lost, refusals keep its order."""

from __future__ import annotations

import csv
import gc
import json
import subprocess
import sys
import threading
from itertools import product
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from consents.dates import Form
from consents.keys import Keyring
from consents.people.held_keys import PURPOSES, make
from consents.registry import Registry
from consents.store import Statement
from providers.uploads import BadFile, file_rows, pipeline, reading
from providers.uploads.files.file_header import Layout
from providers.uploads.loading import Order, load
from providers.uploads.pipeline import ReaderDied
from providers.uploads.reading import ReadingJob, contents
from tests import ROOT, case
from tests.providers.uploads.conftest import DEALERS, HEADER, NOW
from tests.providers.uploads.test_load import add_brand

KEYS = {purpose: make(purpose) for purpose in PURPOSES}
_UPLOADS = Statement(text("SELECT id FROM upload"))
WORDS = "MESAJ;HS_WEB;{};BIREYSEL;2026-11-23 10:15:00"


def address(number: int) -> str:
    return f"+90532000{number:04}"


def row(number: int, refused: bool) -> str:
    return f"{address(number)};{WORDS.format('VAR' if refused else 'ONAY')}"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of ten, parts of two, chunks of four rows."""
    monkeypatch.setattr(reading, "FIRST", 10)
    monkeypatch.setattr(reading, "WINDOW", 10)
    monkeypatch.setattr(reading, "PART", 2)
    monkeypatch.setattr("providers.uploads.file_rows._CHUNK", 4)


# Which of a file's rows are refused: of every chunk, of none, at the edges of a window or all over it.
PATTERNS = {
    "none": set[int](),
    "all": set(range(1, 64)),
    "every second": set(range(1, 64, 2)),
    "first of each chunk": set(range(1, 64, 4)),
    "last of each chunk": set(range(4, 64, 4)),
    "whole chunks": {number for number in range(1, 64) if number // 4 % 2},
    "a long stretch": set(range(15, 40)),
    "the end": {62, 63},
    "one": {33},
}


@pytest.mark.usefixtures("small")
def test_every_row_comes_out_once_whatever_is_refused_beside_it(tmp_path: Path) -> None:
    for count, refused in product([1, 4, 9, 10, 11, 40, 63], PATTERNS.values()):
        with case(count, refused):
            path = tmp_path / "a.csv"
            path.write_text(
                "\n".join([HEADER, *(row(number, number in refused) for number in range(1, count + 1))]) + "\n"
            )
            chunks = list(contents(ReadingJob(str(path), "iys", NOW, DEALERS, KEYS)))
            keyring = Keyring(KEYS)
            found = {line[1]: keyring.unseal(line[0]) for lines, *_ in chunks for line in lines}
            turned_away = [refusal[0] for _, refusals, *_ in chunks for refusal in refusals]
            taken = [number for number in range(1, count + 1) if number not in refused]
            assert found == {number: address(number) for number in taken}
            assert sum(len(lines) for lines, *_ in chunks) == len(taken)
            assert turned_away == [number for number in range(1, count + 1) if number in refused]
            assert sum(seen for _, _, _, seen, *_ in chunks) == count
            assert sum(sum(codes.values()) for _, _, _, _, codes, *_ in chunks) == len(
                refused & set(range(1, count + 1))
            )
            assert_in_stretches(chunks)


def assert_in_stretches(chunks: list[tuple[Any, ...]]) -> None:
    """What comes before a mark stands before what comes after it; no stretch holds more than a window and a chunk."""
    assert chunks[-1][5]
    behind, stretch = 0, list[int]()
    for rows, refusals, _, _, _, last, *_ in chunks:
        stretch += [row[1] for row in rows] + [refusal[0] for refusal in refusals]
        if last:
            assert not stretch or min(stretch) > behind
            assert len(stretch) < 10 + 4
            behind, stretch = max([behind, *stretch]), []
    assert not stretch


@pytest.mark.parametrize(
    ("each", "most"),
    [pytest.param(1, 50_000, marks=pytest.mark.long), (10, 100_000)],
    ids=["every row is refused", "every tenth"],
)
def test_windows_grow_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: int, most: int) -> None:
    """With the real sizes: nothing is held without bound, refusals least of all. The first are small, so that the
    importer soon has something to do, and each is half as large again."""
    monkeypatch.setattr(file_rows, "HOPELESS", 10**9)  # a file of refused rows alone would be given up
    path, times = tmp_path / "a.csv", most * 6 // 10_000
    rows = [row(number, not number % each) for number in range(1, 9_999)]
    path.write_text("\n".join([HEADER, *rows * times]) + "\n")
    stretches = [0]
    for some, refusals, _, _, _, last, *_ in contents(ReadingJob(str(path), "iys", NOW, DEALERS, KEYS)):
        assert len(refusals) < 6_000 + 2_000
        stretches[-1] += len(some) + len(refusals)
        if last:
            stretches.append(0)
    *whole, _, after = stretches
    assert after == 0
    least = 5_000
    for stretch in whole:
        assert least <= stretch < least + 2_000
        least = min(least * 3 // 2, most)
    assert least == most
    assert sum(stretches) == times * 9_998


def test_refused_rows_stand_in_the_order_of_the_file_whoever_refused_them(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader finds a wrong word, the ledger a date that is too old: the ledger comes to its rows last."""
    brand = registry.store.write_now(add_brand)
    monkeypatch.setattr("providers.uploads.pipeline._COMMAND", small_reader())
    late = WORDS.format("ONAY").replace("2026-11-23", "2026-11-02")
    path, out = tmp_path / "a.csv", tmp_path / "refused.csv"
    lines = [
        (row(number, True), f"{address(number)};{late}", row(number, False))[number % 3] for number in range(1, 61)
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    tally = load(registry, Order(path, brand, refusals=out))
    with out.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    found = [(int(line["row"]), line["code"]) for line in written]
    assert all(int(line["line"]) == int(line["row"]) + 1 for line in written)
    assert (tally.recorded, tally.refused) == (20, 40)
    assert found == [(number, "H467" if number % 3 else "H115") for number in range(1, 61) if number % 3 != 2]


def small_reader() -> tuple[str, ...]:
    """The reading process with windows of ten rows."""
    root = json.dumps(str(ROOT))
    program = f"import sys; sys.path.insert(0, {root})\nfrom providers.uploads import reading, file_rows\n"
    return (
        sys.executable,
        "-c",
        program + "reading.FIRST, reading.WINDOW, reading.PART, file_rows._CHUNK = 10, 10, 2, 4\nreading.main()",
    )


def test_no_room_for_the_rows_is_told_in_words(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    full = (
        "from providers.uploads import reading, runs\n"
        "def full(*given): raise OSError(28, 'No space left on device')\n"
        "runs.Runs.add = full\n"
        "reading.main()"
    )
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-c", full))
    monkeypatch.chdir(ROOT)
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{row(1, refused=False)}\n")
    with pytest.raises(ReaderDied, match=r"no room in .* TMPDIR"):
        load(registry, Order(path, registry.store.write_now(add_brand)))
    assert "Traceback" not in capfd.readouterr().err


# A reading process that says nothing after its first rows: a disk that hangs.
SILENT = """
import time
write = reading._Sender.write
def silent(self, message):
    write(self, message)
    if message[0] == "chunk" and message[1][0]:
        time.sleep(3600)
reading._Sender.write = silent
reading.main()
"""


class GivenUp(Exception):
    """Whoever loads has had enough."""


def test_who_gives_up_does_not_wait_for_a_reader_that_says_nothing(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = registry.store.write_now(add_brand)
    python, option, program = small_reader()
    monkeypatch.setattr(pipeline, "_COMMAND", (python, option, program.replace("\nreading.main()", SILENT)))
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *(row(number, refused=False) for number in range(1, 61))]) + "\n")

    def give_up(rows: int) -> None:
        if rows:
            raise GivenUp

    with pytest.raises(GivenUp):
        load(registry, Order(path, brand), give_up)
    assert not readers()
    assert not [thread for thread in threading.enumerate() if thread.name in ("izin-staging", "izin-ahead")]


def test_the_reader_ends_with_a_loading_that_cannot_begin(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = registry.store.write_now(add_brand)
    waiting = "import time  # in the place of providers.uploads.reading\ntime.sleep(3600)"
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-c", waiting))
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{row(1, refused=False)}\n")
    with pytest.raises(OSError, match="nowhere"):
        load(registry, Order(path, brand, refusals=tmp_path / "nowhere" / "refused.csv"))
    assert not readers()


def test_a_reader_that_gets_no_job_ends_without_a_word() -> None:
    """The importer was killed while it found out how the dates are written."""
    ended = subprocess.run(pipeline._COMMAND, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_file_whose_dates_are_not_clear_begins_nothing(registry: Registry, tmp_path: Path) -> None:
    brand = registry.store.write_now(add_brand)
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{row(1, refused=False).replace('2026-11-23', '05.06.2026')}\n")
    with pytest.raises(BadFile) as asked:
        load(registry, Order(path, brand))
    assert asked.value.reason == "dates"
    assert not readers()
    assert registry.store.read_now(lambda snapshot: snapshot.all(_UPLOADS)) == []


def test_a_file_that_cannot_be_read_is_the_readers_to_tell_of(tmp_path: Path) -> None:
    job = ReadingJob(str(tmp_path / "gone.csv"), None, NOW, DEALERS, KEYS)
    with pytest.raises(ReaderDied, match="cannot be read"), pipeline.sealed_chunks(job) as chunks:
        list(chunks)


def test_a_reader_that_dies_before_it_has_its_job_is_told_of_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{row(1, refused=False)}\n")

    begin, begun = subprocess.Popen, list[subprocess.Popen[bytes]]()

    def noted(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
        begun.append(begin(*given, **named))
        return begun[-1]

    def late(path: Path, name: str | None, layout: Layout) -> Form:
        """Finds out how the dates are written once the reader has died."""
        begun[0].wait(60)
        return Form.IYS

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-I", "-c", ""))
    monkeypatch.setattr(pipeline, "detect_form", late)
    with pytest.raises(ReaderDied), pipeline.sealed_chunks(ReadingJob(str(path), None, NOW, DEALERS, KEYS)) as chunks:
        list(chunks)


def test_a_small_file_that_a_site_loads_leaves_its_collector_of_garbage_alone(
    registry: Registry, tmp_path: Path
) -> None:
    """A site's own values are frozen: were they let go of, each whole collection would hold it up."""
    brand = registry.store.write_now(add_brand)
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{row(1, refused=False)}\n")
    gc.freeze()
    before = gc.get_freeze_count(), gc.get_threshold()
    assert load(registry, Order(path, brand)).recorded == 1
    count, threshold = gc.get_freeze_count(), gc.get_threshold()
    assert threshold == before[1]
    assert 0.9 * before[0] < count <= before[0], "some of them may have been deleted"


def readers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "providers.uploads" in " ".join(one.cmdline())]


# A reading process that is killed while it sends; {} is what it has sent before.
KILLED = """
import marshal, os, signal, struct, sys
sys.stdin.buffer.read()
out = sys.stdout.buffer
for message in {}:
    content = marshal.dumps(message)
    out.write(struct.pack("<Q", len(content)) + content)
content = marshal.dumps(("chunk", "x" * 1_000))
out.write(struct.pack("<Q", len(content)) + content[:500])
out.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_reader_that_is_killed_in_the_middle_of_a_message_is_told_of_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ReadingJob(str(tmp_path / "a.csv"), "iys", NOW, DEALERS, KEYS)
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-I", "-c", KILLED.format([])))
    with pytest.raises(ReaderDied), pipeline.sealed_chunks(job) as chunks:
        list(chunks)
    monkeypatch.setattr(pipeline, "_COMMAND", (sys.executable, "-I", "-c", KILLED.format([("bounded", None)])))
    with pytest.raises(BadFile) as refused, pipeline.sealed_chunks(job) as chunks:
        list(chunks)  # it had bounded itself, and asked for more
    assert refused.value.reason == "too_large"
