"""SQLite on a disk whose fsync fails: what it could not make durable may stand after a crash, so nobody knows."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from consents.store import Store
from tests import ROOT
from tests.consents.works import ids
from tests.crash import shim

_PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from consents.store import Store, Unknown
from tests.consents.works import add, ids

url, broken, way = sys.argv[1:]
store = Store.open(url)
write = store.write_now if way == "thread" else lambda *asked: asyncio.run(store.write(*asked))
assert write(add, 1) == 1
Path(broken).touch()
try:
    write(add, 2)
except Unknown:
    print("unknown", ids(store))
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("way", ["thread", "loop"])
def test_a_commit_whose_fsync_fails_is_not_called_undone(
    sqlite_url: str, library: Path, tmp_path: Path, way: str
) -> None:
    broken = tmp_path / "broken"
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, sqlite_url, str(broken), way],
        env=shim.environment(library, broken=broken),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "unknown [1]\n", done.stderr
    with closing(Store.open(sqlite_url)) as store:
        assert ids(store) == [1, 2], "its pages had reached the file"
