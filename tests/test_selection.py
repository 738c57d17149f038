"""Which tests ``make quick`` and ``make test`` leave out."""

from __future__ import annotations

import ast
from collections import Counter

from tests import ROOT
from tests.conftest import ASKS_FOR


def test_a_fixture_by_which_tests_are_left_out_has_one_meaning() -> None:
    """A second fixture of that name elsewhere would silently take the tests that use it out of ``make quick``."""
    fixtures = Counter(
        function.name
        for file in (ROOT / "tests").rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)
    )
    assert {name: fixtures[name] for name in ASKS_FOR} == dict.fromkeys(ASKS_FOR, 1)
