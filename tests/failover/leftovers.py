"""What runs of these tests leave behind that were killed: servers, their folders, a small disk. All of it is memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

KINDS = ("node", "small")


def named(kind: str, name: str = "") -> str:
    """The beginning of a folder's name, by which it is known whose it is."""
    return f"izin-{kind}-{os.getpid()}-{name}"


def clear(*places: Path) -> None:
    """Takes away what runs have left of which no process lives any more; by default where all tests have their folders.

    Mounted disks are let go, and servers that still work in such a folder are ended.
    """
    for place in places or (Path("/dev/shm"), Path(tempfile.gettempdir())):
        for kind in KINDS:
            for folder in place.glob(f"izin-{kind}-*"):
                if (run := folder.name.split("-")[2]).isdecimal() and not psutil.pid_exists(int(run)):
                    _clear(folder)


def _clear(folder: Path) -> None:
    for noted in (folder / "data" / "postmaster.pid", folder / "postmaster.pid"):
        with suppress(OSError, ValueError, psutil.Error):
            server = psutil.Process(int(noted.read_text().split("\n", 1)[0]))
            if str(noted.parent) in server.cmdline():
                for process in [*server.children(recursive=True), server]:
                    process.kill()
    if folder.is_mount():
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
