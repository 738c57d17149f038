"""What ``make test`` runs of a product of values."""

from __future__ import annotations

from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import pytest

from tests import ROOT, postgresql_rows
from tests.conftest import LONGEST
from tests.variants import chosen, variants

SIZES = [(1,), (2, 2), (3, 2), (4, 4), (2, 3, 4), (2, 2, 2, 2), (4, 3, 2, 2)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("pairs", [False, True])
def test_no_value_and_no_pair_of_values_is_left_out(sizes: tuple[int, ...], pairs: bool) -> None:
    dimensions = [range(size) for size in sizes]
    short, together = chosen(*dimensions, pairs=pairs), 2 if pairs and len(sizes) > 1 else 1

    def met(rows: list[tuple[int, ...]]) -> set[object]:
        return {some for row in rows for some in combinations(enumerate(row), together)}

    assert met(short) == met(list(product(*dimensions)))
    assert len(short) == len(set(short)) <= len(list(product(*dimensions)))
    assert chosen(*dimensions, pairs=pairs) == short


def test_the_rest_of_the_product_is_in_make_long_alone() -> None:
    found = variants("abc", "xy", slow=True)
    names = [[mark.name for mark in row.marks] for row in found]
    assert [row.values for row in found] == list(product("abc", "xy"))
    assert names == [[], ["slow", "long"], ["slow", "long"], ["slow"], ["slow"], ["slow", "long"]]
    assert [row.values for row in variants("ab", "x", as_one=True)] == [(("a", "x"),), (("b", "x"),)]


def test_postgresql_has_the_rows_that_are_chosen_and_all_of_what_fails_and_races() -> None:
    def item(name: str, database: str | None) -> Any:
        given = SimpleNamespace(params={"database_url": database}) if database else None
        return SimpleNamespace(nodeid=f"{name}[{database}-0]", callspec=given)

    chosen = postgresql_rows.CHOSEN.read_text().split()[0]
    names = (chosen, "tests/a.py::test_other", "tests/crash/test_a.py::test_of_a_crash")
    rows = [item(name, database) for name in names for database in ("sqlite", "postgresql", None)]
    assert [one.nodeid for one in postgresql_rows.spared(rows)] == ["tests/a.py::test_other[postgresql-0]"]


def test_the_rows_that_are_chosen_exist_and_meet_everything() -> None:
    for name in postgresql_rows.CHOSEN.read_text().split():
        file, _, function = name.partition("::")
        assert f"def {function.rpartition('::')[2]}(" in (ROOT / file).read_text(), name
    met = {"long": {"a", "b", "c"}, "short": {"a", "b"}, "rest": {"c", "d"}, "none": {"e"}}
    seconds = {"long": 9.0, "short": 1.0, "rest": 1.0, "none": 1.0}
    assert sorted(postgresql_rows.cheapest(met, seconds, {"e"})) == ["rest", "short"]


def test_the_files_that_begin_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / "tests" / file).is_file()] == []
