"""PostgreSQL takes each statement that a module declares: its syntax, its tables, columns and functions."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy.exc import CompileError

from consents.store.statements import POSTGRESQL, Statement
from tests import ROOT

# Only the values with which a statement runs tell the types of these.
UNTYPED = (errors.IndeterminateDatatype, errors.AmbiguousFunction, errors.AmbiguousParameter)
# Made by the transaction that uses them.
STAGED = re.compile(r"\bstaged_\w+")
SQLITES_OWN = re.compile(r"json_each|unhex\(|sqlite_|PRAGMA |INSERT OR|zeroblob|json_extract|EXPLAIN QUERY")


def declared() -> Iterator[tuple[str, Statement[Any]]]:
    """Each statement of the product that stands in a module or a class, with its name."""
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    for room in sorted({name.rstrip(".*") for name in rooms}):
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if found.name.endswith("__main__") or ".migrations." in found.name:
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if isinstance(value, Statement):
                    yield f"{found.name}.{name}", value


def prepared(text: str) -> str:
    """The driver's form of a statement as PREPARE takes it."""
    names: dict[str, int] = {}

    def place(match: re.Match[str]) -> str:
        return f"${names.setdefault(match[1], len(names) + 1)}"

    return re.sub(r"%\((\w+)\)s", place, text).replace("%%", "%")


def test_postgresql_takes_each_statement(postgresql_url: str) -> None:
    seen, wrong = 0, {}
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        for name, statement in declared():
            try:
                text = statement.bound(POSTGRESQL, {})[0]
            except CompileError:
                continue
            if SQLITES_OWN.search(text) or STAGED.search(text):
                continue
            seen += 1
            try:
                connection.execute(f"PREPARE one AS {prepared(text)}".encode())
                connection.execute("DEALLOCATE one")
            except UNTYPED:
                continue
            except psycopg.Error as error:
                wrong[name] = f"{error.sqlstate} {error} | {text[:150]}"
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())
    assert seen > 900
