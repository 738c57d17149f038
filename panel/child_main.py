"""The child of ``child_process``: reads its job on stdin, and reports progress and errors on stdout. Only a worker
starts it."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from consents.registry import Registry
from consents.store import StoreUnavailable, offline
from panel.uploads.child_process import DONE, FAULT, WorkJob

_BETWEEN = 0.2  # seconds between two progress lines
Progress = Callable[[int], None]


def _upload(registry: Registry, progress: Progress, number: int, holder: bytes) -> None:
    from panel.uploads import upload_job
    from providers.uploads.loading import collect_seldom

    collect_seldom()
    upload_job.work(registry, progress, number, holder)


def _exports(registry: Registry, progress: Progress) -> None:
    from panel import export_job

    export_job.make_waiting(registry, progress)


def _erased(registry: Registry, progress: Progress, since: int) -> None:
    from panel.retention import erased_files

    if erased_files.clean(registry, since):
        progress(1)


# Jobs by name: (registry, progress, the job's arguments). Each imports its own modules.
WORKS: Mapping[str, Callable[..., Any]] = {"upload": _upload, "exports": _exports, "erased": _erased}


def main() -> None:
    """Runs the job on stdin; exit status 1 where it failed."""
    with os.fdopen(os.dup(1), "w", buffering=1) as out:
        os.dup2(2, 1)  # what is logged meanwhile is no answer
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
        job = WorkJob(*marshal.load(sys.stdin.buffer))  # noqa: S302 - from our own parent
        threading.Thread(target=_end_with_parent, name="izin-parent", daemon=True).start()
        fault = do(job, _progress(out))
        if fault:
            print(FAULT, fault, file=out)
    # The registry is closed. To take apart all that was imported would cost a quarter of a second more, for nothing.
    sys.stderr.flush()
    os._exit(1 if fault else 0)


def do(job: WorkJob, progress: Progress) -> str:
    """Runs the job; returns the kind of its error, without its text, which may name people."""
    try:
        with offline.serving_lock(job.url), job.opened() as registry:
            WORKS[job.name](registry, progress, *job.arguments)
    except StoreUnavailable:
        return StoreUnavailable.__name__
    except Exception as error:
        return type(error).__name__
    return ""


def _progress(out: TextIO) -> Progress:
    """Reports the number of finished rows, a few times a second."""
    at = 0.0

    def progress(rows: int) -> None:
        nonlocal at
        if time.monotonic() > at + _BETWEEN:
            print(DONE, rows, file=out)
            at = time.monotonic()

    return progress


def _end_with_parent() -> None:
    """Exits with the parent, when its pipe ends. Reads past Python's buffer, whose lock would be missing at
    shutdown."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
