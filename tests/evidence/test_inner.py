"""The witness inside the database, for hosts whose disk is empty at each start: what it shows, and what it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from consents.care import audit
from consents.registry import Registry
from consents.rules import RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement
from evidence import checkpoints, log, witness, witness_table
from evidence.checkpoints import Checkpoint
from evidence.witness import RolledBack
from evidence.witness_file import Unwitnessed
from izin import jobs
from settings import Settings
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import ARAMA, BIREYSEL, Deeds
from tests.evidence.conftest import chronicle, run, thaw
from tests.evidence.test_witness import checked, emptied, verified
from tests.test_witness_file import Izin

_SIZES = Statement(text("SELECT size FROM witness ORDER BY size"))


@pytest.fixture
def registry(postgresql_url: str, open_registry: Opener) -> Registry:
    return open_registry(postgresql_url)


@pytest.fixture
def world(registry: Registry, clock: Clock, witness_file: Path) -> World:
    """A registry with some history, signed up to act 11."""
    return chronicle(registry, clock, witness_file)


def sizes(registry: Registry) -> list[int]:
    return [row[0] for row in registry.store.read_now(Snapshot.all, _SIZES)]


def refuse(registry: Registry, world: World) -> None:
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)


def test_each_checkpoint_is_kept_once_more_from_the_beginning_on(registry: Registry, world: World) -> None:
    assert sizes(registry) == [0, 2, 4, 7, 9, 11]


@pytest.mark.parametrize("lose", [Path.unlink, emptied], ids=["missing", "empty"])
def test_a_file_that_is_gone_is_said_loudly_and_signing_goes_on(
    registry: Registry, world: World, witness_file: Path, lose: Callable[[Path], None]
) -> None:
    lose(witness_file)
    said = str(log.begin(registry, witness_file))
    assert f"the witness file {witness_file} is gone" in said
    assert "up to act 11" in said
    assert "NOTHING OUTSIDE THE DATABASE" in said
    assert log.begin(registry, witness_file) is None, "said once at each loss"
    refuse(registry, world)
    signed = log.extend(registry, witness_file)
    assert signed is not None
    assert (signed.size, sizes(registry)[-1]) == (12, 12)
    lines = witness_file.read_text().splitlines()
    assert lines[0].startswith("# begun again from the database's own table on 2026-")
    assert [line.split()[1] for line in lines[1:]] == ["11", "12"]
    assert checked(registry, witness_file) is None


def test_a_file_that_goes_before_the_first_checkpoint_keeps_nobody_from_signing(
    registry: Registry, witness_file: Path
) -> None:
    log.begin(registry, witness_file)
    refuse(registry, furnish(registry))
    witness_file.unlink()
    assert "is gone" in str(log.begin(registry, witness_file))
    assert log.extend(registry, witness_file) is not None
    assert checked(registry, witness_file) is None


@pytest.mark.parametrize("gone", [True, False])
def test_a_log_written_anew_beside_the_table_is_found_with_and_without_the_file(
    registry: Registry, world: World, witness_file: Path, gone: bool
) -> None:
    thaw(registry)
    run(registry, "UPDATE act SET door = 9 WHERE id = 3")
    run(registry, "DELETE FROM checkpoint")
    run(registry, "DELETE FROM log_head")
    run(registry, "DELETE FROM log_tile")
    if gone:
        witness_file.unlink()
    assert log.begin(registry, witness_file) is None
    assert witness_file.exists() is not gone, "nothing is begun again from what does not fit"
    for using in (log.extend, lambda *of: of[0].store.read_now(witness.check, of[0].keyring, of[1])):
        with pytest.raises(RolledBack, match="own table witness"):
            using(registry, witness_file)
    assert "checkpoint 11 stands in the database's own table witness" in str(verified(registry, witness_file))
    assert registry.store.read_now(checkpoints.latest) is None


def test_a_part_of_history_that_was_brought_back_without_the_rest_is_found(
    registry: Registry, world: World, witness_file: Path
) -> None:
    thaw(registry)
    run(registry, "DELETE FROM checkpoint WHERE size > 4")
    witness_file.unlink()
    with pytest.raises(RolledBack, match="checkpoint 11 stands in the database's own table"):
        registry.store.read_now(witness.lack, registry.keyring, witness_file, 0)


def test_an_older_row_that_does_not_fit_is_found_by_verify(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    """What was once signed and is not in the log any more, though the newest row fits."""
    other = checkpoints.sign(registry.keyring, Checkpoint(5, b"r" * 32, 4, clock.now))
    registry.store.write_now(witness_table.add, other)
    assert registry.store.read_now(witness.check, registry.keyring, witness_file) == 11
    assert "checkpoint 5 stands in the database's own table" in str(verified(registry, witness_file))


def test_who_can_take_both_back_is_not_found_which_is_why_it_is_said(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    """As after the return of a whole older backup to a host without a lasting disk."""
    thaw(registry)
    clock.forward(hours=1)
    for table in ("checkpoint", "witness"):
        run(registry, f"DELETE FROM {table} WHERE size > 9")
    witness_file.unlink()
    said = str(log.begin(registry, witness_file))
    assert "up to act 9" in said
    assert "an older backup" in said
    assert log.extend(registry, witness_file) is not None
    assert verified(registry, witness_file) is None


def test_without_file_and_table_nothing_is_signed(registry: Registry, world: World, witness_file: Path) -> None:
    thaw(registry)
    run(registry, "DELETE FROM witness")
    witness_file.unlink()
    assert log.begin(registry, witness_file) is None
    assert "nothing outside the database can tell" in str(verified(registry, witness_file))
    with pytest.raises(Unwitnessed):
        log.extend(registry, witness_file)
    log.accept(registry, witness_file)
    assert sizes(registry) == [11]
    assert verified(registry, witness_file) is None


def test_a_registry_from_before_the_table_begins_it_when_it_signs_next(
    registry: Registry, world: World, witness_file: Path
) -> None:
    thaw(registry)
    run(registry, "DELETE FROM witness")
    assert log.extend(registry, witness_file) is None
    assert sizes(registry) == [11]


def test_rows_that_we_have_not_signed_prove_nothing_and_hinder_nothing(
    registry: Registry, world: World, witness_file: Path
) -> None:
    for size in (99, 2**62):
        run(
            registry,
            f"INSERT INTO witness SELECT {size}, root, previous, made_at, signature FROM checkpoint c, "
            "(SELECT 9 AS previous) p WHERE c.size = 11",
        )
    run(registry, "INSERT INTO witness VALUES (12, ''::bytea, 11, 1, 'x'::bytea)")
    for size, made_at in ((13, "NaN"), (14, "Infinity"), (15, "1e300")):
        run(registry, f"INSERT INTO witness VALUES ({size}, ''::bytea, 11, '{made_at}', 'x'::bytea)")
    witness_file.unlink()
    assert "up to act 11" in str(log.begin(registry, witness_file))
    refuse(registry, world)
    assert log.extend(registry, witness_file) is not None
    assert verified(registry, witness_file) is None


def test_a_file_that_another_host_did_not_tell_of_the_newest_checkpoints_is_no_fault(
    registry: Registry, world: World, tmp_path: Path, witness_file: Path
) -> None:
    """Site and worker, each on a host without a lasting disk, have each a file of its own."""
    other = tmp_path / "other"
    assert "is gone" in str(log.begin(registry, other))
    for _ in range(2):
        refuse(registry, world)
        log.extend(registry, other)
        furnish_more(registry, world)
        log.extend(registry, other)
    assert verified(registry, witness_file) is None
    assert verified(registry, other) is None


def furnish_more(registry: Registry, world: World) -> None:
    Deeds(registry).decides(Key(world.mehmet, world.isik, ARAMA, BIREYSEL), status=RET)


@pytest.mark.parametrize("deed", ["UPDATE witness SET size = 1", "DELETE FROM witness", "TRUNCATE witness"])
def test_the_table_only_grows(registry: Registry, world: World, postgresql_url: str, deed: str) -> None:
    with psycopg.connect(postgresql_url) as connection, pytest.raises(psycopg.errors.RaiseException, match="history"):
        connection.execute(deed)


@pytest.fixture
def site_role(postgresql_url: str) -> Iterator[psycopg.Connection]:
    """The database as the site's role sees it once the table belongs to another (SECURITY.md)."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE witness_site",
            "CREATE ROLE witness_keeper",
            "ALTER FUNCTION izin_history OWNER TO witness_keeper",
            "ALTER TABLE witness OWNER TO witness_keeper",
            "GRANT SELECT, INSERT ON witness TO witness_site",
            "SET ROLE witness_site",
        ):
            connection.execute(statement)
        yield connection
        connection.execute("RESET ROLE")
        connection.execute("REASSIGN OWNED BY witness_keeper TO CURRENT_USER")
        connection.execute("DROP OWNED BY witness_site, witness_keeper")
        connection.execute("DROP ROLE witness_site, witness_keeper")


