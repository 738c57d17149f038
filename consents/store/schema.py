"""The schema's version: migrates a database to it, and checks it."""

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
    """The revision of this program; cached, because all steps are read, some 10 ms."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(engine: Engine) -> str | None:
    """The revision of the database; None for an empty one. Waits for no writer."""
    from alembic.runtime.migration import MigrationContext

    with engine.connect().execution_options(**READING) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, secrets: Sequence[str] = ()) -> None:
    """Migrates to the newest revision. ``secrets``: one of them opens the registry's keys, with which a step encrypts
    what earlier versions kept in plain."""
    from alembic import command

    config = _config()
    with engine.begin() as connection:
        if engine.dialect.name == POSTGRESQL:
            connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
        config.attributes["connection"] = connection
        config.attributes["secrets"] = tuple(secrets)
        command.upgrade(config, "head")
