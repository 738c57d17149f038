"""Statements declared with SQLAlchemy Core (or ``text``), compiled once a dialect, and run on the driver's own cursor
with plain dicts: Core's execution costs about three times a raw call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from sqlmodel import SQLModel

R = TypeVar("R", bound=tuple[Any, ...], covariant=True)
V = TypeVar("V")

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_DIALECTS = {
    SQLITE: sqlite.dialect(paramstyle="named"),
    POSTGRESQL: postgresql.dialect(paramstyle="pyformat"),  # type: ignore[no-untyped-call]
}


def table(model: type[SQLModel]) -> Table:
    """The table of a class, to write statements with."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]  # SQLModel does not declare it


def column_names(model: type[SQLModel]) -> str:
    """All columns of a class, as ``Transaction.insert`` takes them."""
    return ",".join(table(model).c.keys())


class Statement(Generic[R]):
    """``shape``: a NamedTuple that is made of each row. Without it rows are plain tuples, which cost less: annotate
    the statement with theirs."""

    @overload
    def __init__(self: Statement[tuple[Any, ...]], clause: ClauseElement) -> None: ...
    @overload
    def __init__(self, clause: ClauseElement, shape: type[R]) -> None: ...
    def __init__(self, clause: ClauseElement, shape: Any = None) -> None:
        self._clause = clause
        self.made: Callable[[Iterable[Any]], R] | None = getattr(shape, "_make", None)
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def bound(self, dialect: str, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        kept = self._compiled.get(dialect)
        if kept is None:
            compiled = self._clause.compile(dialect=_DIALECTS[dialect])
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            kept = self._compiled[dialect] = str(compiled), constants
        text, constants = kept
        return text, ({**constants, **given} if constants else given)

    def reads(self, dialect: str) -> bool:
        return self.bound(dialect, {})[0].startswith("SELECT ")


Value = Statement[tuple[V]]
"""Of one column."""


class among(ColumnElement[bool]):
    """``column IN (the list bound as name)``, one text for any length: json_each on SQLite, an array on PostgreSQL.
    Bind the list with ``array(dialect, values)``."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str, *, blobs: bool = False) -> None:
        self.column = column
        self.values: BindParameter[Any] = bindparam(name)
        self.blobs = blobs


@compiles(among, SQLITE)
def _among_sqlite(element: among, compiler: Any, **options: Any) -> str:
    value = "unhex(value)" if element.blobs else "value"
    return (
        f"{compiler.process(element.column, **options)} IN "
        f"(SELECT {value} FROM json_each({compiler.process(element.values, **options)}))"
    )


@compiles(among, POSTGRESQL)
def _among_postgresql(element: among, compiler: Any, **options: Any) -> str:
    kind = "bytea[]" if element.blobs else "bigint[]"
    return (
        f"{compiler.process(element.column, **options)} = "
        f"ANY(CAST({compiler.process(element.values, **options)} AS {kind}))"
    )


def array(dialect: str, values: Iterable[int] | Iterable[bytes]) -> Any:
    """A list as ``among`` takes it, or a statement with CAST(… AS bigint[]), or bytea[]."""
    items = list(values)
    if dialect == POSTGRESQL:
        return _literal(items)
    return json.dumps([item.hex() if isinstance(item, bytes) else item for item in items])


def _literal(items: list[Any]) -> Any:
    """Numbers only, or bytes only, in PostgreSQL's array syntax; the driver, which examines each item, takes six times
    as long or more."""
    kinds = set(map(type, items))
    written: Iterable[str]
    if kinds <= {int}:
        written = map(str, items)
    elif kinds == {bytes}:
        written = (rf'"\\x{item.hex()}"' for item in items)
    else:
        return items
    return "{" + ",".join(written) + "}"
