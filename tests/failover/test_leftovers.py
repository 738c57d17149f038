"""A run that was killed leaves its small disk and its servers; the next one takes them away, and nobody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.failover import leftovers

GONE = 2**22 + 1  # no process has a number above 2**22
WORKS = "import time; print(flush=True); time.sleep(60)"


def _at_work(*arguments: Path) -> subprocess.Popen[bytes]:
    """It has printed: before that, while the kernel still loads it, a process has no command line to be known by."""
    process = subprocess.Popen([sys.executable, "-c", WORKS, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_only_what_is_of_dead_runs_is_taken_away(tmp_path: Path) -> None:
    left = tmp_path / f"izin-node-{GONE}-a-x1" / "data"
    others = [tmp_path / leftovers.named("node", "a-x2"), tmp_path / "izin-small-no-run", tmp_path / f"else-{GONE}"]
    for folder in (left, *others):
        folder.mkdir(parents=True)
    with _at_work(left) as server:
        (left / "postmaster.pid").write_text(f"{server.pid}\n{left}\n")
        leftovers.clear(tmp_path)
        assert server.wait(10) == -9
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_a_number_that_is_another_programs_by_now_ends_nobody(tmp_path: Path) -> None:
    left = tmp_path / f"izin-node-{GONE}-a-x1" / "data"
    left.mkdir(parents=True)
    with _at_work() as other:
        (left / "postmaster.pid").write_text(f"{other.pid}\n")
        leftovers.clear(tmp_path)
        assert psutil.pid_exists(other.pid)
        assert other.poll() is None
        other.kill()
    assert not left.exists()
