"""PostgreSQL: a loading by sets is killed in its middle, and its file sent again (rules L6, L8)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
from sqlalchemy import text

from consents.brands import companies
from consents.care import audit
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Snapshot, Statement, Transaction
from providers.uploads.loading import Order, load
from tests import ROOT
from tests.conftest import SECRET

ROWS = 20_000
HEADER = "recipient;type;source;status;recipientType;consentDate"
PATIENCE = 120.0  # seconds for what should be done in one or two
# A loading that goes no further than the half before it is killed: the end of its stdin comes after that.
LOADER = """
import sys
from pathlib import Path
from consents.brands import companies
from consents.registry import Registry
from providers.uploads import takers
from providers.uploads.loading import Order, load
declare, rows = takers.SetTaker._declare, 0
def half(self, gate, staged, *more):
    global rows
    if (rows := rows + len(staged)) > int(sys.argv[4]):
        sys.stdin.read()
    return declare(self, gate, staged, *more)
takers.SetTaker._declare = half
registry = Registry.open(sys.argv[1], sys.argv[2])
brand = registry.store.read_now(companies.known_brand, 600101)
load(registry, Order(Path(sys.argv[3]), brand, initial=True))
"""
KEEPER = """
import sys
from sqlalchemy import text
from consents.registry import Registry
from consents.store import Statement
registry = Registry.open(sys.argv[1], sys.argv[2])
with registry.store.gate().transaction() as transaction:
    print("held", flush=True)
    transaction.all(Statement(text("SELECT pg_sleep(3600)")))
"""
_EVENTS = Statement(text("SELECT count(*) FROM consent_event"))
_HELD = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
_STANDS = Statement(
    text("SELECT r.sealed, c.status, c.provider_at FROM consent c JOIN recipient r ON r.id = c.recipient")
)


def add_brand(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.")
    companies.add_brand(transaction, 600100, 600101, "Çınar")


def line(number: int) -> str:
    status = "RET" if number % 3 else "ONAY"
    return (
        f"{number:05}@example.com;EPOSTA;HS_WEB;{status};BIREYSEL;2026-10-01 10:{number // 60 % 60:02}:{number % 60:02}"
    )


def events(registry: Registry) -> int:
    row = registry.store.read_now(Snapshot.one, _EVENTS)
    assert row is not None
    return int(row[0])


def test_l6_a_loading_that_was_killed_in_its_middle_ends_the_same_once_the_file_is_sent_again(
    postgresql_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "izinler.csv"
    path.write_text("\n".join([HEADER, *map(line, range(ROWS))]) + "\n")
    with Registry.open(postgresql_url, SECRET) as registry:
        registry.store.write_now(add_brand)
        command = [sys.executable, "-c", LOADER, postgresql_url, SECRET, str(path), str(ROWS // 2)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as loading:
            until = time.monotonic() + PATIENCE
            while not events(registry):
                assert time.monotonic() < until, "the loading wrote nothing"
                assert loading.poll() is None, "the loading ended before it wrote anything"
                time.sleep(0.005)
            loading.kill()
        stood = _settled(registry)
        assert 0 < stood < ROWS, "no fault: the kill missed the loading"
        assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None
        brand = registry.store.read_now(companies.known_brand, 600101)
        assert brand is not None
        tally = load(registry, Order(path, brand, initial=True))
        assert (tally.recorded, tally.unchanged, tally.refused) == (ROWS - stood, stood, 0)
        assert events(registry) == ROWS
        rows = registry.store.read_now(Snapshot.all, _STANDS)
        found = {registry.keyring.unseal(bytes(sealed)): (status, at) for sealed, status, at in rows}
        first = found["00000@example.com"][1]
        assert found == {
            f"{number:05}@example.com": (int(not number % 3), first + number % 3600) for number in range(ROWS)
        }
        assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


def _settled(registry: Registry) -> int:
    """How many events there are once nothing is being written any more: a COMMIT may have been on its way."""
    registry.store.write_now(lambda transaction: None)  # waits for the lock
    return events(registry)


def test_the_lock_of_a_loader_that_was_killed_is_free_again(postgresql_url: str) -> None:
    """Also while a statement of its runs, which PostgreSQL would else run to its end first: here an hour."""
    command = [sys.executable, "-c", KEEPER, postgresql_url, SECRET]
    with (
        psycopg.connect(postgresql_url, autocommit=True) as looking,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as keeper,
    ):
        try:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == b"held\n"
            assert _held(looking)
        finally:
            keeper.kill()
        until = time.monotonic() + PATIENCE
        while _held(looking):
            assert time.monotonic() < until, "a dead program kept the lock"
            time.sleep(0.05)


def _held(connection: psycopg.Connection) -> bool:
    row = connection.execute(_HELD).fetchone()
    return bool(row and row[0])
