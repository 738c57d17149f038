"""The schema's version: migrates a database to it, and checks it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, inspect, text

from consents.store.engines import READING
from consents.store.statements import POSTGRESQL

if TYPE_CHECKING:  # Alembic takes a tenth of a second and 10 MB to load: a site at its newest revision does without
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parents[2] / "izin" / "migrations"
LAST_WITH_EARLIER = "8f5dfd44"  # the last commit with the steps before the first one of today (docs/decisions/0037)


@cache
def _steps() -> ScriptDirectory:
    """Read once, because it takes some 10 ms."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(MIGRATIONS)


@cache
def newest() -> str:
    """The revision this program was written for: the number before the name of the last step."""
    return max(step.stem for step in MIGRATIONS.glob("versions/[0-9]*.py")).partition("_")[0]


def unknown(revision: str | None) -> str | None:
    """Why this program has no steps from a revision, and what to do; None where it has them."""
    if revision in {None, newest()} or revision in {step.revision for step in _steps().walk_revisions()}:
        return None
    return (
        f"the database is at revision {revision}, which this program does not know: if an earlier preview made it, "
        f"check out commit {LAST_WITH_EARLIER}, run izin migrate there, and come back to this version; "
        "if a newer version made it, run that one"
    )


def current(engine: Engine) -> str | None:
    """The revision of the database; None for an empty one. Waits for no writer."""
    with engine.connect().execution_options(**READING) as connection:
        stamped = inspect(connection).has_table("alembic_version")
        return connection.scalar(text("SELECT version_num FROM alembic_version")) if stamped else None


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Brings the database to a revision, the newest if none is named; nothing happens where it is there already.

    Steps name their constraints themselves: no naming convention is applied.
    """
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    steps = {"fn": lambda heads, _: _steps()._upgrade_revs(revision, heads), "transactional_ddl": True}
    with engine.begin() as connection:
        if engine.dialect.name == POSTGRESQL:
            driver: Any = connection.connection.driver_connection
            driver.patience = None
        context = MigrationContext.configure(connection, opts=steps)
        with Operations.context(context):
            context.run_migrations()
