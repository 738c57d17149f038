"""Which of the combinations of some values a test runs with: a part in ``make test``, all of them in ``make long``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import pytest

from tests import LONG

Values = tuple[Any, ...]


def chosen(*dimensions: Sequence[Any], pairs: bool = False) -> list[Values]:
    """A fixed part of the product that has each value of each dimension, or each pair of values of two dimensions.

    Of each value: the first values, the second ones, and so on; a shorter dimension begins again. Of pairs: in each
    step the first combination that has the most pairs that are missing.
    """
    if not pairs or len(dimensions) == 1:
        return [tuple(values[step % len(values)] for values in dimensions) for step in range(max(map(len, dimensions)))]
    rows = list(product(*(range(len(values)) for values in dimensions)))
    missing = {pair for row in rows for pair in combinations(enumerate(row), 2)}
    found = []
    while missing:
        best = max(rows, key=lambda row: len(missing.intersection(combinations(enumerate(row), 2))))
        missing.difference_update(combinations(enumerate(best), 2))
        found.append(tuple(values[place] for values, place in zip(dimensions, best, strict=True)))
    return found


def combined(*dimensions: Sequence[Any], pairs: bool = False) -> list[Values]:
    """For a loop in a test: the product in ``make long``, what is chosen of it in ``make test``."""
    return list(product(*dimensions)) if LONG else chosen(*dimensions, pairs=pairs)


def variants(*dimensions: Sequence[Any], pairs: bool = False, slow: bool = False, as_one: bool = False) -> list[Any]:
    """The product, for ``pytest.mark.parametrize``; what is not chosen of it is in ``make long`` alone.

    ``slow``: ``make quick`` has only the first. ``as_one``: each combination is one parameter, as of a fixture.
    """
    short = chosen(*dimensions, pairs=pairs)

    def marks(row: Values) -> list[pytest.MarkDecorator]:
        return [pytest.mark.slow] * (slow and row != short[0]) + [pytest.mark.long] * (row not in short)

    return [pytest.param(*([row] if as_one else row), marks=marks(row)) for row in product(*dimensions)]
