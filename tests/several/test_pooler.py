"""Behind PgBouncer in transaction mode, where two of the server's connections are shared by all."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Unfit
from tests import HOST, free_port, listening
from tests.citizen.consents.town import AYSE, CINAR, listed, town
from tests.conftest import SECRET, Clock, Run
from tests.several.conftest import wait

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CONFIG = """
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = {listen}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_prepared_statements = 0
ignore_startup_parameters = extra_float_digits
"""


SESSIONS = 2
EVENTS = Statement(text("SELECT id FROM consent_event ORDER BY id"))
PREPARED = "SELECT name FROM pg_prepared_statements"
# What somebody has set for more than a transaction.
LEFT = "SELECT name FROM pg_settings WHERE source = 'session' AND name !~ '^transaction_|application_name'"


class Pooled(NamedTuple):
    """A database: through the pooler, and directly."""

    through: str
    direct: str
    pooler: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.pooler.kill()
        self.pooler.wait(60)

    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.through, "DATABASE_DIRECT_URL": self.direct, "SECRET_KEY": SECRET}


@pytest.fixture
def pooled(postgresql_url: str, tmp_path: Path) -> Iterator[Pooled]:
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed: tests/needs.sh installs it")
    socket, port = postgresql_url.partition("host=")[2], free_port()
    config = tmp_path / "pgbouncer.ini"
    config.write_text(CONFIG.format(host=socket, listen=HOST, port=port, sessions=SESSIONS))
    name = postgresql_url.partition("@/")[2].partition("?")[0]
    # It refuses to run as root, once it has read its settings; the server's own user may open the server's socket.
    user = pwd.getpwuid(Path(socket).stat().st_uid).pw_name
    command = [PGBOUNCER, "-q", *(["-u", user] if os.getuid() == 0 else []), str(config)]
    with (tmp_path / "log").open("wb") as log:
        pooler = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait(lambda: listening(port), "PgBouncer")
            yield Pooled(f"postgresql://postgres@{HOST}:{port}/{name}", postgresql_url, pooler)
        finally:
            pooler.kill()
            pooler.wait(60)


def test_without_the_server_itself_no_program_starts(pooled: Pooled) -> None:
    with pytest.raises(Unfit, match="set DATABASE_DIRECT_URL to the server itself"):
        Registry.open(pooled.through, SECRET)


def test_pages_are_read_through_it_and_presses_are_written(pooled: Pooled, clock: Clock) -> None:
    with Registry.open(pooled.direct, SECRET, through=pooled.through, now=clock) as registry, town(registry) as here:
        here.told(AYSE, CINAR)
        visitor = here.sign_in(AYSE)
        for _ in range(8):  # a statement is prepared from its sixth time on
            for word in ("RET", "ONAY"):
                answer = visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status=word)
                assert answer.status_code == 303
                clock.forward(seconds=1)
                assert f'data-status="{word}"' in visitor.get(f"/izinler/{CINAR}").text
                assert listed(visitor.get("/izinler").text) == {CINAR: "refused" if word == "RET" else "open"}

        async def many() -> list[int]:
            return await asyncio.gather(*(registry.store.read(pause) for _ in range(20)))

        backends = asyncio.run(many())
        assert len(set(backends)) <= SESSIONS, "all share them"
        with psycopg.connect(pooled.through, autocommit=True, prepare_threshold=None) as next_one:
            kept = [row for query in (PREPARED, LEFT) for row in next_one.execute(query)]
        assert kept == [], "nothing is left in a session for the next"
        with registry.store.snapshot(passing=True) as snapshot:
            assert len(list(snapshot.stream(EVENTS, size=2))) == 17
        pooled.stop()
        with pytest.raises(StoreUnavailable):
            registry.store.read_now(Snapshot.one, EVENTS)
        registry.store.write_now(Snapshot.one, EVENTS)  # goes to the server


def pause(snapshot: Snapshot) -> int:
    row = snapshot.one(Statement(text("SELECT pg_backend_pid() FROM (SELECT pg_sleep(0.01)) AS slept")))
    assert row is not None
    return int(row[0])


def test_commands_work_through_it(pooled: Pooled, run: Run, tmp_path: Path) -> None:
    env = pooled.env()

    def izin(*words: str, **more: str) -> str:
        done = run(*words, **{**env, **more})
        assert done.returncode == 0, done.stderr
        return done.stdout

    izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    izin("brand", "add", "--provider", "600100", "--code", str(CINAR), "--title", "Çınar")
    rows = [f"+90532000{number:04};MESAJ;HS_WEB;ONAY;BIREYSEL;2020-06-05 10:15:00" for number in range(300)]
    header = "ALICI;IZINTURU;IZINKAYNAGI;DURUMU;FIRMATIPI;IZINTARIHI"
    (tmp_path / "deck.csv").write_text("\n".join([header, *rows]) + "\n")
    done = run("import", "deck.csv", "--brand", str(CINAR), "--initial", **env)
    assert '"recorded": 300' in done.stdout, done.stderr
    izin("verify")
    izin("rekey", SECRET_KEY=f"{SECRET}-new", SECRET_KEY_PREVIOUS=SECRET)
    izin("verify", SECRET_KEY=f"{SECRET}-new")
