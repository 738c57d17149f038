"""What ``make test`` runs of a product of values."""

from __future__ import annotations

from itertools import combinations, product
from types import SimpleNamespace

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


def test_of_rows_refused_early_postgresql_has_the_first(request: pytest.FixtureRequest) -> None:
    def left_out(database: str, *places: int, early: bool = True) -> bool:
        indices = {"database_url": 1, **{str(name): place for name, place in enumerate(places)}}
        given = SimpleNamespace(params={"database_url": database}, indices=indices)
        marks = {"early"} if early else set()
        return spared(SimpleNamespace(callspec=given, get_closest_marker=lambda name: name in marks))  # type: ignore[arg-type]

    assert left_out("postgresql", 0, 1)
    assert left_out("postgresql", 1, 0)
    assert not left_out("postgresql", 0, 0)
    assert not left_out("sqlite", 1, 1)
    assert not left_out("postgresql", 1, early=False)
    assert not spared(request.node)


def test_the_files_that_begin_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / "tests" / file).is_file()] == []
