"""The shape of the schema: the indexes that migrations make are those that the tables declare, column by column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from consents.store import Snapshot, Statement, Store, schema
from consents.store.statements import SQLITE
from consents.tables import metadata
from tests import ROOT

_INDEXES = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}
# Those that page through history: which column comes first decides whether a brand's feed is a range or a search.
FEEDS = {
    "postgresql": {
        "consent_event_brand": "(brand, id)",
        "consent_event_own": "(brand, id) WHERE (source >= 32)",
        "consent_event_recipient": "(recipient, brand, id)",
        "consent_brand": "(brand, recipient)",
        "consent_spoken": "(brand, recipient) WHERE (citizen_event IS NOT NULL)",
    },
    # SQLite appends the row number, or the rest of the primary key, by itself.
    "sqlite": {
        "consent_event_brand": "(brand)",
        "consent_event_own": "(brand) WHERE source >= 32",
        "consent_event_recipient": "(recipient, brand)",
        "consent_brand": "(brand)",
        "consent_spoken": "(brand) WHERE citizen_event IS NOT NULL",
    },
}


def indexes(store: Store) -> dict[tuple[str, str], str]:
    """(table, name) -> what the index is: unique or not, columns in order, predicate."""
    found = store.read_now(Snapshot.all, Statement(text(_INDEXES[store.dialect])))
    return {(table, name): re.sub(r'["\s]+', " ", definition).strip() for table, name, definition in found}


def by_models(url: str) -> dict[tuple[str, str], str]:
    store = Store.open(url)
    try:
        with store.engine.begin() as connection:
            metadata.create_all(connection)
        return indexes(store)
    finally:
        store.close()


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """An empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'models.db'}"
    import psycopg

    server = request.getfixturevalue("postgresql")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS models")
        connection.execute("CREATE DATABASE models")
    return str(server).replace("/postgres?", "/models?")


def test_indexes_are_the_models_own_in_columns_order_and_predicate(database_url: str, empty_url: str) -> None:
    store = Store.open(database_url)
    migrated = indexes(store)
    store.close()
    migrated = {place: definition for place, definition in migrated.items() if place[0] != "alembic_version"}
    assert migrated == by_models(empty_url)
    assert len(migrated) > 20


def test_indexes_that_page_through_history_begin_with_whose_it_is(database_url: str) -> None:
    store = Store.open(database_url)
    found = {name: definition for (_, name), definition in indexes(store).items()}
    store.close()
    for name, what in FEEDS[SQLITE if database_url.startswith("sqlite") else "postgresql"].items():
        assert found[name].endswith(what), found[name]


def test_each_index_of_the_large_tables_stands_in_the_docs_with_the_query_that_needs_it(postgresql_url: str) -> None:
    """PostgreSQL names each, also those of primary keys."""
    large = ("recipient", "act", "consent_event", "consent", "blanket_word", "dealer_access")
    store = Store.open(postgresql_url)
    found = {name for table, name in indexes(store) if table in large}
    store.close()
    section = (ROOT / "docs/scale.md").read_text().partition("## Indexes of the large tables")[2]
    rows = [line.split("|")[1:5] for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert {row[0].strip(" `") for row in rows} == found
    assert all(cell.strip() for row in rows for cell in row)


def test_the_newest_revision_is_that_of_alembic() -> None:
    assert schema.newest() == ScriptDirectory(schema.MIGRATIONS).get_current_head()
