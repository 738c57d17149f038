"""SIGKILL at any moment of a sync over a real connection: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from consents import ledger
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import ONAY, Reconsent
from consents.store import Statement, Transaction
from consents.terms import Actor, Door, Source
from national import national_status
from national.upstream import accounts
from tests import ROOT, repeats
from tests.conftest import SECRET
from tests.national.local_iys import LocalIys
from tests.national.wired import Listening

BRAND, PEOPLE, KILLS = 600101, 300, repeats(2, 6)
PROGRAM = """
import asyncio, sys
from consents.registry import Registry
from consents.rules import Reconsent
from national.rounds import Sync, go
from national.upstream.transport import Https
registry = Registry.open(sys.argv[1], sys.argv[3], reconsent=Reconsent.ACCEPT)
async def work():
    sync = Sync(registry, Https(sys.argv[2]))
    while True:
        await go(sync)
        await asyncio.sleep(0.01)
asyncio.run(work())
"""


@pytest.mark.slow
def test_a_killed_sync_goes_on_where_it_was(tmp_path: Path, sqlite_template: Path) -> None:
    url = f"sqlite:///{tmp_path / 'izin.db'}"
    shutil.copy(sqlite_template, tmp_path / "izin.db")
    prepare(url, SECRET, Reconsent.ACCEPT)
    registry = Registry.open(url, SECRET, reconsent=Reconsent.ACCEPT)
    registry.store.write_now(_companies, registry)
    iys = LocalIys(time.time, late=lambda: 0.0, tokens_per_hour=1000, per_second=1000)
    served, draw = Listening(iys), random.Random(7)
    iys.mood = lambda method, path: draw.choice(("lost", None, None, None)) if "request" in path else None
    kills = 0
    try:
        for number in range(KILLS + 1):
            _approve(registry, number)
            command = [sys.executable, "-c", PROGRAM, url, served.url, SECRET]
            process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
            asked = len(iys.calls)
            until = time.monotonic() + 60
            while len(iys.calls) < asked + draw.randrange(1, 5) and time.monotonic() < until:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait(120)
            kills += 1
            registry.store.write_now(_forget_lease)
        iys.mood = lambda method, path: None
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        until = time.monotonic() + 120
        while len(iys.records) < PEOPLE and time.monotonic() < until:
            time.sleep(0.05)
            iys._work()
        process.kill()
        process.wait(120)
    finally:
        served.close()
    assert kills == KILLS + 1
    assert {record.status for record in iys.records.values()} == {"ONAY"}
    assert len(iys.records) == PEOPLE, "nothing is lost"
    assert len(iys.movements[BRAND]) == PEOPLE, "nothing came twice"
    (state,) = registry.store.read_now(national_status.list_all, registry.keyring, registry.store.now())
    assert sum(state.counts[name] for name in ("done", "sent", "waiting")) == PEOPLE
    registry.close()


def _companies(transaction: Transaction, registry: Registry) -> None:
    companies.add_provider(transaction, BRAND, "Çınar A.Ş.")
    companies.add_brand(transaction, BRAND, BRAND, "Çınar")
    accounts.add(transaction, registry.keyring, BRAND, BRAND, "sirket", "gizli-parola")
    accounts.start(transaction, 1)


def _approve(registry: Registry, part: int) -> None:
    """So many more people approve the brand while the program is down."""
    size = -(-PEOPLE // (KILLS + 1))
    people = range(part * size, min((part + 1) * size, PEOPLE))

    def work(transaction: Transaction) -> None:
        brand = companies.known_brand(transaction, BRAND)
        assert brand is not None
        for number in people:
            who = register.person(registry.keyring, f"+90532000{number:04}")
            recipient = register.enrol(transaction, registry.keyring, who)
            wish = Wish(brand.id, 1, 0, ONAY, Source.IYS_WEB.code)
            ledger.decide(transaction, registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))

    registry.store.write_now(work)


def _forget_lease(transaction: Transaction) -> None:
    """As if the two minutes of the dead process's lease had passed."""
    transaction.run(Statement(text("DELETE FROM national_lease")))
