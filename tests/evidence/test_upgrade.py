"""A database that earlier versions have made and upgraded has lost and changed nothing that it recorded.

tests/consents/test_first_step.py says what tests/evidence/before holds.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import text

from consents import state
from consents.brands import companies
from consents.care import audit
from consents.people import register
from consents.queries import feed
from consents.registry import Registry, prepare
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Channel, Identity
from evidence import log, witness
from tests.conftest import SECRET, Clock, Opener
from tests.consents.test_first_step import BEFORE
from tests.consents.test_first_step import before as before
from tests.consents.test_schema import empty_url as empty_url
from trust import minting

RECORDED_UNTIL = 1_795_712_000_000_000  # µs, after the last act of then: 2026-11-26 19:53:20 in Türkiye
LINKS = {
    ".db-checkpoints": {"+905320000001": "9X0SET4MCNPTXF", "+905320000002": "9F697WJP8751NK"},
    ".sql-checkpoints": {"+905320000001": "HV271FVA6ZA667", "+905320000002": "1Z00PV8933TBCV"},
}
_OWNER = Statement(text("SELECT recipient FROM short_link WHERE digest = :digest"))
AYSE, REFUSED, TOOK_BACK, REFUSED_ALL, ERASED = (f"+90532000000{n}" for n in (1, 2, 3, 4, 6))


@pytest.fixture
def clock() -> Clock:
    return Clock(RECORDED_UNTIL)


@pytest.fixture
def upgraded(before: str, open_registry: Opener) -> Registry:
    prepare(before, SECRET)
    return open_registry(before)


@pytest.fixture
def noted(before: str) -> Path:
    """The checkpoints that the witness of then has noted."""
    return BEFORE / f"registry.{'db' if before.startswith('sqlite') else 'sql'}-checkpoints"


def standing(registry: Registry, address: str) -> int | None:
    """The status of Çınar's SMS, as a private person."""

    def read(snapshot: Snapshot) -> int | None:
        who = register.find(snapshot, registry.keyring, register.person(registry.keyring, address))
        brand = companies.known_brand(snapshot, 600101)
        assert who
        assert brand
        found = state.of_key(snapshot, Key(who, brand.id, Channel.MESAJ.code, Identity.BIREYSEL.code))
        return found.status if found else None

    return registry.store.read_now(read)


def test_it_is_whole_and_its_witness_agrees(upgraded: Registry, noted: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(noted, tmp_path / "checkpoints"))
    assert upgraded.store.read_now(audit.verify, Reconsent.CONFIRM) is None
    assert upgraded.store.read_now(log.verify, upgraded.keyring) is None
    upgraded.store.read_now(witness.check, upgraded.keyring, file)


def test_what_stood_stands(upgraded: Registry) -> None:
    found = {address: standing(upgraded, address) for address in (AYSE, REFUSED, TOOK_BACK, REFUSED_ALL)}
    assert found == {AYSE: ONAY, REFUSED: RET, TOOK_BACK: ONAY, REFUSED_ALL: RET}


def test_an_erased_person_is_known_again_and_never_read(upgraded: Registry) -> None:
    who = register.person(upgraded.keyring, ERASED)
    found = upgraded.store.read_now(register.find, upgraded.keyring, who)
    assert found
    assert upgraded.store.read_now(register.address, upgraded.keyring, found) is None


def test_a_short_link_still_leads_to_its_owner(upgraded: Registry, noted: Path) -> None:
    for address, code in LINKS[noted.suffix].items():
        digest = minting.digest(upgraded.keyring, code)
        row = upgraded.store.read_now(Snapshot.one, _OWNER, {"digest": digest})
        assert row
        assert upgraded.store.read_now(register.address, upgraded.keyring, row[0]) == address


def test_ids_that_were_given_out_are_kept_and_later_ones_rise(upgraded: Registry, before: str, clock: Clock) -> None:
    keyring, last = upgraded.keyring, upgraded.store.read_now(feed.last_event)
    assert last > 25
    cipher = AESSIV(keyring.keys["transaction"])
    given_out = [cipher.encrypt(event.to_bytes(16, "big"), None).hex() for event in range(1, last + 1)]
    assert [keyring.transaction_id(event, clock.now) for event in range(1, last + 1)] == given_out
    later = [keyring.transaction_id(event, clock.now) for event in range(last + 1, last + 40)]
    assert later == sorted(later)
    assert [keyring.event(name) for name in given_out + later] == list(range(1, last + 40))


def test_in_a_new_registry_all_ids_rise(registry: Registry) -> None:
    assert registry.keyring.rising_from == 1
