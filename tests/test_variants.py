"""What ``make test`` runs of a product of values."""

from __future__ import annotations

from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import pytest

from tests import ROOT
from tests.conftest import LONGEST
from tests.variants import chosen, spared, variants

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


def test_of_rows_refused_early_postgresql_has_the_first_and_of_lengthy_ones_none() -> None:
    def item(name: str, database: str, row: int, *marks: str) -> Any:
        given = SimpleNamespace(params={"database_url": database, "row": row})
        return SimpleNamespace(callspec=given, nodeid=f"{name}[{row}]", get_closest_marker=lambda mark: mark in marks)

    rows = [item("one", database, row, "early") for database in ("sqlite", "postgresql") for row in range(3)]
    more = [item("two", "postgresql", 0, "early"), *(item("three", "postgresql", row) for row in range(2))]
    long = [item("four", database, 0, "lengthy") for database in ("sqlite", "postgresql")]
    assert spared([*rows, *more, *long, SimpleNamespace(nodeid="five")]) == [*rows[4:], long[1]]  # type: ignore[list-item]


def test_the_files_that_begin_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / "tests" / file).is_file()] == []
