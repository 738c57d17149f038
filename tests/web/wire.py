"""A really started site, spoken to byte by byte."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests import HOST, free_port
from tests.crash import site

HELLO = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
SOON = "connections.HEADER_SECONDS, server.GRACE, connections.BODY_SECONDS = 2, 1, 6"
PATIENCE = 120.0  # seconds; a test that waits is patient, because its machine may be busy


class Started:
    """``izin serve`` in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self._log = process, port, log

    @property
    def memory(self) -> int:
        """Bytes that the process holds now."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def received(self) -> int:
        """Bytes that the process has read since its start, from files and sockets."""
        return int(psutil.Process(self.process.pid).io_counters().read_chars)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def connect(self) -> socket.socket:
        try:
            return socket.create_connection((HOST, self.port), timeout=PATIENCE)
        except OSError as fault:
            fault.add_note(f"The site's status is {self.process.poll()}, its log:\n{self.log[-5000:]}")
            raise

    @property
    def listens(self) -> bool:
        """Whether it is this process that listens on the port."""
        held = psutil.Process(self.process.pid).net_connections("tcp")
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == self.port for one in held)

    def ask(self, *parts: bytes) -> bytes:
        """What comes back until the site closes, or a whole answer has come; b"" where it closes without one."""
        with self.connect() as wire:
            try:
                for part in parts:
                    wire.sendall(part)
            except OSError:
                pass  # it has answered before it read all of it
            return answer_on(wire)


def answer_on(wire: socket.socket) -> bytes:
    """One answer, or what there was of it when the site closed."""
    got = b""
    while not _whole(got):
        try:
            part = wire.recv(1 << 16)
        except ConnectionResetError:
            return got
        if not part:
            return got
        got += part
    return got


def _whole(got: bytes) -> bool:
    head, end, body = got.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and len(body) >= int((lengths or [b"0"])[0])


@contextmanager
def started(
    folder: Path,
    template: Path,
    *words: str,
    files: int | None = None,
    hurried: bool = False,
    bounds: str = "",
    **settings: str,
) -> Iterator[Started]:
    """``izin serve`` with these words on a copy of ``template``.

    ``files``: how many the process may have open (``ulimit -n``). ``hurried``: it waits for nobody for long (``SOON``).
    ``bounds``: other bounds, as assignments in Python.
    """
    bounds = bounds or (SOON if hurried else "")
    loaded = "from izin.cli import main; from web import connections, room, server"
    program = f"{loaded}; {bounds}; main()"
    (folder / "var").mkdir()
    database = folder / "var" / "izin.db"
    shutil.copy(template, database)
    port, log = free_port(), folder / "site.log"
    limit = ["bash", "-c", f'ulimit -n {files} && exec "$@"', "-"] if files else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*limit, *([sys.executable, "-c", program] if bounds else site.COMMAND), "serve", *words],
            cwd=folder,
            env={**site.environment(database, port), **settings},
            stdout=out,
            stderr=out,
        )
    running = Started(process, port, log)
    try:
        _wait(running)
        yield running
    finally:
        process.kill()
        process.wait(120)


def _wait(running: Started) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.log
        try:
            if b" 200 OK" in running.ask(HELLO) and running.listens:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the site did not start")
