"""On PostgreSQL a loading's transactions are alike, and shorter while somebody waits for them."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from typing import Any

import psycopg
import pytest

from consents import ledger
from consents.people.sealing import person
from consents.registry import Registry
from consents.rules import ONAY
from consents.terms import Channel, Identity, Source
from providers.uploads import takers
from providers.uploads.takers import SetTaker
from tests.conftest import SECRET
from tests.providers.uploads.test_load import add_brand

PATIENCE = 60.0  # seconds for what should be done in milliseconds
_WAITS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.mark.parametrize("rows", [1, 499, 500, 601, 2_700, 4_000, 8_000, 15_999])
@pytest.mark.parametrize("size", [1, 500, 2_700, 6_000])
def test_rows_are_shared_out_among_transactions_that_are_alike(rows: int, size: int) -> None:
    parts, left = [], rows
    while left:
        parts.append(takers._share(left, size))
        left -= parts[-1]
    assert sum(parts) == rows
    assert max(parts) - min(parts) <= 1
    assert max(parts) <= max(1.2 * size + 1, 1)
    assert len(parts) <= max(1, 2 * rows / size)


def test_who_comes_while_rows_are_being_written_is_seen(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declare = ledger.declare_staged
    with Registry.open(postgresql_url, SECRET) as registry, psycopg.connect(postgresql_url, autocommit=True) as looking:
        brand = registry.store.write_now(add_brand)
        visitor = threading.Thread(target=registry.store.write_now, args=(lambda transaction: None,))

        def with_a_visitor(*arguments: Any, **named: Any) -> list[str]:
            answers = declare(*arguments, **named)
            visitor.start()
            until = time.monotonic() + PATIENCE
            while looking.execute(_WAITS).fetchone() != (1,):
                assert time.monotonic() < until, "nobody came to wait for the lock"
                time.sleep(0.01)
            return answers

        with closing(SetTaker(registry, brand.id, None, 0)) as taker:
            alone = taker._calm
            _take(taker, registry, 1)
            assert taker._calm == alone + 1
            with monkeypatch.context() as patch:
                patch.setattr(ledger, "declare_staged", with_a_visitor)
                _take(taker, registry, 2)
            visitor.join(PATIENCE)
            assert taker._calm == 0
            _take(taker, registry, 3)
            assert taker._calm == 1


def _take(taker: SetTaker, registry: Registry, number: int) -> None:
    """Has the taker write one row."""
    who = person(registry.keyring, f"+9053200000{number:02}")
    terms = Channel.MESAJ.code, Identity.BIREYSEL.code, ONAY, Source.HS_WEB.code
    rows = [(who.sealed, number, who.commitment, *terms, registry.store.now(), None)]
    assert taker._declare(taker.gate, taker.gate.prepare(partial(taker._laid, rows))) == ["recorded"]
