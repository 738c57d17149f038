"""Who writes the database cannot hand a brand, with its history and its feed, to another company unnoticed."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from consents.brands import companies
from consents.registry import Registry, prepare
from consents.store import Snapshot, Statement
from evidence import log
from evidence.leaves import LogFault
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import CINAR, ISIK
from tests.evidence.conftest import chronicle, run

MOVED = f"brand {CINAR} was moved: provider 600200 is not the one it belongs to"
GONE = f"nothing vouches any more for whose brand {CINAR} is"
_VOUCHED = Statement(text("SELECT count(*) FROM brand WHERE voucher IS NOT NULL"))


def verified(registry: Registry) -> str | None:
    return registry.store.read_now(log.verify, registry.keyring)


def vouched(registry: Registry) -> int:
    row = registry.store.read_now(Snapshot.one, _VOUCHED)
    assert row is not None
    return int(row[0])


@pytest.fixture
def signed(registry: Registry, clock: Clock) -> Registry:
    """History about two brands of two companies, signed."""
    chronicle(registry, clock)
    assert verified(registry) is None
    return registry


MOVE = f"UPDATE brand SET provider = (SELECT id FROM provider WHERE code = 600200) WHERE code = {CINAR}"
TAMPERINGS = {
    "moved": ([MOVE], MOVED),
    "moved, and its voucher taken away": ([MOVE, f"UPDATE brand SET voucher = NULL WHERE code = {CINAR}"], GONE),
    "moved, and all vouchers taken away": ([MOVE, "UPDATE brand SET voucher = NULL"], GONE),
    "another's voucher": (
        [MOVE, f"UPDATE brand SET voucher = (SELECT voucher FROM brand WHERE code = {ISIK}) WHERE code = {CINAR}"],
        MOVED,
    ),
    "the companies' codes swapped": (
        [
            "UPDATE provider SET code = 1 WHERE code = 600100",
            "UPDATE provider SET code = 600100 WHERE code = 600200",
            "UPDATE provider SET code = 600200 WHERE code = 1",
        ],
        MOVED,
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_moved_brand_is_found(signed: Registry, name: str) -> None:
    statements, told = TAMPERINGS[name]
    for statement in statements:
        run(signed, statement)
    assert verified(signed) == told


def test_who_takes_the_voucher_away_gets_no_new_one_and_nothing_is_signed(
    signed: Registry, open_registry: Opener, clock: Clock
) -> None:
    run(signed, MOVE)
    run(signed, "UPDATE brand SET voucher = NULL WHERE code = 600101")
    with pytest.raises(LogFault, match=GONE):
        log.extend(signed)
    url = signed.store.engine.url.render_as_string(False)
    signed.close()
    prepare(url, SECRET)
    assert verified(open_registry(url)) == GONE


def test_a_new_brand_is_vouched_for_when_history_is_signed(signed: Registry, clock: Clock) -> None:
    before = vouched(signed)
    signed.store.write_now(companies.add_brand, 600200, 600203, "Söğüt")
    assert (verified(signed), vouched(signed)) == (None, before)
    log.extend(signed)
    assert (verified(signed), vouched(signed)) == (None, before + 1)


def test_the_brands_of_an_earlier_version_are_vouched_for_as_they_are(signed: Registry, open_registry: Opener) -> None:
    """Its database has no vouchers; the first ``izin migrate`` makes them, and no later one."""
    run(signed, "UPDATE brand SET voucher = NULL")
    url = signed.store.engine.url.render_as_string(False)
    signed.close()
    prepare(url, SECRET)
    again = open_registry(url)
    assert (verified(again), vouched(again)) == (None, 2)
    run(again, MOVE)
    assert verified(again) == MOVED
