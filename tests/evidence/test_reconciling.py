"""A backup is brought back: the site says what is missing, and what was handed out and is no longer known is named."""

from __future__ import annotations

import gzip
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from consents.queries import recorded
from consents.registry import Registry, prepare
from consents.rules import RET
from consents.state import Key
from evidence import log
from izin import app
from settings import load
from tests.conftest import SECRET, Run
from tests.consents.conftest import World, furnish
from tests.consents.deeds import ARAMA, BIREYSEL, MESAJ, TACIR, Deeds
from tests.evidence.test_backups import ARCHIVE, COPY, typed
from tests.failover.callers import until
from tests.failover.nodes import DATABASE, Node
from tests.web.client import PageClient


def refused(registry: Registry, world: World, channel: int, identity: int) -> str:
    """A refusal, and the transaction id under which it was handed out."""
    Deeds(registry).decides(Key(world.ayse, world.cinar, channel, identity), status=RET)
    return newest(registry)


def newest(registry: Registry) -> str:
    snapshot: Any
    with registry.store.snapshot() as snapshot:
        cursor = snapshot.connection.cursor()
        cursor.execute("SELECT max(id) FROM consent_event")
        event = int(cursor.fetchone()[0])
        return registry.keyring.transaction_id(event, recorded.at(snapshot, event))


def test_a_copy_made_under_load_is_whole_and_what_it_lacks_is_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "var").mkdir()
    database, witness = tmp_path / "var" / "izin.db", tmp_path / "var" / "izin.db-checkpoints"
    url = f"sqlite:///{database}"
    prepare(url, SECRET)
    end = threading.Event()
    with Registry.open(url, SECRET) as live:
        log.begin(live, witness)
        world = furnish(live)
        kept = refused(live, world, ARAMA, BIREYSEL)

        def write() -> None:
            while not end.is_set():
                Deeds(live).decides(Key(world.mehmet, world.isik, MESAJ, TACIR), status=RET)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            log.extend(live, witness)
            done = typed(COPY, tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
        finally:
            end.set()
            writing.join(120)
        lost = refused(live, world, MESAJ, BIREYSEL)
        second = int(time.time())
        log.extend(live, witness)
    (copy,) = (tmp_path / "backup").glob("*.db")
    for left in (tmp_path / "var").glob("izin.db*"):
        if left != witness:
            left.unlink()
    shutil.copy(copy, database)

    def izin(*words: str) -> tuple[int, str, str]:
        done = run(*words, SECRET_KEY=SECRET, DATABASE_URL=url)
        return done.returncode, done.stdout, done.stderr

    status, _, said = izin("verify")
    assert (status, "stands in" in said, "older backup" in said) == (1, True, True)
    (tmp_path / "program.csv").write_text(f"{kept};RET\n{'0' * 64};no id of ours\n{lost};RET\n")
    status, named, said = izin("reconcile-backup", "program.csv")
    assert (status, named) == (1, f"program.csv\t3\t{lost}\n")
    assert "the witness knows" in said
    assert "1 of 2 changes are not known" in said
    # An id is made of a number and a second: in the same second the other event of that number would have it too.
    until(lambda: int(time.time()) > second, "the second does not end")
    with Registry.open(url, SECRET) as restored:  # the number of what was lost is another's by now
        while newest_number(restored) < 3:
            refused(restored, world, MESAJ, TACIR)
        again = refused(restored, world, ARAMA, TACIR)
    with gzip.open(tmp_path / "day.gz", "wt") as file:
        file.write(f'{{"transactionId": "{lost}"}}\n{{"transactionId": "{again}"}}\n')
    assert izin("reconcile-backup", "day.gz")[:2] == (1, f"day.gz\t1\t{lost}\n")
    (tmp_path / "wrong.csv").write_text(f"{'0' * 64};no id of ours\n")
    status, named, said = izin("reconcile-backup", "wrong.csv")
    assert (status, named) == (1, "")
    assert "wrong.csv: " in said
    assert "no transaction id of this registry" in said, "a file that shows nothing is no good news"
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"x" * 9999)[:10] + b"\xff" * 40)
    status, _, said = izin("reconcile-backup", "torn.gz")
    assert (status, "torn.gz" in said, "Traceback" in said) == (2, True, False)
    starts_again(url, witness, izin)


