"""Hourly sweeps: everything that is too old goes, in transactions so short that citizens' changes pass between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from consents.brands import companies
from consents.care.sweeping import PART
from consents.registry import Registry
from consents.store import Snapshot, Statement, Store, Transaction
from izin import jobs
from providers.callers import api_users
from providers.callers.api_users import Owner
from settings import load
from tests import programs
from tests.web.conftest import KEY

MANY = PART + 1
LONG_AGO = 1000
# Columns and values of a row that nobody needs any more; its key comes before them.
OLD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "throttle": ("key,at,count", (LONG_AGO, 1)),
    "session": ("key,started_at,touched_at,current", (LONG_AGO, LONG_AGO, 0)),
    "sign_in": ("address,at,wrong", (LONG_AGO, 0)),
    "one_time_code": (
        "holder,purpose,address,mac,first_asked_at,asked,asked_at,expires_at,tries,wrong",
        (0, b"", b"", LONG_AGO, 1, LONG_AGO, LONG_AGO, 0, 0),
    ),
    "idempotency_key": ("key,request,status,answer,at", (b"", 200, b"", LONG_AGO)),
    "sms_question": ("sender,asks,channels,tries,expires_at", ("brand", 1, 0, LONG_AGO)),
    "api_token": ("digest,kind,api_user,family,expires_at", ("access", 1, b"", LONG_AGO)),
}


def fill(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.")
    companies.add_brand(transaction, 600100, 600101, "Çınar")
    api_users.add(transaction, Owner.PROVIDER, 600100, "cinar", programs.password("cinar"))
    for table, (columns, values) in OLD.items():
        transaction.insert(table, columns, [(number.to_bytes(4, "big"), *values) for number in range(MANY)])
    lists = [(n, str(n), 1, 1, False, 1, LONG_AGO, LONG_AGO) for n in range(1, MANY + 1)]
    transaction.insert("batch", "id,request,brand,api_user,again,size,received_at,finished_at", lists)


def left(snapshot: Snapshot, table: str) -> int:
    row = snapshot.one(Statement(text(f"SELECT count(*) FROM {table}")))
    assert row is not None
    return int(row[0])


def test_sweeps_pass_in_parts_between_which_others_write(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.store.write_now(fill)
    write = Store.write
    between: dict[str, list[int]] = {table: [] for table in (*OLD, "batch")}

    async def and_another(store: Store, work: Any, *arguments: Any) -> Any:
        """A citizen's change comes beside each of the sweeps'."""

        def look(transaction: Transaction) -> None:
            for table, seen in between.items():
                seen.append(left(transaction, table))

        answer, _ = await asyncio.gather(write(store, work, *arguments), write(store, look))
        return answer

    monkeypatch.setattr(Store, "write", and_another)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    for table, seen in between.items():
        assert seen[-1] == 0, table
        assert any(0 < some < MANY for some in seen), table
        assert max(before - after for before, after in zip([MANY, *seen], seen, strict=False)) <= PART, table
