"""A witness file that was changed or replaced is told, also where what is left in it fits; a right one never is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from consents.registry import Registry
from evidence import incremental, witness_beginnings, witness_file
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.witness import NOTHING, WitnessCompared
from evidence.witness_beginnings import BegunOtherwise
from evidence.witness_file import Unwitnessed
from evidence.witness_file import line as witness_file_line
from tests.conftest import SECRET, Clock, Opener
from tests.evidence.conftest import run
from tests.evidence.test_incremental import other
from tests.test_witness_file import Izin, imported

SHORT = ("verify", "--since-checkpoint")


@pytest.fixture
def izin(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Izin:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("WITNESS_FILE", str(tmp_path / "checkpoints"))
    return Izin(monkeypatch, capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def proved(izin: Izin) -> Izin:
    """A registry whose file has several lines, all of which a proof has compared."""
    izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar")
    for number in (1, 2, 3):
        imported(izin, number)
    status, _, told = izin("verify")
    assert (status, told) == (0, "")
    return izin


def named(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr(witness_beginnings.socket, "gethostname", lambda: machine)


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines(keepends=True)


CHANGED: dict[str, Callable[[list[str]], list[str]]] = {
    "a line taken out": lambda lines: [*lines[:2], *lines[3:]],
    "the first line taken out": lambda lines: lines[1:],
    "the last line and another taken out": lambda lines: [*lines[:-3], lines[-2]],
    "begun anew": lambda lines: lines[-1:],
    "rotated": lambda lines: lines[-2:],
    "a line made unreadable": lambda lines: [lines[0], "#" + lines[1], *lines[2:]],
    "a remark before it": lambda lines: ["# kept by the registrar\n", *lines],
    "the last end of line gone": lambda lines: [*lines[:-1], lines[-1][:-1]],
    "other ends of lines": lambda lines: [line.replace("\n", "\r\n") for line in lines],
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_changed_file_is_told_by_each_proof_until_the_whole_one_and_fails_none(
    proved: Izin, file: Path, change: Callable[[list[str]], list[str]]
) -> None:
    compared = file.stat().st_size
    file.write_bytes("".join(change(lines_of(file))).encode())
    for _ in range(2):
        status, said, told = proved(*SHORT)
        assert (status, "what is new is whole" in said) == (0, True)
        turkish, english = told.splitlines()
        assert turkish.startswith(f"izin: UYARI: tanık dosyası {file} artık ")
        assert f"karşılaştırılan ilk {compared} baytla başlamıyor (şimdi " in turkish
        assert turkish.endswith("bunu yeniden söyler; izin verify son kez söyler ve dosyayı bu haliyle tanır")
        assert english.startswith(f"izin: WARNING: the witness file {file} no longer begins with the {compared} bytes")
        assert english.endswith("izin verify says it for the last time and takes the file as it is")
    status, said, told = proved("verify")
    assert (status, "the registry is whole" in said) == (0, True)
    assert "From now on it is known as it is" in told
    assert "Dosya bundan böyle bu haliyle tanınır" in told
    assert proved("verify")[2] == proved(*SHORT)[2] == ""


@pytest.mark.parametrize("words", [SHORT, ("verify",)], ids=["short", "whole"])
def test_a_file_without_its_last_line_is_told_until_the_line_is_there_again(
    proved: Izin, file: Path, words: tuple[str, ...]
) -> None:
    """Whoever signs adds it."""
    right = file.read_text()
    file.write_text("".join(lines_of(file)[:-1]))
    assert "no longer begins with" in proved(*words)[2]
    assert file.read_text() == right
    assert proved(*words)[2] == ""


def test_the_time_and_the_length_that_are_told_are_those_of_the_last_comparison(
    proved: Izin, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(proved, 4)
    assert proved(*SHORT)[2] == ""
    compared = file.stat().st_size
    imported(proved, 5)
    file.write_text("".join(lines_of(file)[2:]))
    told = proved(*SHORT)[2]
    assert f"begins with the {compared} bytes that were compared on 20" in told
    assert f"(it has {file.stat().st_size} bytes now)" in told


def test_a_changed_file_that_does_not_fit_is_told_beside_the_fault_and_not_taken_for_known(
    proved: Izin, file: Path, sqlite_url: str
) -> None:
    with Registry.open(sqlite_url, SECRET) as registry:
        size = int(lines_of(file)[1].split()[1])
        wrong = witness_file_line(LogKey.of(registry.keyring), other(registry, size))
    right = file.read_text()
    file.write_text("".join([wrong, *lines_of(file)]))
    for words in (SHORT, ("verify",), SHORT):
        status, said, told = proved(*words)
        assert (status, said) == (1, "")
        assert "no longer begins with" in told
        assert told.splitlines()[-1].startswith(f"izin: checkpoint {size} stands in {file}")
    file.write_text(right)
    assert proved(*SHORT)[2] == ""


def test_of_a_file_that_is_gone_the_fault_alone_tells(proved: Izin, file: Path) -> None:
    file.unlink()
    for words in (SHORT, ("verify",)):
        status, _, told = proved(*words)
        assert (status, len(told.splitlines()), f"the witness file {file} is missing" in told) == (1, 1, True)
    told = proved("verify", "--accept-unwitnessed")[2]
    assert (len(told.splitlines()), told.startswith("Tanıksız kabul edildi")) == (1, True)
    assert proved(*SHORT)[2] == proved("verify")[2] == ""
    file.write_text("# by somebody\n" + file.read_text())
    assert "no longer begins with" in proved(*SHORT)[2]


def grown(izin: Izin, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (4, 5):
        imported(izin, number)


def torn_at_its_end(izin: Izin, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with file.open("a") as open_file:
        open_file.write("izin-log/0123")


def moved(izin: Izin, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(izin, 4)
    monkeypatch.setenv("WITNESS_FILE", str(shutil.move(file, file.with_name("elsewhere"))))


def of_a_machine_with_another_name(izin: Izin, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(izin, 4)
    named(monkeypatch, "of-today")


def copied_by_its_bytes(izin: Izin, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a restored disk has it: another file, of other times and rights."""
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)


