"""The site that is killed: ``izin serve`` itself, in a process that zygote.py forks and in the open."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from consents import business_days
from consents.instants import SECOND
from consents.registry import Registry
from consents.store import clock
from gateways.outbox import claims
from gateways.verimor import inbox as verimor_inbox
from gateways.verimor import sending as verimor
from izin import app, jobs
from izin.demo import load
from izin.operations import site_commands
from settings import Settings
from tests.conftest import SECRET
from tests.crash.writers import WEAKNESSES

COMMAND = [sys.executable, "-c", "from izin.cli import main; main()"]  # what the script ``izin`` does
WARM = (app, jobs, load, verimor, verimor_inbox)  # what ``izin serve`` imports late

business_days.stop_by(clock())  # reads the calendar of holidays, once for all forks


def environment(database: Path, port: int) -> dict[str, str]:
    """The settings of a site on this file; its messages go into a file that no crash is to touch."""
    outbox = f"file:{outbox_of(database)}"
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": SECRET,
        "SMS_GATEWAY": outbox,
        "MAIL_GATEWAY": outbox,
        "LOG_LEVEL": "error",
    }


def outbox_of(database: Path) -> Path:
    """Where that site's messages arrive, one JSON object a line."""
    return database.parent.with_name("outbox.jsonl")


def run(
    database: str, port: int, weakness: str | None = None, settings: dict[str, str] | None = None, lease: int = 30
) -> None:
    """Serves until killed. ``weakness`` is a fault to plant (``writers.WEAKNESSES``); ``settings`` go before others.

    ``lease``: seconds after which a message that a killed site was sending is sent by the next one.
    """
    os.dup2(2, 1)  # the log; standard output belongs to the parent
    os.environ.update(environment(Path(database), port) | (settings or {}))
    os.chdir(Path(database).parent.parent)  # where no .env lies
    claims.LEASE = lease * SECOND
    if weakness is not None:
        _weaken(weakness)
    site_commands.serve(host="127.0.0.1")


def _weaken(weakness: str) -> None:
    opened = site_commands.open_registry

    def weak(chosen: Settings) -> object:
        return _Weak(opened(chosen), weakness)

    site_commands.open_registry = weak  # type: ignore[assignment]


class _Weak:
    """An opened registry whose store breaks its promise."""

    def __init__(self, opened: object, weakness: str) -> None:
        self._opened, self._weakness = opened, weakness

    def __enter__(self) -> Registry:
        registry: Registry = self._opened.__enter__()  # type: ignore[attr-defined]
        WEAKNESSES[self._weakness](registry)
        return registry

    def __exit__(self, *fault: object) -> None:
        self._opened.__exit__(*fault)  # type: ignore[attr-defined]
