"""SIGKILL at any moment of a sync over a real connection: nothing is lost, nothing comes twice."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import text

from consents import ledger
from consents.brands import companies
from consents.columns import stored
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import ONAY, Reconsent
from consents.store import Statement, Transaction
from consents.terms import Actor, Door, Source
from national import national_brands, national_status
from national.upstream import accounts
from tests.conftest import SECRET
from tests.national import killed_program
from tests.national.local_iys import LocalIys
from tests.national.wired import Listening

BRAND, PEOPLE, KILLS = 600101, 300, 6

_DUE = Statement(text("UPDATE national_batch SET due_at = made_at WHERE request IS NULL"))


def started(database: str, url: str) -> BaseProcess:
    """A process of its own, forked from one that has everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed_program.__name__])
    process = context.Process(target=killed_program.run, args=(database, url, SECRET))
    process.start()
    return process


@pytest.mark.slow
def test_a_killed_sync_goes_on_where_it_was(tmp_path: Path, sqlite_template: Path) -> None:
    url = f"sqlite:///{tmp_path / 'izin.db'}"
    shutil.copy(sqlite_template, tmp_path / "izin.db")
    prepare(url, SECRET, Reconsent.ACCEPT)
    registry = Registry.open(url, SECRET, reconsent=Reconsent.ACCEPT)
    registry.store.write_now(_companies, registry)
    registry.store.write_now(_have_met)
    iys = LocalIys(time.time, late=lambda: 0.0, tokens_per_hour=1000, per_second=1000)
    served, draw = Listening(iys), random.Random(7)
    iys.mood = lambda method, path: "lost" if "request" in path and draw.random() < 0.25 else None
    kills = 0
    try:
        for number in range(KILLS + 1):
            _approve(registry, number)
            asked = len(iys.calls)
            process = started(url, served.url)
            until = time.monotonic() + 60
            while len(iys.calls) == asked and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(draw.choice((0.0, 0.005, 0.02, 0.06)))  # the list is read, answered, noted
            process.kill()
            process.join()
            kills += process.exitcode == -signal.SIGKILL
            registry.store.write_now(_time_passes)
        iys.mood = lambda method, path: None
        process = started(url, served.url)
        until = time.monotonic() + 120
        while len(iys.records) < PEOPLE and time.monotonic() < until:
            time.sleep(0.05)
            iys._work()
        process.kill()
        process.join()
    finally:
        served.close()
    assert kills == KILLS + 1
    assert {record.status for record in iys.records.values()} == {"ONAY"}
    assert len(iys.records) == PEOPLE, "nothing is lost"
    assert len(iys.movements[BRAND]) == PEOPLE, "nothing came twice"
    (state,) = registry.store.read_now(national_status.everyone, registry.keyring, registry.store.now())
    assert sum(state.counts[name] for name in ("done", "sent", "waiting")) == PEOPLE
    registry.close()


def _companies(transaction: Transaction, registry: Registry) -> None:
    companies.add_provider(transaction, BRAND, "Çınar A.Ş.")
    companies.add_brand(transaction, BRAND, BRAND, "Çınar")
    accounts.add(transaction, registry.keyring, BRAND, BRAND, "sirket", "gizli-parola")
    accounts.start(transaction, 1)


def _have_met(transaction: Transaction) -> None:
    """Both sides were compared, when nobody had said anything yet."""
    brand, now = companies.known_brand(transaction, BRAND), stored(transaction.now)
    assert brand is not None
    national_brands.begin(transaction, 1, brand.id)
    national_brands.move(transaction, brand.id, compared_at=now, compared_to=-1, pulled_at=now)


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


def _time_passes(transaction: Transaction) -> None:
    """As if some minutes had passed: the dead process's lease, and the pause after an answer that was lost."""
    accounts.end_lease(transaction)
    accounts.block(transaction, 1, 0, None)
    transaction.run(_DUE, {})
