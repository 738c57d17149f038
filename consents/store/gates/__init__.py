"""Ways of writing to a registry, one kind for each database."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # a program on SQLite does not load PostgreSQL's driver
    from consents.store.gates.postgresql_gate import PostgresqlGate
    from consents.store.gates.sqlite_gate import SqliteGate

AnyGate: TypeAlias = "SqliteGate | PostgresqlGate"
"""One of the two; ``pipelines`` distinguishes them, for mypy too."""
