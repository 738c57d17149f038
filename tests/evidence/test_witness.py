"""The witness outside: an older backup, or a history written anew, does not get by it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consents.registry import Registry, prepare
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot, Statement
from evidence import checkpoints, log, witness, witness_file
from evidence.checkpoints import Checkpoint, LogKey
from evidence.witness import RolledBack
from evidence.witness_file import Unwitnessed
from evidence.witness_file import line as witness_file_line
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import ARAMA, BIREYSEL, EPOSTA, MESAJ, Deeds
from tests.evidence.conftest import chronicle, run, thaw


def check(registry: Registry, path: Path) -> None:
    registry.store.read_now(witness.check, registry.keyring, path)


def verified(registry: Registry, path: Path | None) -> str | None:
    return registry.store.read_now(log.verify, registry.keyring, path)


def test_each_checkpoint_is_a_line_and_the_log_goes_on_from_the_last(
    registry: Registry, clock: Clock, witness_file: Path
) -> None:
    check(registry, witness_file)  # the first start: nothing was witnessed yet
    chronicle(registry, clock, witness_file)
    lines = witness_file.read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["0", "2", "4", "7", "9", "11"]
    assert witness_file.stat().st_mode & 0o077 == 0
    check(registry, witness_file)
    assert verified(registry, witness_file) is None


def backup(registry: Registry, folder: Path) -> Path:
    """A copy of the database as it is, made as SQLite makes one."""
    copy = folder / "backup.db"
    connection = registry.store.engine.raw_connection()
    connection.cursor().execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


@pytest.fixture
def rolled_back(
    sqlite_url: str, open_registry: Opener, clock: Clock, tmp_path: Path, witness_file: Path
) -> tuple[Registry, World]:
    """A registry on a backup that is older than what was witnessed since."""
    registry = open_registry(sqlite_url)
    world = chronicle(registry, clock, witness_file)
    copy = backup(registry, tmp_path)
    clock.forward(hours=1)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    assert log.extend(registry, witness_file)
    return open_registry(f"sqlite:///{copy}"), world


def test_an_older_backup_is_refused(rolled_back: tuple[Registry, World], witness_file: Path) -> None:
    registry, _ = rolled_back
    with pytest.raises(RolledBack, match="an older backup was brought back") as refusal:
        check(registry, witness_file)
    assert str(witness_file) in str(refusal.value)
    assert verified(registry, None) is None  # in good order, as far as it goes
    assert str(verified(registry, witness_file)).startswith("checkpoint 12 stands in")


def test_an_older_backup_that_has_gone_its_own_way_is_refused_and_never_signed(
    rolled_back: tuple[Registry, World], clock: Clock, witness_file: Path
) -> None:
    registry, world = rolled_back
    for channel in (ARAMA, MESAJ, EPOSTA):
        Deeds(registry).decides(Key(world.ayse, world.isik, channel, BIREYSEL), status=RET)
    before = witness_file.read_text()
    with pytest.raises(RolledBack):
        log.extend(registry, witness_file)
    assert witness_file.read_text() == before
    assert log.extend(registry) is not None  # without its witness nobody could tell …
    assert verified(registry, None) is None
    with pytest.raises(RolledBack):  # … but with it
        check(registry, witness_file)


def test_history_signed_anew_is_found_by_the_witness(
    sqlite_registry: Registry, clock: Clock, witness_file: Path
) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    thaw(sqlite_registry)
    run(sqlite_registry, "UPDATE consent_event SET brand = 3 - brand WHERE id = 9")
    run(sqlite_registry, "DELETE FROM checkpoint WHERE size > 2")
    run(sqlite_registry, "DELETE FROM log_head")
    run(sqlite_registry, "DELETE FROM log_tile")
    clock.forward(hours=1)
    assert log.extend(sqlite_registry) is not None
    assert verified(sqlite_registry, None) is None
    assert str(verified(sqlite_registry, witness_file)).startswith("checkpoint 11 stands in")


def test_the_newest_checkpoint_taken_away_is_missed(
    sqlite_registry: Registry, clock: Clock, witness_file: Path
) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    thaw(sqlite_registry)
    run(sqlite_registry, "DELETE FROM checkpoint WHERE size = 11")
    with pytest.raises(RolledBack):
        check(sqlite_registry, witness_file)


def cut_off(lines: list[str]) -> list[str]:
    """As by a crash in the middle of writing."""
    return [*lines[:-1], lines[-1][:40]]


def of_no_use(lines: list[str]) -> list[str]:
    return ["# kept by the registrar\n", *lines, "ağ\n", "a b c d e f\n", "\n"]


@pytest.mark.parametrize("damage", [cut_off, of_no_use], ids=["cut off", "of no use"])
def test_what_is_no_line_of_ours_proves_nothing_and_hinders_nothing(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, damage: Callable[[list[str]], list[str]]
) -> None:
    world = chronicle(sqlite_registry, clock, witness_file)
    lines = witness_file.read_text().splitlines(keepends=True)
    witness_file.write_text("".join(damage(lines)))
    check(sqlite_registry, witness_file)
    Deeds(sqlite_registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    assert log.extend(sqlite_registry, witness_file)
    assert witness_file.read_text().splitlines()[-1].split()[1] == "12"
    check(sqlite_registry, witness_file)
    assert verified(sqlite_registry, witness_file) is None


def test_a_forged_line_proves_nothing(sqlite_registry: Registry, clock: Clock, witness_file: Path) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    last = witness_file.read_text().splitlines()[-1]
    assert " 11 " in last
    with witness_file.open("a") as file:
        file.write(last.replace(" 11 ", " 99 ") + "\n")
    check(sqlite_registry, witness_file)


def test_a_file_that_lost_its_end_is_found(sqlite_registry: Registry, clock: Clock, witness_file: Path) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    lines = witness_file.read_text().splitlines(keepends=True)
    witness_file.write_text("".join(lines[:-1]))
    check(sqlite_registry, witness_file)
    assert verified(sqlite_registry, witness_file) is None, "a crash between the database and the file leaves this"
    witness_file.write_text("".join(lines[:-2]))
    check(sqlite_registry, witness_file)
    assert str(verified(sqlite_registry, witness_file)).endswith(
        "does not know checkpoint 11, the newest of the database"
    )


def test_a_checkpoint_that_a_crash_kept_from_the_witness_is_told_the_next_time(
    sqlite_registry: Registry, clock: Clock, witness_file: Path
) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    lines = witness_file.read_text().splitlines(keepends=True)
    for left in (lines[:-1], lines[:1]):
        witness_file.write_text("".join(left))
        assert log.extend(sqlite_registry, witness_file) is None
        assert witness_file.read_text() == "".join([*left, lines[-1]])
        assert verified(sqlite_registry, witness_file) is None


def emptied(path: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize("lose", [Path.unlink, emptied], ids=["missing", "empty"])
@pytest.mark.parametrize("rewritten", [False, True])
def test_a_lost_witness_is_said_and_never_begun_anew_in_silence(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, lose: Callable[[Path], None], rewritten: bool
) -> None:
    """On PostgreSQL the database's own table takes its place: tests/evidence/test_inner.py."""
    registry = sqlite_registry
    chronicle(registry, clock, witness_file)
    lose(witness_file)
    if rewritten:  # nothing signed is left that could contradict
        thaw(registry)
        run(registry, "UPDATE act SET door = 9 WHERE id = 3")
        run(registry, "DELETE FROM checkpoint")
        run(registry, "DELETE FROM log_head")
        run(registry, "DELETE FROM log_tile")
    said = str(verified(registry, witness_file))
    assert str(witness_file) in said
    assert "nothing outside the database can tell" in said
    log.begin(registry, witness_file)
    with pytest.raises(Unwitnessed):
        log.extend(registry, witness_file)
    assert registry.store.read_now(checkpoints.latest) is None or not rewritten
    assert not witness_file.exists() or witness_file.read_text() == ""
    log.accept(registry, witness_file)
    assert verified(registry, witness_file) is None
    assert log.extend(registry, witness_file) is None


