"""A site that is told to stop leaves a database of one file: whoever then copies that has everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from consents.store import Store
from tests import free_port
from tests.conftest import SECRET
from tests.consents.works import add

IZIN = Path(sys.executable).with_name("izin")
PATIENCE = 60.0  # seconds


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_clean_stop_merges_the_log_into_the_database(
    sqlite_url: str, tmp_path: Path, name: signal.Signals, command: str
) -> None:
    file, port = Path(sqlite_url.removeprefix("sqlite:///")), free_port()
    log = file.with_name(f"{file.name}-wal")
    settings = {"DATABASE_URL": sqlite_url, "SECRET_KEY": SECRET, "PORT": str(port), "LOG_LEVEL": "warning"}
    with closing(Store.open(sqlite_url)) as other:  # as `izin import` does, it keeps the database open meanwhile
        with subprocess.Popen(
            [IZIN, command],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            deadline = time.monotonic() + PATIENCE
            while command == "serve":
                with suppress(urllib.error.URLError, ConnectionError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
                    break
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            while command == "worker" and not (file.with_name(f"{file.name}-checkpoints")).exists():
                assert time.monotonic() < deadline
                time.sleep(0.05)
            for number in range(5):
                other.write_now(add, number)
            assert log.stat().st_size > 0
            running.send_signal(name)
            assert running.wait(PATIENCE) == 0
        assert log.stat().st_size == 0
