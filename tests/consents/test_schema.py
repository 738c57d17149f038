"""The shape of the schema: the indexes that migrations make are those that the tables declare, column by column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
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


def test_accounts_at_the_national_registry_and_what_names_them_outlive_their_new_table(empty_url: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    store = Store.open(empty_url)
    try:
        with store.engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            before = ScriptDirectory.from_config(config).get_revision("0043")
            assert before is not None
            command.upgrade(config, str(before.down_revision))
            for statement in (
                "INSERT INTO provider (id, code, title, state) VALUES (1, 600100, 'Çınar', 'active'), "
                "(2, 600200, 'Işık', 'active')",
                "INSERT INTO brand (id, provider, code, title, folded, example) "
                "VALUES (1, 1, 600100, 'Çınar', 'CINAR', false)",
                "INSERT INTO national_account (id, provider, iys_code, sealed, started_at, window_at) "
                "VALUES (7, 1, 600100, 'x', 1764000000, 1764000000), (8, 2, 600200, 'x', NULL, 1764000000)",
                "INSERT INTO national_brand (brand, account, cursor) VALUES (1, 7, 42)",
                "INSERT INTO national_errand (account, kind, asked_at) VALUES (7, 1, 1764000000)",
            ):
                connection.execute(text(statement))
        schema.upgrade(store.engine)
        read = store.read_now
        assert read(
            Snapshot.all, Statement(text("SELECT id, iys_code, verified_at FROM national_account ORDER BY 1"))
        ) == [
            (7, 600100, 1764000000),
            (8, 600200, None),
        ]
        assert read(Snapshot.all, Statement(text("SELECT brand, account, cursor FROM national_brand"))) == [(1, 7, 42)]
        assert read(Snapshot.all, Statement(text("SELECT account, kind FROM national_errand"))) == [(7, 1)]
    finally:
        store.close()
