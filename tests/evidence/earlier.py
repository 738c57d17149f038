"""Makes a database of this version into one that an earlier version has left, whatever was added since."""

from __future__ import annotations

from alembic import command
from sqlalchemy import inspect, text

from consents.store import Store, schema
from tests.consents.test_schema import indexes


def take_back(url: str, empty_url: str, revision: str) -> None:
    """Takes away the tables, columns and indexes that came after ``revision``; ``empty_url``: to compare with."""
    present, before = Store.open(url), Store.open(empty_url)
    try:
        with before.engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        wanted, there, was = indexes(before), _columns(present), _columns(before)
        with present.engine.begin() as connection:
            for table in there.keys() - was.keys():
                connection.execute(text(f"DROP TABLE {table}"))
        kept = indexes(present)
        changed = [place for place, definition in kept.items() if wanted.get(place) != definition]
        with present.engine.begin() as connection:
            for _, name in changed:
                connection.execute(text(f"DROP INDEX {name}"))
            for table, columns in was.items():
                for column in there[table] - columns:
                    connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
            for place, definition in wanted.items():
                if kept.get(place) != definition:
                    connection.execute(text(definition))
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    finally:
        present.close()
        before.close()


def _columns(store: Store) -> dict[str, set[str]]:
    with store.engine.connect() as connection:
        found = inspect(connection)
        return {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()}
