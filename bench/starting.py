"""What a newcomer waits for and what he gets: from the clone to the first page, one start, packages, megabytes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from statistics import median

import psutil  # type: ignore[import-untyped]

from bench import clients
from bench.child import ROOT
from bench.harness import Row, Scale

PATIENCE = 120.0  # seconds
_LOOK = 0.01  # seconds between two tries to be answered
IZIN = [sys.executable, "-c", "from izin.cli import main; main()"]  # what the script ``izin`` does
_MAKE = ["make", "-o", ".venv/.installed", f"BIN={Path(sys.executable).parent}", "run"]  # as installed already
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_INSTALLER = "pip"  # what every .venv has beside the locked packages


def run(scale: Scale) -> list[Row]:
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{scale.folder / 'starting.db'}",
        "SECRET_KEY": "a-secret-for-benchmarks-that-is-long-enough",
        "SMS_GATEWAY": f"file:{scale.folder / 'starting.jsonl'}",
        "MAIL_GATEWAY": f"file:{scale.folder / 'starting.jsonl'}",
    }
    first = until_answered([*_MAKE, f"PORT={port}"], environment, port)
    starts = [until_answered([*IZIN, "serve"], environment, port) for _ in range(scale.rounds)]
    packages = _PACKAGE.findall((ROOT / "requirements.lock").read_text("utf-8"))
    return [
        Row("make run, installed, to the first page", first, "s", 20, None, less=True, note="with migration and demo"),
        Row("izin serve to the first answer", median(starts), "s", 2, 1, less=True, note=f"median of {scale.rounds}"),
        Row("packages in requirements.lock", len(packages), "", 65, 45, less=True),
        Row("their size installed", _size([*packages, _INSTALLER]) / 2**20, "MiB", 300, 200, less=True,
            note="on the disk, compiled files and pip included"),
    ]  # fmt: skip


def until_answered(
    command: list[str], environment: Mapping[str, str], port: int, spent: list[float] | None = None
) -> float:
    """Seconds from the command to the first page. ``spent``: gets those of its process's CPU."""
    began = time.monotonic()
    with _started(command, environment, port) as process:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > began + PATIENCE:
                raise clients.Unanswered(f"{command} does not answer")
            time.sleep(_LOOK)
        if spent is not None:
            spent.append(sum(psutil.Process(process.pid).cpu_times()[:2]))
        return time.monotonic() - began


@contextmanager
def _started(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # make and what it runs
        process.wait()
        while _listens(port):  # make ends before what it runs
            time.sleep(_LOOK)


def _answers(port: int) -> bool:
    try:
        clients.check(clients.get(port, "/"), b"HTTP/1.1 200")
    except OSError:
        return False
    return True


def _listens(port: int) -> bool:
    """Whether the port is still taken, also by a site that ends and answers nobody any more."""
    try:
        socket.create_connection((clients.HOST, port), 1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.create_server((clients.HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _size(packages: list[str]) -> int:
    """Bytes that the files of these packages take on the disk, as far as they are for this system."""
    taken: dict[Path, int] = {}
    for package in packages:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue  # of another system
        for file in map(Path, map(str, (file.locate() for file in files))):
            if file.exists():
                taken[file.resolve()] = file.stat().st_blocks * 512
    return sum(taken.values())
