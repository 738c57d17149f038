"""The oracle sees every kind of damage: each is done here by hand to what real writers left."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from consents.registry import Registry
from consents.store.engines import sqlite_library
from tests.conftest import SECRET
from tests.crash.journal import Journal, Promises
from tests.crash.oracle import Findings
from tests.crash.rounds import DATABASE, examine_file
from tests.crash.writers import WRITERS

LAST = "(SELECT max(id) FROM act)"
_SAME = "actor, door, recorded_at, recipient, upload, undoes, evidence, evidence_digest"
AGAIN = (
    f"INSERT INTO act (id, first_event, last_event, {_SAME}) "
    f"SELECT id + 1, last_event + 1, last_event, {_SAME} FROM act WHERE id = {LAST}"
)

DAMAGE = {
    "an act is lost with its words": (
        "lost",
        [f"DELETE FROM consent_event WHERE act = {LAST}", f"DELETE FROM act WHERE id = {LAST}"],
    ),
    "a word is turned round": ("lost", ["UPDATE consent_event SET status = 1 - status WHERE id = 3"]),
    "an act is recorded twice": ("doubled", [AGAIN]),
    "a word is missing": ("broken", ["DELETE FROM consent_event WHERE id = 3"]),
    "an act is missing": ("broken", ["DELETE FROM act WHERE id = 3"]),
    "something else stands": (
        "broken",
        ["UPDATE consent SET status = (status + 1) % 3 WHERE recipient = (SELECT min(recipient) FROM consent)"],
    ),
    "nothing stands": ("broken", ["DELETE FROM consent WHERE recipient = (SELECT min(recipient) FROM consent)"]),
    "nobody is left": ("broken", ["DELETE FROM recipient WHERE id = 41"]),
}


@pytest.fixture(scope="module")
def written(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Promises]:
    """A folder with a registry that was written and closed in peace, and what was acknowledged."""
    folder = tmp_path_factory.mktemp("written")
    shutil.copy(furnished / DATABASE, folder)
    journals = [folder.with_name(f"{name}.jsonl") for name in WRITERS]
    while not enough(journals):  # a busy machine: once more
        for (name, write), journal in zip(WRITERS.items(), journals, strict=True):
            with Registry.open(f"sqlite:///{folder / DATABASE}", SECRET) as registry:
                write(registry, Journal(str(journal)), random.Random(name), time.monotonic() + 0.3)
    return folder, Promises.of(journals)


def enough(journals: list[Path]) -> bool:
    """Whether every writer has come to write, and there is something to damage."""
    every = all(Promises.of([journal]).recorded for journal in journals)
    promises = Promises.of(journals)
    return every and bool(promises.stood) and promises.acknowledged > 20


def damaged(folder: Path, statements: Iterable[str]) -> Path:
    copy = folder.with_name("damaged")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    connection = sqlite_library().connect(str(copy / DATABASE), isolation_level=None)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0, statement
    connection.close()
    return copy


def test_what_was_written_in_peace_is_clean(written: tuple[Path, Promises]) -> None:
    folder, promises = written
    assert promises.acknowledged > 20
    assert promises.stood
    assert not promises.interrupted
    assert examine_file(folder, promises) == Findings()


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(kind: str, written: tuple[Path, Promises]) -> None:
    folder, promises = written
    where, statements = DAMAGE[kind]
    assert getattr(examine_file(damaged(folder, statements), promises), where)


def test_a_damaged_page_is_found(written: tuple[Path, Promises]) -> None:
    folder, promises = written
    file = damaged(folder, ()) / DATABASE
    content = bytearray(file.read_bytes())
    place = len(content) // 4096 // 2 * 4096
    content[place : place + 64] = bytes(64)
    file.write_bytes(content)
    assert examine_file(file.parent, promises).broken


def test_a_write_that_nobody_asked_for_is_found(written: tuple[Path, Promises]) -> None:
    folder, promises = written
    kept = next(iter(promises.recorded))  # one that stands in history, which not every begun write does
    asked = Promises(begun=promises.begun - {kept})
    assert examine_file(folder, asked).broken


def test_a_line_that_was_not_written_to_its_end_promises_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text('["begun", "a"]\n["recorded", "a", 1, [[1, 1, 0, 0, 0]]]')
    assert Promises.of([journal, tmp_path / "none"]) == Promises(begun={"a"})
