"""Which rows PostgreSQL has in ``make test``: so many that it runs each statement and each write which it runs with all
of them; the rest is in ``make long``.

``pytest --choose`` chooses anew, into ``postgresql_rows.txt``: all rows run, and those stay that meet most for their
time. A new test has its row in ``make long`` until it is chosen.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import pytest

from consents.store.cursors import Transaction
from consents.store.pipelined import Pipelined
from consents.store.statements import POSTGRESQL, Statement
from tests import ROOT

CHOSEN = ROOT / "tests" / "postgresql_rows.txt"
# Races, crashes and failures are the database's own matter, whatever statements they are made of.
ALWAYS = ("tests/crash/", "tests/failover/", "tests/several/", "tests/consents/test_outages.py")


def function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def asked(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The rows that are one of two, and PostgreSQL's."""
    return [item for item in items if _parameters(item).get("database_url") == POSTGRESQL]


def _parameters(item: pytest.Item) -> dict[str, Any]:
    given = getattr(item, "callspec", None)
    return given.params if given else {}


def spared(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The rows of PostgreSQL that ``make long`` alone has."""
    chosen = set(CHOSEN.read_text().split())
    return [item for item in asked(items) if function(item) not in chosen and not item.nodeid.startswith(ALWAYS)]


class Chooser:
    """Notes what each row of PostgreSQL meets and how long it takes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._now: set[str] = set()
        bound = Statement.bound

        def noted(statement: Statement[Any], dialect: str, given: Any) -> Any:
            text, values = bound(statement, dialect, given)
            if dialect == POSTGRESQL:
                self._now.add(text)
            return text, values

        patch.setattr(Statement, "bound", noted)
        for kind in (Transaction, Pipelined):
            for name in ("insert", "upsert"):
                patch.setattr(kind, name, self._noting(name, getattr(kind, name)))
        self._met: dict[str, set[str]] = defaultdict(set)
        self._seconds: dict[str, float] = defaultdict(float)
        self._sure: set[str] = set()

    def _noting(self, name: str, write: Callable[..., None]) -> Callable[..., None]:
        def noted(transaction: Any, *given: Any, **more: Any) -> None:
            if transaction.dialect == POSTGRESQL:
                words = [word for word in given if isinstance(word, str)]
                only = more.get("only")
                self._now.add(f"{name} {words} {more.get('adding', False)} {only and only.condition}")
            write(transaction, *given, **more)

        return noted

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._now.clear()
        began = time.perf_counter()
        result = yield
        if asked([item]) and not item.nodeid.startswith(ALWAYS):
            self._met[function(item)] |= self._now
            self._seconds[function(item)] += time.perf_counter() - began
        else:
            self._sure |= self._now
        return result

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = set(asked(items))
        items[:] = [item for item in items if item in wanted or "postgresql_url" in getattr(item, "fixturenames", ())]

    def pytest_sessionfinish(self) -> None:
        CHOSEN.write_text("".join(f"{name}\n" for name in sorted(cheapest(self._met, self._seconds, self._sure))))


def cheapest(met_by: dict[str, set[str]], seconds: dict[str, float], sure: Collection[str]) -> list[str]:
    """Names that together meet all there is but what is ``sure``: each time the one that adds most for its time."""
    missing = set().union(*met_by.values()).difference(sure)
    found = []
    while missing:
        best = max(sorted(met_by), key=lambda name: len(met_by[name] & missing) / (seconds[name] + 0.05))
        missing -= met_by[best]
        found.append(best)
    return found
