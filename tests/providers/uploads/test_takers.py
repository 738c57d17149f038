"""On PostgreSQL a loading's transactions are alike, and shorter while somebody waits for them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from consents import ledger
from consents.people.sealing import person
from consents.registry import Registry
from consents.rules import ONAY
from consents.terms import Channel, Identity, Source
from providers.uploads import takers
from providers.uploads.files.row_refusals import RowRefusal
from providers.uploads.pipeline import Sealed
from providers.uploads.takers import SetTaker
from tests.conftest import SECRET
from tests.providers.uploads.test_load import add_brand
from tests.statements import Asked

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


REFUSAL = RowRefusal(1, "status", "H115", "refused", "VAR", 2)


class Reader:
    """Chunks of which every row is refused, six times over; ``pulled``: how many were asked for."""

    def __init__(self, chunks: int, refusals: int = 12_000) -> None:
        self._chunks, self._refusals, self.pulled = chunks, [REFUSAL] * refusals, 0

    def __iter__(self) -> Iterator[Sealed]:
        for _ in range(self._chunks):
            self.pulled += 1
            yield Sealed([], self._refusals, Counter(), 2_000, Counter(), False, 1)

    def rest(self) -> int:
        """How many were asked for once no more are."""
        before = -1
        while before < self.pulled:
            before = self.pulled
            time.sleep(0.2)
        return self.pulled


@pytest.fixture
def unheld() -> SetTaker:
    """A taker without a database."""
    registry: Any = SimpleNamespace(store=SimpleNamespace(postgresql_gate=object))
    return SetTaker(registry, 1, 1, 0)


def test_while_it_has_the_lock_a_loading_waits_three_times(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the lock with all that it asks first, for what it writes, for the COMMIT; also where a word is weighed."""
    asked = Asked(postgresql_url, monkeypatch)
    with Registry.open(postgresql_url, SECRET) as registry:
        brand = registry.store.write_now(add_brand)
        with closing(SetTaker(registry, brand.id, None, 0)) as taker:
            _take(taker, registry, 1)  # the registry's first act has no other before it
            for who, channel in ((2, Channel.MESAJ), (2, Channel.ARAMA), (3, Channel.MESAJ)):
                asked.forget()
                _take(taker, registry, who, channel)
                assert asked.trips == 3, asked.all
                assert len(asked.under_the_lock) <= 9, asked.under_the_lock


def test_chunks_of_which_every_row_is_refused_wait_for_who_takes_them(unheld: SetTaker) -> None:
    """All of them lay in memory while the first were being written down."""
    reader = Reader(1_000)
    taken = unheld.taken(iter(reader))
    next(taken)
    assert reader.rest() <= 8
    taken.close()  # type: ignore[attr-defined]
    assert reader.rest() <= 10
    assert not [thread for thread in threading.enumerate() if thread.name == "izin-staging"]


def test_a_chunk_that_is_larger_than_all_that_may_wait_is_taken_alone(unheld: SetTaker) -> None:
    assert [len(chunk.refusals) for chunk, _ in unheld.taken(iter(Reader(3, 60_000)))] == [60_000] * 3


def test_chunks_without_rows_and_refusals_keep_nobody_from_the_next_rows(unheld: SetTaker) -> None:
    """A window begins with one of them at least, while the last rows of the one before are being written."""
    reader = Reader(500, 0)
    next(taken := unheld.taken(iter(reader)))
    until = time.monotonic() + 60
    while reader.pulled < 500:
        assert time.monotonic() < until, "somebody keeps them"
        time.sleep(0.01)
    taken.close()  # type: ignore[attr-defined]


def _take(taker: SetTaker, registry: Registry, number: int, channel: Channel = Channel.MESAJ) -> None:
    """Has the taker write one row."""
    who = person(registry.keyring, f"+9053200000{number:02}")
    terms = channel.code, Identity.BIREYSEL.code, ONAY, Source.HS_WEB.code
    rows = [(who.sealed, number, who.commitment, *terms, registry.store.now(), None)]
    assert taker._declare(taker.gate, taker.gate.prepare(partial(taker._laid, rows))) == ["recorded"]
