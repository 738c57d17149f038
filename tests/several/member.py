"""One of several processes of a site: ``izin serve`` itself, forked by tests/crash/zygote.py."""

from __future__ import annotations

import os

from consents import business_days
from consents.store import clock
from izin import app, jobs
from izin.demo import load
from izin.operations import site_commands
from providers.callers import passwords
from web import server

WARM = (app, jobs, load, server)  # what ``izin serve`` imports late
business_days.stop_by(clock())  # reads the calendar of holidays, once for all forks


def run(folder: str, settings: dict[str, str]) -> None:
    """Serves until killed."""
    os.dup2(2, 1)  # the log; standard output belongs to the parent
    os.environ.update(settings)
    os.chdir(folder)  # where no .env lies
    passwords.COST = passwords.Cost(4, 8, 1)
    site_commands.serve(host="127.0.0.1")
