"""The schema's version: bringing a database to it, and whether it is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from consents.store.engines import READING
from consents.store.statements import POSTGRESQL

if TYPE_CHECKING:  # Alembic takes a tenth of a second to load, and not every process asks for the version
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[2] / "izin" / "migrations"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("recursive_version_locations", "true")  # the oldest steps have a folder of their own
    return config


@cache
def newest() -> str:
    """The revision this program was written for. Read once, because it takes some 10 ms: all steps are read."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(engine: Engine) -> str | None:
    """The revision the database is at; None for an empty one. Waits for no writer."""
    from alembic.runtime.migration import MigrationContext

    with engine.connect().execution_options(**READING) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, secrets: Sequence[str] = ()) -> None:
    """Brings the database to the newest revision; nothing happens where it is there already.

    ``secrets``: one of them opens the registry's keys, by which a step seals what earlier versions kept in plain.
    """
    from alembic import command

    config = _config()
    with engine.begin() as connection:
        if engine.dialect.name == POSTGRESQL:
            connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
        config.attributes["connection"] = connection
        config.attributes["secrets"] = tuple(secrets)
        command.upgrade(config, "head")