@pytest.mark.parametrize("event", [grown, torn_at_its_end, moved, of_a_machine_with_another_name, copied_by_its_bytes])
@pytest.mark.parametrize("words", [SHORT, ("verify",)], ids=["short", "whole"])
def test_what_happens_to_a_right_file_is_no_finding(
    proved: Izin,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    event: Callable[[Izin, Path, pytest.MonkeyPatch], None],
    words: tuple[str, ...],
) -> None:
    event(proved, file, monkeypatch)
    for _ in range(2):
        status, _, told = proved(*words)
        assert (status, told) == (0, "")


def test_a_backup_of_the_database_that_lacks_nothing_signed_is_no_finding(
    proved: Izin, file: Path, tmp_path: Path, sqlite_url: str
) -> None:
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    copy = shutil.copy(database, tmp_path / "copy.db")
    for _ in range(2):  # proofs whose notes the backup lacks
        assert proved(*SHORT)[0] == 0
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    shutil.copy(copy, database)
    assert proved(*SHORT)[2] == ""


def test_a_change_after_the_comparison_is_not_taken_for_compared(
    proved: Izin, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify, right = incremental.verify, file.read_text()

    def meanwhile(*given: Any) -> object:
        proof = verify(*given)
        file.write_text("".join(lines_of(file)[1:]))
        return proof

    with monkeypatch.context() as patch:
        patch.setattr(incremental, "verify", meanwhile)
        assert "no longer begins with" in proved(*SHORT)[2]
    assert "no longer begins with" in proved(*SHORT)[2]
    file.write_text(right)
    assert proved(*SHORT)[2] == ""


def noted(registry: Registry, file: Path, *, anew: bool = False) -> BegunOtherwise | None:
    """What is said of a file all of whose bytes were compared just now, which is written down as the commands do."""
    content = file.read_bytes()
    said = witness_beginnings.find_fault(registry, file, strict=not anew)
    if anew or said is None or not said.known:
        witness_beginnings.note(registry, file, WitnessCompared(0, len(content), sha256(content).digest()))
    return said


def test_each_machine_is_held_to_its_own_file(
    registry: Registry, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.write_text("a\n")
    there.write_text("b\n")

    def on(machine: str, file: Path) -> BegunOtherwise | None:
        named(monkeypatch, machine)
        clock.forward(minutes=1)
        return noted(registry, file)

    assert on("site", here) is None, "nothing was known before"
    first = on("worker", there)
    assert first is not None
    assert (first.known, first.before.machine, first.before.path) == (False, "site", str(here)), "said once"
    for number in range(3):  # in turn, as two machines that grow apart
        for machine, file in (("site", here), ("worker", there)):
            with file.open("a") as lines:
                lines.write(f"{machine} {number}\n")
            assert on(machine, file) is None
    compared = clock.now
    size = there.stat().st_size
    shutil.copy(here, there)  # each line of which was compared, on the other one
    assert on("site", here) is None
    for _ in range(2):
        told = on("worker", there)
        assert told is not None
        assert (told.known, told.machine, told.before.length, told.before.at) == (True, "worker", size, compared)
    named(monkeypatch, "worker")
    assert noted(registry, there, anew=True) == told
    assert on("worker", there) is None


def test_a_machine_that_changed_its_name_and_whose_file_was_changed_is_told_once(
    registry: Registry, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a container that gets another name at each start, with its file on a disk that lasts."""
    file = tmp_path / "checkpoints"
    file.write_text("a\nb\n")
    named(monkeypatch, "c1")
    assert noted(registry, file) is None
    file.write_text("b\nc\n")
    named(monkeypatch, "c2")
    told = witness_beginnings.find_fault(registry, file, strict=True)
    assert told is not None
    assert (told.known, told.before.machine, told.length) == (False, "c1", 4)
    clock.forward(minutes=1)
    assert noted(registry, file) == told
    named(monkeypatch, "c3")
    clock.forward(minutes=1)
    assert noted(registry, file) is None
    file.write_text("c\n")
    named(monkeypatch, "c4")
    again = witness_beginnings.find_fault(registry, file, strict=True)
    assert again is not None
    assert (again.before.machine, again.before.at) == ("c3", clock.now), "the newest one"


def test_what_one_machine_begins_anew_says_nothing_of_the_files_of_others(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "checkpoints"
    file.write_text("a\n")
    named(monkeypatch, "site")
    assert noted(registry, file) is None
    named(monkeypatch, "worker")
    witness_beginnings.note(registry, file, NOTHING)  # accepted without a witness
    file.write_text("b\n")
    assert witness_beginnings.find_fault(registry, file, strict=True) is None
    for machine, known in (("site", True), ("new", False)):
        named(monkeypatch, machine)
        told = witness_beginnings.find_fault(registry, file, strict=True)
        assert told is not None
        assert (told.known, told.before.machine) == (known, "site")


def test_the_command_says_of_a_new_machines_file_that_it_is_new(
    proved: Izin, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("".join(lines_of(file)[-2:]))
    named(monkeypatch, "worker-2")
    status, _, told = proved(*SHORT)
    turkish, english = told.splitlines()
    assert (status, "UYARI" in told, "WARNING" in told) == (0, False, False)
    assert turkish.startswith(f"izin: tanık dosyası {file} worker-2 makinesinde ilk kez karşılaştırıldı")
    assert english.startswith(f"izin: the witness file {file} is compared on worker-2 for the first time")
    assert proved(*SHORT)[2] == ""


FORGED = {
    "length": "UPDATE witness_beginning SET length = 2",
    "digest": "UPDATE witness_beginning SET digest = mark",
    "machine": "UPDATE witness_beginning SET machine = 'another'",
    "path": "UPDATE witness_beginning SET path = '/another'",
    "time": "UPDATE witness_beginning SET at = at + 1",
    "mark": "UPDATE witness_beginning SET mark = digest",
}


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED)
def test_a_forged_note_is_a_fault_until_all_is_looked_at(registry: Registry, tmp_path: Path, statement: str) -> None:
    file = tmp_path / "checkpoints"
    file.write_text("a\nb\n")
    assert noted(registry, file) is None
    run(registry, statement)
    with pytest.raises(LogFault, match="witness_beginning was not written by this registry"):
        noted(registry, file)
    assert witness_beginnings.find_fault(registry, file, strict=False) is None, "beside another fault"
    assert noted(registry, file, anew=True) is None
    assert noted(registry, file) is None
    file.write_text("b\n")
    assert noted(registry, file) is not None


def test_beside_another_fault_a_table_that_cannot_be_read_says_nothing(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints"
    file.write_text("a\n")
    assert noted(registry, file) is None
    file.write_text("b\n")
    assert witness_beginnings.find_fault(registry, file, strict=False) is not None
    run(registry, "DROP TABLE witness_beginning")
    assert witness_beginnings.find_fault(registry, file, strict=False) is None
    with pytest.raises(registry.store.engine.dialect.loaded_dbapi.DatabaseError):
        witness_beginnings.find_fault(registry, file, strict=True)


def test_the_command_tells_a_forged_note_and_goes_on_after_the_whole_proof(proved: Izin, sqlite_url: str) -> None:
    with Registry.open(sqlite_url, SECRET) as registry:
        run(registry, FORGED["length"])
    status, _, told = proved(*SHORT)
    assert (status, "witness_beginning was not written by this registry: run izin verify" in told) == (1, True)
    assert proved("verify")[0] == 0
    assert proved(*SHORT)[::2] == (0, "")


def test_what_is_known_outlives_a_change_of_keys(
    sqlite_url: str, open_registry: Opener, tmp_path: Path, proved: Izin, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_PREVIOUS", SECRET)
    monkeypatch.setenv("SECRET_KEY", "another-secret-that-is-long-enough")
    assert proved("rekey")[0] == 0
    assert proved(*SHORT)[::2] == (0, "")
    file.write_text("".join(lines_of(file)[1:]))
    assert "no longer begins with" in proved(*SHORT)[2]


def test_a_path_that_is_no_text_is_noted(registry: Registry, tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    file.write_text("a\n")
    assert noted(registry, file) is None
    file.write_text("b\n")
    told = noted(registry, file)
    assert told is not None
    assert told.path.endswith("/\\udcff")


@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_beginnings_of_several_lengths_are_looked_for_in_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(witness_file, "BLOCK", block)
    file, content = tmp_path / "file", b"abcdefgh"
    assert not witness_file.begins(file, [(1, sha256(b"a").digest())]), "there is none"
    file.write_bytes(content)
    right = {length: (length, sha256(content[:length]).digest()) for length in (1, 4, 8)}
    for length in right:
        wrong = [(other_length, bytes(32)) for other_length in (2, 4, 9)]
        assert witness_file.begins(file, [*wrong, right[length]])
        assert not witness_file.begins(file, wrong)
    assert not witness_file.begins(file, [])
    assert not witness_file.begins(file, [(9, sha256(content).digest())]), "shorter than what was compared"
    assert witness_file.begins(file, [(0, sha256(b"").digest())])
    with pytest.raises(Unwitnessed):
        witness_file.begins(tmp_path, [right[1]])
