"""Building fsyncshadow.c and the environment that preloads it; also for benchmarks that want a slow disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("fsyncshadow.c")


class NoCompiler(RuntimeError):
    """The library cannot be built here; the text says what to install."""


def build(folder: Path) -> Path:
    """Compiles the library into ``folder``; its path. Errors: NoCompiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        raise NoCompiler("power cuts are tested on Linux with a C compiler: apt-get install gcc libc6-dev")
    library = folder / "fsyncshadow.so"
    command: list[str | Path] = [
        compiler,
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        library,
        SOURCE,
        "-ldl",
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise NoCompiler(f"{compiler} cannot build {SOURCE.name}:\n{built.stderr}")
    return library


def environment(
    library: Path, *, live: Path | None = None, shadow: Path | None = None, slow_us: int = 0, broken: Path | None = None
) -> dict[str, str]:
    """This process's environment with the library preloaded; ``live`` and ``shadow`` as of ``disk.Disk``.

    ``broken``: while something stands there no fsync succeeds.
    """
    names = {**os.environ, "LD_PRELOAD": str(library), "SLOW_US": str(slow_us)}
    if broken is not None:
        names.update(BROKEN=str(broken))
    if live is not None and shadow is not None:
        names.update(SHADOW_DIR=str(live), SHADOW_ROOT=str(shadow))
    return names