@pytest.mark.parametrize(
    "deed",
    [
        "DELETE FROM witness",
        "UPDATE witness SET size = 1",
        "TRUNCATE witness",
        "DROP TABLE witness",
        "ALTER TABLE witness DISABLE TRIGGER USER",
        "DROP TRIGGER witness_no_delete ON witness",
    ],
)
def test_the_table_of_another_role_can_be_added_to_and_no_more(
    registry: Registry, world: World, site_role: psycopg.Connection, deed: str
) -> None:
    site_role.execute("INSERT INTO witness VALUES (12, ''::bytea, 11, 1, ''::bytea)")
    assert site_role.execute("SELECT count(*) FROM witness").fetchone() == (7,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        site_role.execute(deed)


def test_a_trigger_that_is_gone_is_found(registry: Registry, world: World) -> None:
    run(registry, "DROP TRIGGER witness_no_truncate ON witness")
    assert "witness from TRUNCATE" in str(registry.store.read_now(audit.verify, Reconsent.CONFIRM))


def test_on_sqlite_the_table_stays_empty(sqlite_registry: Registry, clock: Clock, witness_file: Path) -> None:
    chronicle(sqlite_registry, clock, witness_file)
    assert sizes(sqlite_registry) == []


def test_the_worker_says_it_and_signs_on(
    registry: Registry, world: World, postgresql_url: str, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(jobs.log, "error", lambda event, **more: said.append((event, more["mend"])))
    witness_file.unlink()
    refuse(registry, world)
    chosen = Settings(database_url=postgresql_url, secret_key=SecretStr(SECRET), witness_file=witness_file)
    asyncio.run(jobs._checkpoint(registry, chosen))
    assert [event for event, _ in said] == ["witness_file_gone"]
    assert str(witness_file) in said[0][1]
    assert sizes(registry)[-1] == 12


def test_commands_say_it_when_they_start(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    file = tmp_path / "disk" / "checkpoints"
    monkeypatch.setenv("WITNESS_FILE", str(file))
    izin = Izin(monkeypatch, capsys)
    izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar")
    Path("a.csv").write_text(
        "recipient;type;source;status;recipientType;consentDate\n"
        "+905320000001;MESAJ;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00\n"
    )
    assert izin("import", "a.csv", "--brand", "600101", "--initial")[0] == 0
    for _ in range(2):  # at each start of such a host
        file.unlink()
        status, _, told = izin("migrate")
        assert (status, f"the witness file {file} is gone" in told) == (0, True)
        status, said, told = izin("verify")
        assert (status, "newest checkpoint: 4 " in said) == (0, True)
        assert f"the witness file {file} is gone" in told
        assert izin("verify")[2] == ""
