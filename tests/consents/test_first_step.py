"""The first step of the schema, and databases that the steps before it have made.

tests/evidence/before has one of each kind, at revision 0043: begun at 0013, with what `izin migrate`, `provider add`,
`brand add`, `import`, `links`, `sms`, `erase` and `report` of then have left, with acts of the panel from before 0041,
and with the checkpoints that its witness noted.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, inspect, text

from consents.registry import NotReady, prepare
from consents.store import Store, schema
from tests import ROOT
from tests.conftest import SECRET, Opener, Run
from tests.consents.test_schema import empty_url as empty_url

BEFORE = ROOT / "tests" / "evidence" / "before"
FIRST = "0043"
LATER = {"alembic_version", "helper_visit", "panel_user", "session"}  # tables that later steps change
# Each row is a fact of the schema. Columns are counted anew: what was dropped leaves gaps in their numbers.
_POSTGRESQL = (
    "SELECT relname, relkind, relpersistence, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "SELECT attrelid::regclass::text, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname, "
    "format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) FROM pg_attribute "
    "JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
    "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
    "SELECT pg_get_indexdef(indexrelid), indisclustered FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE relnamespace = 'public'::regnamespace",
    "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT sequencename, data_type::text, start_value, max_value, increment_by, cycle FROM pg_sequences",
)


@pytest.fixture
def before(database_url: str, empty_url: str, tmp_path: Path) -> str:
    """A database that the earlier steps have made."""
    if database_url.startswith("sqlite"):
        file = tmp_path / "before.db"
        with gzip.open(BEFORE / "registry.db.gz") as packed, file.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        return f"sqlite:///{file}"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(gzip.decompress((BEFORE / "registry.sql.gz").read_bytes()))
    return empty_url


def facts(connection: Connection) -> set[tuple[Any, ...]]:
    """What the schema is, whatever the order in which it was made."""
    if connection.dialect.name == "sqlite":
        return set(_sqlite_facts(connection))
    connection.exec_driver_sql("SET search_path TO public")
    return {
        (number, *map(str, row)) for number, query in enumerate(_POSTGRESQL) for row in connection.execute(text(query))
    }


def _sqlite_facts(connection: Connection) -> Iterator[tuple[Any, ...]]:
    made = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    for kind, name, table, statement in made.all():
        plain = re.sub(r"\s+", " ", statement.replace('"', "")).strip()
        if kind != "table":
            yield kind, name, table, plain
            continue
        head, _, rest = plain.partition("(")
        body, _, tail = rest.rpartition(")")
        # A reference may stand beside its column, or after all columns.
        body = re.sub(r"(\w+) (\w+) (CONSTRAINT \w+) (REFERENCES)", r"\1 \2, \3 FOREIGN KEY(\1) \4", body)
        parts = [part.strip() for part in re.split(r",(?![^()]*\))", body)]
        yield from (("part", name, part) for part in (head, tail.strip(), *parts))
        for pragma in ("table_xinfo", "index_list"):
            rows = connection.exec_driver_sql(f"PRAGMA {pragma}({name})").all()
            yield from ((pragma, name, *(row[1:] if pragma == "index_list" else row)) for row in rows)


def rows(connection: Connection, columns: Mapping[str, list[str]] | None = None) -> dict[str, list[str]]:
    """Everything that a database holds, by table; of the tables in ``columns`` these alone."""
    found = columns_of(connection) | dict(columns or {})
    return {
        table: sorted(map(str, connection.execute(text(f'SELECT {", ".join(names)} FROM "{table}"'))))
        for table, names in found.items()
    }


def columns_of(connection: Connection) -> dict[str, list[str]]:
    inspector = inspect(connection)
    return {
        table: [f'"{column["name"]}"' for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
    }


def test_the_first_step_makes_what_all_steps_before_it_made(before: str, tmp_path: Path) -> None:
    store = Store.open(before)
    with store.engine.begin() as connection:
        earlier = facts(connection)
        if before.startswith("postgresql"):
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    store.close()
    fresh = Store.open(f"sqlite:///{tmp_path / 'fresh.db'}" if before.startswith("sqlite") else before, hurried=False)
    schema.upgrade(fresh.engine, FIRST)
    with fresh.engine.begin() as connection:
        made = facts(connection)
        filled = {table for table, found in rows(connection).items() if found}
    fresh.close()
    assert made ^ earlier == set()
    assert len(made) > 1000
    assert filled == {"alembic_version"}


def test_a_database_of_the_steps_before_is_taken_as_it_is(before: str, open_registry: Opener) -> None:
    """Later steps take nothing away; they add tables, empty, and columns beside what the rows hold."""
    store = Store.open(before)
    with store.engine.begin() as connection:
        earlier, held, columns = facts(connection), rows(connection), columns_of(connection)
    assert schema.current(store.engine) == FIRST
    store.close()
    prepare(before, SECRET)
    registry = open_registry(before)
    assert schema.current(registry.store.engine) == schema.newest()
    with registry.store.engine.begin() as connection:
        assert {fact for fact in earlier - facts(connection) if not LATER & set(fact)} == set()
        found = rows(connection, columns)
    assert held.keys() <= found.keys()
    assert all(found[table] == held[table] for table in held.keys() - LATER)


@pytest.mark.parametrize("revision", ["0013", "0042", "9999"])
def test_any_other_revision_is_refused_with_the_way_to_go(before: str, open_registry: Opener, revision: str) -> None:
    store = Store.open(before)
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        earlier, held = facts(connection), rows(connection)
    refusal = (
        f"the database is at revision {revision}, which this program does not know: if an earlier preview made it, "
        f"check out commit {schema.LAST_WITH_EARLIER}, run izin migrate there, and come back"
    )
    for open_it in (prepare, lambda url, secret: open_registry(url)):
        with pytest.raises(NotReady, match=re.escape(refusal)):
            open_it(before, SECRET)
    with store.engine.begin() as connection:
        assert (facts(connection) ^ earlier, rows(connection)) == (set(), held)
    store.close()


def test_the_command_refuses_in_one_line(run: Run, tmp_path: Path) -> None:
    assert run("migrate", DATABASE_URL="sqlite:///izin.db").returncode == 0
    store = Store.open(f"sqlite:///{tmp_path / 'izin.db'}")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0042'"))
    store.close()
    done = run("migrate", DATABASE_URL="sqlite:///izin.db")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert f"check out commit {schema.LAST_WITH_EARLIER}, run izin migrate there" in done.stderr


def test_who_could_load_sees_evidence_and_a_citizens_own_request_is_proved(empty_url: str) -> None:
    """The steps 0085 and 0086 on rows from before them."""
    store = Store.open(empty_url)
    schema.upgrade(store.engine, "0084")
    rights = {1: 2, 2: 3, 3: 1, 4: 29, 5: 31, 6: 0}
    request = "INSERT INTO data_request (kind, asked_at, entered_by, state, closed_at) VALUES (0, {}, {}, {}, {})"
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO provider (id, code, title) VALUES (1, 1, 'Çınar')"))
        for person, given in rights.items():
            user = "INSERT INTO panel_user (id, email, staff, created_at, version) VALUES (:id, :email, 0, 1, 0)"
            connection.execute(text(user), {"id": person, "email": bytes([person])})
            connection.execute(
                text("INSERT INTO panel_member (person, provider, role, rights, every_brand, version) "
                     "VALUES (:person, 1, 0, :rights, true, 0)"),
                {"person": person, "rights": given},
            )  # fmt: skip
        for row in ((10, "NULL", 0, "NULL"), (20, 6, 0, "NULL"), (30, "NULL", 1, 40)):
            connection.execute(text(request.format(*row)))

    def found(query: str) -> list[tuple[Any, ...]]:
        with store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    schema.upgrade(store.engine)
    given = dict(found("SELECT person, rights FROM panel_member ORDER BY person"))
    assert given == {1: 130, 2: 131, 3: 1, 4: 29, 5: 159, 6: 0}
    assert found("SELECT proved_at, provider FROM data_request ORDER BY id") == [(10, None), (None, None), (30, None)]
    store.close()