def test_acts_without_a_checkpoint_are_believed_of_a_new_registry_alone(
    registry: Registry, clock: Clock, witness_file: Path
) -> None:
    log.begin(registry, witness_file)
    world = furnish(registry)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    assert checked(registry, witness_file) is None
    clock.forward(hours=25)
    assert "no signed checkpoint" in str(checked(registry, witness_file))
    assert log.extend(registry, witness_file)  # as a site does within a minute of the first act
    assert checked(registry, witness_file) is None


def checked(registry: Registry, path: Path) -> str | None:
    """What ``izin verify`` is told, who knows what time it is."""
    return registry.store.read_now(log.verify, registry.keyring, path, registry.store.now())


def test_the_beginning_is_witnessed_once_and_a_crash_in_it_hinders_nothing(
    sqlite_registry: Registry, witness_file: Path
) -> None:
    log.begin(sqlite_registry, witness_file)
    line = witness_file.read_text()
    log.begin(sqlite_registry, witness_file)
    assert witness_file.read_text() == line
    witness_file.write_text(line[:50])
    log.begin(sqlite_registry, witness_file)
    assert witness_file.read_text() == f"{line[:50]}\n{line}"
    check(sqlite_registry, witness_file)


def test_a_place_that_cannot_be_written_is_said_in_words(sqlite_registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unwitnessed, match="cannot be written"):
        log.begin(sqlite_registry, tmp_path / "file" / "witness")


