"""The benchmarks run, at a size that says nothing of speed, so that they cannot rot. And what they stand on is right:
made files are what they claim to be, bytes are counted as they are."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import child, files, harness, keeping, lasting, pages, servers
from bench.__main__ import NAMES
from bench.harness import Row, Scale, in_turns, percentile
from consents.people.recipients import AddressKind, BadAddress, parse

RESULTS = {
    "importing": 5,
    "uploading": 2,
    "sharing": 2,
    "waiting": 1,
    "sizes": 3,
    "growth": 14,
    "proving": 6,
    "publishing": 3,
    "writing": 1,
    "links": 3,
    "server": 4,
    "minting": 2,
    "erasing": 4,
    "reading": 2,
    "hooks": 1,
    "citizens": 10,
    "listing": 3,
    "programs": 9,
    "quotas": 2,
    "days": 4,
    "panels": 3,
    "starting": 4,
    "postgresql": 3,
    "toggling": 3,
    "requesting": 1,
    "syncing": 3,
    "keeping": 6,
    "lasting": 6,  # of each database; here of SQLite alone, for each starts four processes
}


class Inside:
    """A measurement in a thread of this process, for starting a process takes longer than all the rest."""

    peak = 1

    def __init__(self, way: Callable[..., Any], arguments: dict[str, Any]) -> None:
        self._answer: Any = None
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(way, json.dumps(arguments, default=str)))
        self._thread.start()

    def _run(self, way: Callable[..., Any], arguments: str) -> None:
        try:
            self._answer = json.loads(json.dumps(way(**json.loads(arguments))))
        except BaseException as fault:
            self._fault = fault

    @property
    def going(self) -> bool:
        return self._thread.is_alive()

    def answer(self) -> Any:
        self._thread.join(120)
        if self._fault:
            raise self._fault
        return self._answer


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scale]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "start", lambda way, *, environment=None, watched=True, **given: Inside(way, given))
        patch.setattr(lasting, "DATABASES", lasting.DATABASES[:1])
        patch.setattr(lasting, "PROOFS", lasting.PROOFS[:1])
        patch.setattr(keeping, "_starting", lambda *_: lambda: 1.0)  # as "starting" measures it too
        size = harness.scale("tiny", tmp_path_factory.mktemp("bench"))
        yield size
        servers.drop(size)


# Those that start sites again and again, or fill registries, run in make long.
LENGTHY = {
    "citizens", "days", "erasing", "growth", "lasting", "postgresql", "programs", "proving", "quotas", "server",
    "sharing", "starting", "syncing", "toggling", "uploading",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in LENGTHY else []) for name in NAMES]
)
def test_a_benchmark_runs_and_gives_its_rows(name: str, tiny: Scale) -> None:
    rows = import_module(f"bench.{name}").run(tiny)
    assert len(rows) == RESULTS[name]
    assert all(row.measured is not None and row.measured > 0 for row in rows)
    assert {row.verdict for row in rows} <= {"stretch", "reach", "missed"}


def test_a_child_answers_and_its_memory_is_seen() -> None:
    running = child.Child(harness.percentile, {"samples": [3.0, 1.0, 2.0], "share": 0.5}, None)
    assert running.answer() == 2.0
    assert running.peak > 1_000_000


def test_a_child_that_fails_says_why() -> None:
    failing = child.Child(harness.percentile, {"samples": [], "share": 0.5}, None)
    with pytest.raises(child.ChildFailed, match="IndexError"):
        failing.answer()


def kind(address: str) -> str:
    try:
        found = parse(address)
    except BadAddress:
        return "bad"
    return "mail" if found.kind is AddressKind.EMAIL else "plain" if address == found.address else "spelt"


def test_a_made_file_is_mixed_as_it_claims(tmp_path: Path) -> None:
    text = files.write(tmp_path / "template.csv", 20_000).read_text("utf-8")
    header, *lines = text.splitlines()
    rows = [line.split(",") for line in lines]
    kinds = Counter(kind(row[1]) for row in rows)
    assert header.split(",")[:3] == ["IZINTURU", "ALICI", "DURUMU"]
    assert 65 < len(text) / 20_000 < 70
    assert abs(kinds["mail"] - 4200) < 200
    assert abs(kinds["spelt"] - 600) < 100
    addresses = {parse(row[1]).address for row in rows if kind(row[1]) != "bad"}
    assert 2.8 < 19_400 / len(addresses) < 3.1
    keys = Counter((row[0], row[1], row[6]) for row in rows if kind(row[1]) != "bad" and row[1] != "+905320000001")
    assert set(keys.values()) == {1}


def test_a_made_file_is_the_same_every_time_and_its_facts_are_its_rows(tmp_path: Path) -> None:
    one, again = (files.write(tmp_path / name, 500).read_text("utf-8") for name in ("one", "again"))
    other = files.write(tmp_path / "other", 500, seed=1).read_text("utf-8")
    facts = list(files.facts(500))
    assert one == again != other
    assert len(facts) == 485
    assert facts[0] != facts[1]
    assert sum(fact.status > 2 for fact in facts) == sum(
        ",ONAY," in line for line in one.splitlines() if parseable(line)
    )


def parseable(line: str) -> bool:
    return not any(line == bad.strip() for bad in files._BAD)


def test_bytes_of_trees_are_counted_to_the_page(tmp_path: Path) -> None:
    path = tmp_path / "trees.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 512")
    connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT)")
    connection.executemany("INSERT INTO a VALUES (?, ?)", [(number, f"word {number}") for number in range(5000)])
    connection.commit()
    table_alone = path.stat().st_size
    connection.execute("CREATE INDEX a_word ON a (word)")
    connection.commit()
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
    connection.close()
    counted = pages.sizes(path, roots)
    assert counted["a"] + counted["sqlite_schema"] == table_alone
    assert counted["a_word"] == path.stat().st_size - table_alone > 50 * 512


def test_rows_too_long_for_their_page_are_not_counted_wrongly(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (word TEXT)")
    connection.execute("INSERT INTO a VALUES (?)", ["x" * 100_000])
    connection.commit()
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
    connection.close()
    with pytest.raises(pages.Overflown):
        pages.sizes(path, roots)


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("speed", 0.31, "", 0.15, 0.3), "stretch"),
        (Row("speed", 0.15, "", 0.15, 0.3), "reach"),
        (Row("speed", 0.14, "", 0.15, 0.3), "missed"),
        (Row("wait", 20.0, "ms", 60, 20, less=True), "stretch"),
        (Row("wait", 61.0, "ms", 60, 20, less=True), "missed"),
        (Row("memory", 149.0, "MB", 150, None, less=True), "reach"),
        (Row("memory", None, "MB", 150, None, less=True), "–"),
    ],
)
def test_a_verdict_follows_from_the_goals(row: Row, verdict: str) -> None:
    assert row.verdict == verdict


def test_two_ways_take_turns_and_are_compared_round_by_round() -> None:
    order: list[str] = []
    speeds = iter([10.0, 1.0, 2.0, 40.0, 30.0, 3.0])

    def way(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return next(speeds)

        return measure

    rounds = in_turns(3, {"one": way("one"), "other": way("other")})
    assert order == ["one", "other", "other", "one", "one", "other"]
    assert rounds.results == {"one": [10, 40, 30], "other": [1, 2, 3]}
    assert (rounds.ratio("one", "other"), rounds.median("one")) == (10, 30)


def test_a_percentile_is_one_of_the_samples() -> None:
    samples = [float(number) for number in range(100)]
    assert (percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)) == (50, 99, 99)


def test_results_are_shown_and_kept(tmp_path: Path, tiny: Scale) -> None:
    rows = [Row("speed", 12_345.6, "rows/s", 60_000, 120_000), Row("memory", None, "MB", 150, None, less=True)]
    console = Console(width=160, record=True, quiet=False, file=(tmp_path / "shown").open("w"))
    harness.show(rows, console)
    console.file.close()
    harness.save(rows, tiny, tmp_path / "results.json")
    kept = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert "12,346 rows/s" in (tmp_path / "shown").read_text("utf-8")
    assert [result["verdict"] for result in kept["results"]] == ["missed", "–"]
    assert kept["scale"] == "tiny"