def starts_again(url: str, witness: Path, izin: Callable[..., tuple[int, str, str]]) -> None:
    """As docs/backups.md says where something is lost for good: the old witness is kept, a new one begins."""
    status, _, said = izin("serve")
    assert (status, "older backup" in said) == (1, True)
    witness.rename(f"{witness}-before")
    assert izin("verify", "--accept-unwitnessed")[0] == 0
    assert izin("verify")[0] == 0
    with (
        Registry.open(url, SECRET) as registry,
        PageClient(app.build(load({"SECRET_KEY": SECRET}), registry)) as client,
    ):
        assert client.get("/readyz").status_code == 200


def test_a_base_backup_and_the_archived_log_lead_to_a_point_in_time(tmp_path: Path, run: Run) -> None:
    with closing(Node("live", tmp_path / "live")) as live, closing(Node("restored", tmp_path / "restored")) as restored:
        archive = live.archive_folder()
        command = ARCHIVE.replace("/archive", str(archive))
        live.make(archive_mode="on", archive_command=command)
        live.ask(f"CREATE DATABASE {DATABASE}")
        url, witness = live.url(DATABASE), tmp_path / "witness"
        prepare(url, SECRET)
        with Registry.open(url, SECRET) as registry:
            log.begin(registry, witness)
            world = furnish(registry)
            first = refused(registry, world, ARAMA, BIREYSEL)
            restored.copy(live)
            kept = refused(registry, world, ARAMA, TACIR)  # after the backup: in the archived log alone
            log.extend(registry, witness)
            live.ask("SELECT pg_create_restore_point('before')")
            lost = refused(registry, world, MESAJ, BIREYSEL)
            log.extend(registry, witness)
        ((segment,),) = live.ask("SELECT pg_walfile_name(pg_switch_wal())")
        until(lambda: (archive / segment).exists(), "the log is not archived")
        again = command.replace("%f", segment)
        assert typed(again.replace("%p", str(archive / segment)), tmp_path).returncode == 0, "handed out once more"
        assert typed(again.replace("%p", __file__), tmp_path).returncode != 0, "another file of that name"
        live.kill()
        restored.configure(synchronous_standby_names="ANY 1 (b, c)")  # as the primary's own had it
        restored.recover(archive, "before")

        def izin(*words: str) -> tuple[int, str, str]:
            settings = {"DATABASE_URL": restored.url(DATABASE), "WITNESS_FILE": str(witness)}
            done = run(*words, SECRET_KEY=SECRET, **settings)
            return done.returncode, done.stdout, done.stderr

        status, _, said = izin("verify")
        assert (status, "older backup" in said) == (1, True)
        (tmp_path / "program.csv").write_text(f"{first}\n{kept}\n{lost}\n")
        status, named, said = izin("reconcile-backup", "program.csv")
        assert (status, named) == (1, f"program.csv\t3\t{lost}\n")
        assert "the witness knows 3 acts, the database has 2" in said
        starts_again(restored.url(DATABASE), witness, izin)


def newest_number(registry: Registry) -> int:
    with registry.store.snapshot() as snapshot:
        cursor = snapshot.connection.cursor()
        cursor.execute("SELECT max(id) FROM consent_event")
        return int(cursor.fetchone()[0])


def test_where_only_the_witness_knows_more_it_does_not_end_well_either(tmp_path: Path, run: Run) -> None:
    """A script that asks the exit status would else go on with a backup that lacks acts."""
    database, witness = tmp_path / "izin.db", tmp_path / "izin.db-checkpoints"
    url = f"sqlite:///{database}"
    prepare(url, SECRET)
    with Registry.open(url, SECRET) as live:
        log.begin(live, witness)
        world = furnish(live)
        kept = refused(live, world, ARAMA, BIREYSEL)
        log.extend(live, witness)
    shutil.copy(database, tmp_path / "backup.db")
    (tmp_path / "answers.json").write_text(kept)
    done = run("reconcile-backup", "answers.json", SECRET_KEY=SECRET, DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    with Registry.open(url, SECRET) as live:
        refused(live, world, MESAJ, BIREYSEL)
        log.extend(live, witness)
    shutil.copy(tmp_path / "backup.db", database)
    done = run("reconcile-backup", "answers.json", SECRET_KEY=SECRET, DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the witness knows" in done.stderr
    assert "0 of 1 changes are not known" in done.stderr