@pytest.mark.parametrize("place", ["folder", "/dev/full", "file/witness"])
def test_a_file_that_cannot_be_used_is_said_in_words_by_all_that_use_it(
    sqlite_registry: Registry, clock: Clock, tmp_path: Path, witness_file: Path, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / place
    with pytest.raises(Unwitnessed, match=f"the witness file {path} cannot be (read|written): "):
        log.begin(sqlite_registry, path)
    chronicle(sqlite_registry, clock, witness_file)
    for using in (log.extend, log.accept):
        with pytest.raises(Unwitnessed, match=f"the witness file {path}"):
            using(sqlite_registry, path)
    assert str(verified(sqlite_registry, path)).startswith(f"the witness file {path} ")


@pytest.mark.parametrize("call", ["fsync", "write", "pread", "open"])
def test_a_disk_that_fails_is_said_in_words(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    world = chronicle(sqlite_registry, clock, witness_file)
    Deeds(sqlite_registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    monkeypatch.setattr("evidence.witness_file.os", Failing(call))
    with pytest.raises(Unwitnessed, match=f"the witness file {witness_file} cannot be written: Input/output error"):
        log.extend(sqlite_registry, witness_file)
    monkeypatch.undo()
    log.extend(sqlite_registry, witness_file)
    assert verified(sqlite_registry, witness_file) is None


class Failing:
    """The module os, one call of which fails."""

    def __init__(self, call: str) -> None:
        self.call = call

    def __getattr__(self, name: str) -> object:
        return self.fail if name == self.call else getattr(os, name)

    def fail(self, *arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_disk_that_takes_a_part_of_the_line_is_given_the_rest(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:100]))
    chronicle(sqlite_registry, clock, witness_file)
    assert verified(sqlite_registry, witness_file) is None


def test_another_registrys_file_is_refused(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, tmp_path: Path, open_registry: Opener
) -> None:
    """As after the loss of a whole database: the new, empty one is not that which was witnessed."""
    chronicle(sqlite_registry, clock, witness_file)
    url = f"sqlite:///{tmp_path / 'new.db'}"
    prepare(url, SECRET)
    fresh = open_registry(url)
    with pytest.raises(RolledBack, match="written by another registry"):
        check(fresh, witness_file)
    furnish(fresh)
    with pytest.raises(RolledBack):
        log.extend(fresh, witness_file)


def test_the_file_stands_beside_the_database_or_where_it_is_told_to(tmp_path: Path) -> None:
    assert witness_file.place(f"sqlite:///{tmp_path}/izin.db") == tmp_path / "izin.db-checkpoints"
    assert witness_file.place("postgresql://izin@localhost/registry") == Path("var/registry-checkpoints")
    assert witness_file.place("postgresql://izin@localhost/registry", tmp_path / "witness") == tmp_path / "witness"


def test_the_end_of_a_long_file_is_found_without_reading_it_all(
    sqlite_registry: Registry, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    lines = witness_file.read_text().splitlines(keepends=True)
    witness_file.write_text("".join(lines * 400))
    seen: list[bool] = []
    signed = LogKey.signed

    def counted(key: LogKey, checkpoint: Checkpoint) -> bool:
        seen.append(signed(key, checkpoint))
        return seen[-1]

    monkeypatch.setattr(LogKey, "signed", counted)
    check(sqlite_registry, witness_file)
    assert seen == [True]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was asked of the database, and whether each checkpoint is signed, as it is asked."""
    seen: list[object] = []

    def noting(owner: type, name: str) -> None:
        before = getattr(owner, name)

        def noted(*given: Any) -> object:
            seen.append(given[1])
            return before(*given)

        monkeypatch.setattr(owner, name, noted)

    for name in ("one", "all"):
        noting(Snapshot, name)
    noting(LogKey, "signed")
    return seen


def test_many_lines_and_rows_are_few_questions_and_what_stands_so_is_not_asked_for_its_signature(
    registry: Registry, clock: Clock, witness_file: Path, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    chronicle(registry, clock, witness_file)
    lines = witness_file.read_text().splitlines(keepends=True)
    assert [line.split()[1] for line in lines[-2:]] == ["9", "11"], "these alone count for what the newest one asks"
    witness_file.write_text("".join([*lines[:-2] * 400, *lines[-2:]]))
    asked.clear()
    assert check_all(registry, witness_file) is None
    assert len([one for one in asked if isinstance(one, Statement)]) < 40
    assert {one.size for one in asked if isinstance(one, Checkpoint)} == {9, 11}
    assert len([one for one in asked if isinstance(one, Checkpoint)]) < 10
    monkeypatch.setattr(witness, "PAGE", 2)
    assert check_all(registry, witness_file) is None


def check_all(registry: Registry, path: Path) -> str | None:
    """The witness alone, without what else ``izin verify`` looks at."""
    try:
        registry.store.read_now(witness.check_all, registry.keyring, path, registry.store.now(), path.stat().st_size)
    except RolledBack as fault:
        return str(fault)
    return None


@pytest.mark.parametrize("page", [1, 3, 500])
@pytest.mark.parametrize("size", [2, 4, 7, 9, 11])
def test_each_line_that_contradicts_is_found_wherever_it_stands(
    sqlite_registry: Registry,
    clock: Clock,
    witness_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    page: int,
) -> None:
    monkeypatch.setattr(witness, "PAGE", page)
    chronicle(sqlite_registry, clock, witness_file)
    was = sqlite_registry.store.read_now(checkpoints.at, size)
    assert was is not None
    other = checkpoints.sign(sqlite_registry.keyring, was[0]._replace(made_at=was[0].made_at + 1))
    key = LogKey.of(sqlite_registry.keyring)
    lines = witness_file.read_text().splitlines(keepends=True)
    for place in range(len(lines)):
        witness_file.write_text("".join([*lines[:place], witness_file_line(key, other), *lines[place:]]))
        assert str(check_all(sqlite_registry, witness_file)).startswith(f"checkpoint {size} stands in")
    unsigned = other._replace(made_at=other.made_at + 1)
    witness_file.write_text("".join([witness_file_line(key, unsigned), *lines]))
    assert check_all(sqlite_registry, witness_file) is None, "what we did not sign proves nothing"


@pytest.mark.parametrize("huge", [2**63, -(2**63) - 1, 10**30])
@pytest.mark.parametrize("place", [1, 3, 4])
def test_a_line_of_numbers_that_no_checkpoint_has_hinders_nothing(
    registry: Registry, clock: Clock, witness_file: Path, place: int, huge: int
) -> None:
    chronicle(registry, clock, witness_file)
    last = witness_file.read_text().splitlines()[-1].split()
    last[place] = str(huge)
    with witness_file.open("a") as file:
        file.write(" ".join(last) + "\n")
    check(registry, witness_file)
    assert check_all(registry, witness_file) is None


def test_lines_and_checkpoints_that_are_alike_and_were_never_signed_do_not_count(
    sqlite_registry: Registry, clock: Clock, witness_file: Path
) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    thaw(sqlite_registry)
    key = LogKey.of(sqlite_registry.keyring)
    lines = witness_file.read_text().splitlines(keepends=True)
    for place, size in ((-2, 9), (-1, 11)):
        was = sqlite_registry.store.read_now(checkpoints.at, size)
        assert was is not None
        lines[place] = witness_file_line(key, was[0]._replace(signature=bytes(64)))
        run(sqlite_registry, f"UPDATE checkpoint SET signature = zeroblob(64) WHERE size = {size}")
    witness_file.write_text("".join(lines))
    assert "does not know checkpoint 11" in str(check_all(sqlite_registry, witness_file))
