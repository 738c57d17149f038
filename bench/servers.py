"""PostgreSQL servers of our own to measure at, as they come, on the disk that /tmp is on.

They run as a user of their own, so what leads to their folders must be open to it: that of the run is not.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from bench.harness import Scale
from tests.crash.server import Server, installed

_KEPT = "server"  # the file that names the folder of the run's own


@contextmanager
def new() -> Iterator[Server]:
    """A server that is gone at the end."""
    runtime = _folder()
    try:
        with Server(runtime, runtime) as server:
            yield server
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


@contextmanager
def kept(scale: Scale) -> Iterator[Server]:
    """The server of this run, with all that was put there before; it runs while the block does."""
    name = scale.folder / _KEPT
    if not name.exists():
        name.write_text(str(_folder()))
    with _Kept(Path(name.read_text())) as server:
        yield server


def tools(scale: Scale) -> Path:
    """Where the programs of that server stand."""
    return installed(Path((scale.folder / _KEPT).read_text()) / "data")[0]


def drop(scale: Scale) -> None:
    """Deletes what ``kept`` has kept."""
    name = scale.folder / _KEPT
    if name.exists():
        shutil.rmtree(name.read_text(), ignore_errors=True)


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"izin-bench-{os.getpid()}-", dir="/tmp"))


class _Kept(Server):
    """A server whose data stay when it ends."""

    def __init__(self, runtime: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        self._folder = runtime / "data"
        self._folder.mkdir(exist_ok=True)
        self.tools, self._user = installed(self._folder, filled=True)
        self._log = (runtime / "log").open("wb")
        self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
