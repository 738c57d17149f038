"""New keys for what is sealed, whatever cuts the rotation off (who is at work beside it: test_rotation_beside.py)."""

from __future__ import annotations

import fcntl
import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import LargeBinary, inspect, text
from sqlalchemy.engine import make_url

from consents.care import audit
from consents.columns import SealedBytes
from consents.keys import Keyring, packed
from consents.people import column_passes, register, rotation
from consents.people.held_keys import ROTATED, WrongKey
from consents.people.rotation import Rotation, clean, rekey
from consents.registry import NotReady, Registry, prepare
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Unfit
from consents.store.failures import Unknown
from consents.store.gates.gate import Gate
from consents.store.offline import ADVISORY_LOCK, RegistryInUse, alone, serving_lock
from consents.tables import metadata
from consents.terms import Door
from izin.operations import maintenance_commands  # with the tables of all rooms
from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import ROOT, programs
from tests.conftest import NOON, SECRET
from tests.consents.conftest import AYSE, MEHMET, World, furnish
from tests.consents.deeds import BIREYSEL, HOUR, MESAJ, Deeds, onay

NEW = "another-secret-for-tests-that-is-long-enough"
CROWD = [f"+90532000{number:04}" for number in range(100, 117)]
PROOF = {"message": "RET CINAR", "from": AYSE}

_SEALED = Statement(text("SELECT sealed FROM recipient WHERE length(sealed) <> 16"))
_DIGESTS = Statement(text("SELECT sealed FROM recipient WHERE length(sealed) = 16"))
_EVIDENCE = Statement(text("SELECT evidence FROM act WHERE evidence IS NOT NULL ORDER BY id"))
_LASTING = Statement(text("SELECT id, commitment FROM recipient ORDER BY id"))
_ACTS = Statement(text("SELECT id, evidence_digest FROM act ORDER BY id"))
_KEYS = Statement(text("SELECT purpose, version FROM registry_key ORDER BY purpose, version"))
_PROGRESS = Statement(text("SELECT done, total FROM rotation"))


class Cut(Exception):
    """The rotation was killed here."""


@pytest.fixture
def url(database_url: str) -> str:
    """A database with addresses of both kinds, an erased person, and evidence; nobody has it open."""
    with Registry.open(database_url, SECRET) as registry:
        fill(registry)
    return database_url


def fill(registry: Registry) -> World:
    deeds, world, keyring = Deeds(registry), furnish(registry), registry.keyring
    people = [register.person(keyring, address) for address in [*CROWD, "ayse@example.com"]]
    registry.store.write_now(register.enrol_all, keyring, people)
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    deeds.declares(onay(key, NOON - HOUR), onay(key._replace(recipient=world.mehmet), NOON - HOUR))
    for status in (RET, ONAY, RET):
        deeds.decides(key, status=status, door=Door.SMS, evidence=keyring.seal_evidence(PROOF))
    registry.store.write_now(register.erase, keyring, register.person(keyring, MEHMET))
    return world


def rows(url: str, statement: Statement) -> list[tuple[Any, ...]]:
    store = Store.open(url)
    try:
        return [
            tuple(bytes(v) if isinstance(v, bytes) else v for v in row)
            for row in store.read_now(Snapshot.all, statement)
        ]
    finally:
        store.close()


def told(registry: Registry) -> tuple[object, ...]:
    """What must be as before: addresses, transaction ids, commitments, digests, evidence, what stands."""
    keyring, read = registry.keyring, registry.store.read_now
    people = [register.person(keyring, address) for address in (AYSE, *CROWD, "ayse@example.com", MEHMET)]
    found = [read(register.find, keyring, who) for who in people]
    with registry.store.snapshot() as snapshot:
        addresses = [register.address(snapshot, keyring, number) for number in range(1, len(CROWD) + 4)]
        evidence = [keyring.unseal_evidence(bytes(row[0])) for row in snapshot.all(_EVIDENCE)]
        lasting = [snapshot.all(statement) for statement in (_LASTING, _ACTS, _DIGESTS)]
        fault = audit.verify(snapshot, Reconsent.CONFIRM)
    assert fault is None
    names = [keyring.transaction_id(number, NOON) for number in (1, 2, 3)]
    return found, addresses, evidence, lasting, names, keyring.signer().public_key().public_bytes_raw()


def opened(url: str, secret: str) -> tuple[object, ...]:
    with Registry.open(url, secret) as registry:
        return told(registry)


def test_everything_is_sealed_anew_and_nothing_else_is_changed(url: str) -> None:
    before = opened(url, SECRET)
    old = {row[0] for statement in (_SEALED, _EVIDENCE) for row in rows(url, statement)}
    seen: list[tuple[int, int]] = []
    changed = rekey(url, SECRET, progress=lambda done, of: seen.append((done, of)))
    assert changed == len(old) == len(CROWD) + 5
    assert seen[-1] == (changed + 1, changed + 1)  # the erased person was looked at
    assert opened(url, SECRET) == before
    new = {row[0] for statement in (_SEALED, _EVIDENCE) for row in rows(url, statement)}
    assert len(new) == len(old)
    assert not new & old
    versions = dict(rows(url, _KEYS))
    assert versions == {purpose: 2 if purpose in ROTATED else 1 for purpose in versions}


def test_what_was_sealed_before_is_gone_from_the_file_too(sqlite_url: str) -> None:
    with Registry.open(sqlite_url, SECRET) as registry:
        fill(registry)
        crowd = [register.person(registry.keyring, f"+9053210{number:05}") for number in range(3000)]
        registry.store.write_now(register.enrol_all, registry.keyring, crowd)
    old = {row[0] for statement in (_SEALED, _EVIDENCE) for row in rows(sqlite_url, statement)}
    rekey(sqlite_url, SECRET)
    clean(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    held = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert not [sealed for sealed in old if sealed in held]
    assert all(row[0] in held for row in rows(sqlite_url, _SEALED))


def test_a_new_secret_wraps_all_keys_and_the_old_one_opens_nothing(url: str) -> None:
    before = opened(url, SECRET)
    with pytest.raises(WrongKey):
        rekey(url, NEW)
    assert opened(url, SECRET) == before
    rekey(url, NEW, SECRET)
    assert opened(url, NEW) == before
    with pytest.raises(WrongKey):
        Registry.open(url, SECRET)


def test_cut_off_at_any_step_all_is_found_and_it_is_ended_by_running_it_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One registry goes through it all: cut off before the first transaction, before the second, and so on."""
    monkeypatch.setattr(column_passes, "BATCH", 4)
    before, step = opened(url, SECRET), 0
    ended = False
    while not ended:
        step += 1
        versions = dict(rows(url, _KEYS))
        try:
            with monkeypatch.context() as patch:
                cut_before(step, patch)
                rekey(url, SECRET)
            ended = True
        except Cut:
            assert opened(url, SECRET) == before
            begun = step > 1
            assert len(rows(url, _KEYS)) == len(versions) + len(ROTATED) * begun
            assert [0 < row[0] <= row[1] for row in rows(url, _PROGRESS)] == [step > 3] * (step > 2)
            rekey(url, SECRET)
        assert rows(url, _PROGRESS) == []
        assert dict(rows(url, _KEYS))["address"] == versions["address"] + 1
        assert opened(url, SECRET) == before
    # The keys, how many rows there are, five times four recipients, one act's evidence, the old keys: none was cut.
    assert step == 10


def cut_before(step: int, patch: pytest.MonkeyPatch) -> None:
    """The process dies before its transaction number ``step``."""
    write, left = Rotation._once, [step]

    def cutting(self: Rotation, work: Callable[..., Any]) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Cut
        return write(self, work)

    patch.setattr(Rotation, "_once", cutting)


def test_cut_off_twice_with_a_new_secret_the_old_one_is_needed_no_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_passes, "BATCH", 4)
    before = opened(url, SECRET)
    for step, previous in ((4, SECRET), (3, None), (6, None)):
        with monkeypatch.context() as patch:
            cut_before(step, patch)
            with pytest.raises(Cut):
                rekey(url, NEW, previous)
    rekey(url, NEW)
    assert opened(url, NEW) == before


class Standby:
    """What a server holds that has not received what came after; here it takes over the same database."""

    ROWS = (
        ("registry_key", "purpose,version,wrapped"),
        ("rotation", "id,begun_at,moved_at,done,total"),
    )
    SEALED = (("recipient", "sealed"), ("act", "evidence"))

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows = [snapshot.all(Statement(text(f"SELECT {columns} FROM {table}"))) for table, columns in self.ROWS]
        self._sealed = [
            snapshot.all(Statement(text(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL")))
            for table, column in self.SEALED
        ]

    def takes_over(self, store: Store) -> None:
        store.write_now(self._put_back)

    def _put_back(self, transaction: Transaction) -> None:
        for (table, columns), rows in zip(self.ROWS, self._rows, strict=True):
            transaction.run(Statement(text(f"DELETE FROM {table}")))
            if rows:
                transaction.insert(table, columns, rows)
        for (table, column), rows in zip(self.SEALED, self._sealed, strict=True):
            again = Statement(text(f"UPDATE {table} SET {column} = :sealed WHERE id = :id"))
            for number, sealed in rows:
                transaction.run(again, {"id": number, "sealed": sealed})


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Whatever it is told to write stands as it is told: it has no keys."""
    store = Store.open(url, hurried=False)
    yield store
    store.close()


def test_where_a_server_takes_over_that_lacks_the_new_key_it_ends_and_nothing_is_lost(
    url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever step it was at."""
    monkeypatch.setattr(column_passes, "BATCH", 4)
    before, step, ended = opened(url, SECRET), 0, False
    standby = store.read_now(Standby)
    while not ended:
        step += 1
        with closing(Rotation(store)) as going:
            steps = going.steps(SECRET)
            ended = len(list(itertools.islice(steps, step))) < step
            if not ended:
                standby.takes_over(store)
                with pytest.raises(Unfit, match=r"another server answered .*: run izin rekey again"):
                    list(steps)
        assert opened(url, SECRET) == before
    assert step > 10


def test_where_a_server_takes_over_that_lacks_the_last_rows_the_old_key_is_kept(
    url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened(url, SECRET)
    part, left, standbys = Rotation._part, Rotation._left, list[Standby]()

    def received(self: Rotation, one: Any, rows: list[Any], transaction: Transaction) -> int:
        standbys.append(Standby(transaction))
        return part(self, one, rows, transaction)

    def dies(self: Rotation, passes: Any) -> Any:
        found = left(self, passes)
        assert not found
        standbys[-1].takes_over(store)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Rotation, "_part", received)
        patch.setattr(Rotation, "_left", dies)
        with pytest.raises(Unfit, match="run izin rekey again"):
            rekey(url, SECRET)
    assert len(standbys) > 1
    assert opened(url, SECRET) == before
    rekey(url, SECRET)
    assert opened(url, SECRET) == before


def test_where_a_server_takes_over_at_the_end_what_it_holds_is_looked_at_again(
    url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has all that the rotation wrote; what it lacks somebody else wrote, and the last look has seen that."""
    before, drop, left, looks = opened(url, SECRET), rotation._drop, Rotation._left, list[Any]()
    going = iter([True])
    (old,) = rows(url, Statement(text("SELECT sealed FROM recipient WHERE id = 1")))
    again = Statement(text("UPDATE recipient SET sealed = :sealed WHERE id = 1"))

    def goes(transaction: Transaction, versions: Any) -> None:
        if next(going, False):
            raise StoreUnavailable("the database went away")
        drop(transaction, versions)

    def look(self: Rotation, passes: Any) -> Any:
        looks.append(left(self, passes))
        if len(looks) == 1:
            store.write_now(Transaction.run, again, {"sealed": old[0]})
        return looks[-1]

    monkeypatch.setattr(rotation, "_drop", goes)
    monkeypatch.setattr(Rotation, "_left", look)
    rekey(url, SECRET)
    assert [len(found) for found in looks] == [0, 1, 0]
    assert opened(url, SECRET) == before
    assert {version for purpose, version in rows(url, _KEYS) if purpose in ROTATED} == {2}


@pytest.mark.parametrize("stands", [True, False])
@pytest.mark.parametrize("heard", range(3))
def test_where_nobody_hears_what_became_of_a_step_it_goes_on(
    url: str, monkeypatch: pytest.MonkeyPatch, heard: int, stands: bool
) -> None:
    """Every third commit is not acknowledged, whether it stands or not; ``heard``: those before the first of them."""
    monkeypatch.setattr(column_passes, "BATCH", 4)
    before, commit, commits = opened(url, SECRET), Gate.commit, itertools.count(-heard)

    def unheard(self: Gate, transaction: Transaction) -> None:
        gone = next(commits) % 3 == 0
        if stands or not gone:
            commit(self, transaction)
        if gone:
            raise Unknown("the database went away during the commit")

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "commit", unheard)
        rekey(url, SECRET)
    assert next(commits) > 8
    assert opened(url, SECRET) == before
    assert {version for purpose, version in rows(url, _KEYS) if purpose in ROTATED} == {2}


@pytest.mark.parametrize("purpose", ROTATED)
def test_no_key_is_made_where_rows_stand_under_one_that_is_gone(url: str, store: Store, purpose: str) -> None:
    standby = store.read_now(Standby)
    before = opened(url, SECRET)
    gone = Statement(text("DELETE FROM registry_key WHERE purpose = :purpose"))
    store.write_now(Transaction.run, gone, {"purpose": purpose})
    with pytest.raises(NotReady, match="put the table registry_key back from a backup"):
        prepare(url, SECRET)
    assert purpose not in dict(rows(url, _KEYS))
    standby.takes_over(store)
    prepare(url, SECRET)
    assert opened(url, SECRET) == before


def test_a_row_that_none_of_the_keys_sealed_stops_it_and_loses_nothing(url: str) -> None:
    store = Store.open(url)
    foreign = Statement(text("UPDATE recipient SET sealed = :sealed WHERE id = 1"))
    kept = store.read_now(Snapshot.one, Statement(text("SELECT sealed FROM recipient WHERE id = 1")))
    assert kept is not None
    store.write_now(lambda transaction: transaction.run(foreign, {"sealed": b"?" * 22}))
    with pytest.raises(WrongKey, match=r"row \(1,\) of recipient was sealed with a key that is not here"):
        rekey(url, SECRET)
    store.write_now(lambda transaction: transaction.run(foreign, {"sealed": bytes(kept[0])}))
    store.close()
    rekey(url, SECRET)
    assert opened(url, SECRET)


# What stands in each sealed column: the columns of a row beside it. A new one needs a row here, for it is tried.
_AT, _BRAND, _USER, _DEALER, _RECIPIENT = 1, 1, 1, 1, 1
_PERSON, _UPLOAD, _SEALED_TOO = 1, 900, object()  # the last: of a column that is sealed and may not be empty
_UPLOADED = {
    **{"brand": _BRAND, "person": _PERSON, "initial": False, "size": 1, "lines": 1, "digest": b"d" * 32},
    **{"state": "checked", "received_at": _AT, "changed_at": _AT, "kept_until": _AT, "done": 0, "tries": 0},
}
_APPLICATION = {
    **{
        "title": "Çınar",
        "brand": "Çınar",
        "mersis": "0",
        "size": 1,
        "state": 0,
        "asked_at": _AT,
    },
}
_DELEGATION = {"label": 1, "began_at": _AT, "ends_at": _AT, "used_at": _AT, "noticed_at": _AT}
_CLAIMED = {"business": 900, "state": 0, "lines": 1, "place": 0, "added": 0, "asked_at": _AT}
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("panel_export_part", "sealed"): {"export": 900, "place": 0, "asked_at": _AT},
    ("recipient", "sealed"): {"id": 900, "commitment": b"c" * 16},
    ("act", "evidence"): {
        **{"id": 900, "actor": 1, "door": 1, "recorded_at": _AT, "evidence_digest": b"d" * 32},
        **{"first_event": 900, "last_event": 899},
    },
    ("outbox", "sealed"): {
        **{"kind": "sms", "secret": False, "created_at": _AT, "expires_at": _AT, "next_try_at": _AT},
        **{"tries": 0, "state": "waiting"},
    },
    ("one_time_code", "address"): {
        **{"holder": b"h" * 32, "purpose": 1, "mac": b"m" * 32, "first_asked_at": _AT, "asked": 1, "asked_at": _AT},
        **{"expires_at": _AT, "tries": 0, "wrong": 0},
    },
    ("session_address", "address"): {"session": b"s" * 32, "place": 0, "proved_at": _AT},
    ("inbound_message", "sealed"): {"carrier": "file", "name": "one", "received_at": _AT, "state": "done"},
    ("inbound_message", "reply"): {"carrier": "file", "name": "two", "received_at": _AT, "state": "done"},
    ("idempotency_key", "answer"): {"key": b"k" * 32, "request": b"r" * 32, "status": 200, "at": _AT},
    ("batch", "sealed"): {
        **{"request": "a", "brand": _BRAND, "api_user": _USER, "again": False, "size": 1, "received_at": _AT},
    },
    ("push_connection", "sealed"): {
        **{"id": 900, "brand": _BRAND, "channel": 1, "registered_at": _AT, "works": True, "cursor": 0, "tries": 0},
        **{"next_try_at": _AT},
    },
    ("push_delivery", "answer"): {
        **{"connection": 900, "at": _AT, "after_event": 0, "last_event": 0, "movements": 0, "took": 0, "again": False},
    },
    ("feedback_hook", "sealed"): {
        **{"brand": _BRAND, "form": "ses", "digest": b"d" * 32, "bounces": True, "made_at": _AT},
        **{"refused": 0, "unread": 0},
    },
    ("dealer_detail", "sealed"): {"dealer": _DEALER, "status": "ACTIVE"},
    ("form_version", "why"): {
        **{"form": 900, "number": 1, "title": "x", "channels": 2, "identity": 0, "promise": "x", "notice": "x"},
        **{"made_at": _AT},
    },
    ("consent_request", "address"): {
        **{"id": 900, "public": "a", "company": 1, "purpose": 1, "method": 0, "channels": 2, "identity": 0, "tries": 0},
        **{"state": 0, "silent": 0, "sent": "", "asked_at": _AT, "expires_at": _AT, "yes": 0, "no": 0},
    },
    ("consent_evidence", "content"): {
        **{"id": 900, "event": 900, "person": _RECIPIENT, "brand": _BRAND, "channel": 1, "identity": 0},
        **{"mark": b"m" * 16, "committed": b"c" * 32, "at": _AT},
    },
    ("request_proof", "content"): {"request": 900, "stamp": b"s"},
    ("day_file_part", "sealed"): {"brand": _BRAND, "day": "2026-11-24", "channel": -1, "place": 0},
    ("helper_visit", "address"): {"session": b"s" * 32, "place": 0, "began_at": _AT, "ends_at": _AT},
    ("passkey", "address"): {
        **{"digest": b"d" * 32, "credential": b"c" * 32, "public": b"p" * 32, "counter": 0, "made_at": _AT},
        **{"proved_at": _AT},
    },
    ("delegation", "address"): _DELEGATION | {"key": b"a" * 32, "helper": _SEALED_TOO},
    ("delegation", "helper"): _DELEGATION | {"key": b"h" * 32, "address": _SEALED_TOO},
    ("business", "sealed"): {"id": 900, "owner": _RECIPIENT, "standing": False, "made_at": _AT},
    ("business_claim", "sealed"): _CLAIMED | {"id": 900},
    ("business_claim", "why"): _CLAIMED | {"id": 901},
    ("shown_text", "address"): {"holder": b"h" * 32, "digest": b"d" * 16, "asked_at": _AT, "expires_at": _AT},
    ("data_request", "address"): {"kind": 1, "who": b"w" * 16, "asked_at": _AT, "state": 0},
    ("data_request", "words"): {"kind": 1, "asked_at": _AT, "state": 0},
    ("data_request", "answer"): {"kind": 1, "asked_at": _AT, "state": 1, "closed_at": _AT},
    ("complaint", "text"): {
        **{"once": b"o" * 16, "brand": _BRAND, "channel": 1, "day": "2026-11-24", "counted_at": _AT},
    },
    ("watch", "target"): {
        **{"recipient": _RECIPIENT, "kind": "sms", "stop": b"m" * 16, "language": "tr", "event": 0},
        **{"looked_at": _AT, "proved_at": _AT},
    },
    ("national_account", "sealed"): {"provider": 1, "iys_code": 1, "window_at": _AT},
    ("national_account", "token"): {"provider": 2, "iys_code": 2, "window_at": _AT, "sealed": _SEALED_TOO},
    ("national_item", "sealed"): {
        **{"event": 900, "brand": _BRAND, "recipient": _RECIPIENT, "channel": 0, "identity": 0, "status": 0},
        **{"said_at": _AT, "state": 0, "due_at": _AT},
    },
    ("panel_user", "email"): {"id": 900, "staff": 0, "created_at": _AT, "version": 1},
    ("panel_invitation", "email"): {
        **{"digest": b"d" * 32, "staff": 0, "role": 1, "rights": 0, "invited_by": _PERSON, "created_at": _AT},
        **{"expires_at": _AT},
    },
    ("panel_factor", "sealed"): {"person": _PERSON, "kind": 1, "counter": 0, "label": "app", "created_at": _AT},
    ("provider_application", "email"): _APPLICATION | {"id": 900, "signatory": _SEALED_TOO, "tax": _SEALED_TOO},
    ("provider_application", "signatory"): _APPLICATION | {"id": 901, "email": b"0123456789abcdef", "tax": _SEALED_TOO},
    ("provider_application", "tax"): _APPLICATION | {"id": 902, "email": b"0123456789abcdef", "signatory": _SEALED_TOO},
    ("provider_application", "why"): _APPLICATION
    | {"id": 903, "email": b"0123456789abcdef", "signatory": _SEALED_TOO, "tax": _SEALED_TOO},
    ("provider_application", "phone"): _APPLICATION
    | {"id": 904, "email": b"0123456789abcdef", "signatory": _SEALED_TOO, "tax": _SEALED_TOO},
    ("provider_contact", "sealed"): {"provider": 1, "changed_at": _AT},
    ("company_change", "reason"): {"provider": 1, "what": "provider paused", "detail": "", "done_by": "x", "at": _AT},
    ("panel_claim", "why"): {
        **{"provider": 1, "kind": 1, "value": "x", "about": "", "person": _PERSON, "state": 0, "asked_at": _AT},
    },
    ("panel_act", "words"): {"id": 900, "at": _AT, "what": "signed-in", "object": "", "words_digest": b"d" * 32},
    ("panel_upload", "name"): _UPLOADED | {"id": _UPLOAD},
    ("panel_upload", "tried"): _UPLOADED | {"id": 901, "name": _SEALED_TOO},
    ("panel_upload", "loaded"): _UPLOADED | {"id": 902, "name": _SEALED_TOO},
    ("panel_upload", "fault"): _UPLOADED | {"id": 903, "name": _SEALED_TOO},
    ("panel_upload", "layout"): _UPLOADED | {"id": 904, "name": _SEALED_TOO},
    ("panel_upload_piece", "sealed"): {"upload": _UPLOAD, "kind": 0, "place": 0},
}
# Bytes that no rotated key has sealed: digests, marks, keyed hashes, signatures, public stamps, and wrapped keys.
PLAIN = {
    "api_call": {"about", "digest"},
    "api_rate": {"key"},
    "api_token": {"digest", "family"},
    "act": {"evidence_digest"},
    "batch": {"results"},
    "ask_refusal": {"who"},
    "brand": {"voucher"},
    "consent_evidence": {"committed", "mark"},
    "consent_request": {"digits", "word"},
    "complaint": {"once"},
    "data_request": {"who"},
    "checkpoint": {"frontier", "root", "signature"},
    "day_report": {"sha384", "sha512", "stamp"},
    "erasure": {"digest"},
    "feedback_hook": {"digest"},
    "inbound_message": {"who"},
    "load_rows": {"numbers"},
    "log_head": {"stamp"},
    "log_tile": {"hashes"},
    "outbox": {"who"},
    "replaced_report": {"sha384", "sha512", "stamp"},
    "delegation": {"key"},
    "first_contact": {"address"},
    "helper_visit": {"delegation", "session"},
    "idempotency_key": {"key", "request"},
    "one_time_code": {"asker", "earlier", "holder", "mac"},
    "national_lease": {"holder"},
    "panel_act": {"mark", "words_digest"},
    "panel_device": {"device"},
    "panel_factor": {"credential"},
    "panel_invitation": {"digest"},
    "panel_recovery": {"digest"},
    "panel_session": {"challenge", "device", "key"},
    "panel_upload": {"digest", "holder"},
    "recipient": {"commitment"},
    "registry_key": {"wrapped"},
    "request_proof": {"stamp"},
    "passkey": {"credential", "device", "digest", "public"},
    "session": {"key", "passkey"},
    "session_address": {"session"},
    "short_link": {"digest"},
    "shown_text": {"digest", "holder"},
    "sign_in": {"address"},
    "sms_question": {"code", "sender"},
    "throttle": {"key"},
    "till": {"key", "word"},
    "trusted_asker": {"address", "asker"},
    "upload": {"digest"},
    "verified": {"mark", "root", "witness_digest"},
    "watch": {"stop"},
    "witness": {"root", "signature"},
    "witness_beginning": {"digest", "mark"},
}


def test_what_is_sealed_in_every_column_can_be_read_when_the_old_keys_are_gone(database_url: str) -> None:
    """Each column by itself: a row is sealed, the keys change, the old ones are dropped, the row is read back."""
    columns = sealed()
    assert {place: kind.purpose for place, kind in columns.items()}.keys() == BESIDE.keys()
    with Registry.open(database_url, SECRET) as registry:
        fill(registry)
        registry.store.write_now(api_users.add, Owner.PROVIDER, 600100, "program", programs.password("program"))
        registry.store.write_now(
            Transaction.insert, "session", "key,started_at,touched_at,current", [(b"s" * 32, 1, 1, 0)]
        )
        person = [(_PERSON, b"p" * 16, 0, _AT, 1)]  # sixteen bytes: as of an erased address
        registry.store.write_now(Transaction.insert, "panel_user", "id,email,staff,created_at,version", person)
        registry.store.write_now(Transaction.insert, "consent_form", "id,brand,made_at", [(900, _BRAND, _AT)])
        before = {place: seal_in(registry, place, kind.purpose) for place, kind in columns.items()}
        old = registry.keyring
    rekey(database_url, NEW, SECRET)
    with Registry.open(database_url, NEW) as registry:
        for place, kind in columns.items():
            now = [value for value in values_of(registry, place) if value != b"" and len(value) != 16]
            assert before[place] not in now, place
            assert told_by(place, kind.purpose) in [readable(registry.keyring, kind.purpose, value) for value in now]
            assert all(readable(old, kind.purpose, value) is None for value in now), place
    assert {version for purpose, version in rows(database_url, _KEYS) if purpose in ROTATED} == {2}


def test_a_request_that_nobody_answered_yet_holds_no_address(sqlite_url: str) -> None:
    """An open question of a till."""
    place = "consent_request", "address"
    with Registry.open(sqlite_url, SECRET) as registry:
        fill(registry)
        row = BESIDE[place] | {"address": b""}
        registry.store.write_now(Transaction.insert, place[0], ",".join(row), [tuple(row.values())])
    rekey(sqlite_url, NEW, SECRET)
    with Registry.open(sqlite_url, NEW) as registry:
        assert values_of(registry, place) == [b""]


def sealed() -> dict[tuple[str, str], SealedBytes]:
    return {(column.table.name, column.name): kind for column, kind in column_passes.sealed_columns()}


def told_by(place: tuple[str, str], purpose: str) -> bytes:
    """What is sealed in a column: something of its own, an address that no other recipient has."""
    return f"{place}".encode() if purpose == "evidence" else packed("+905320009999")


def seal_in(registry: Registry, place: tuple[str, str], purpose: str) -> bytes:
    """Seals something into a new row of the column's table."""
    plain = told_by(place, purpose)
    value = AESSIV(registry.keyring.keys[purpose]).encrypt(plain, None)
    others = {name: _other(registry, (place[0], name)) for name, it in BESIDE[place].items() if it is _SEALED_TOO}
    row = BESIDE[place] | others | {place[1]: value}
    registry.store.write_now(Transaction.insert, place[0], ",".join(row), [tuple(row.values())])
    return value


def _other(registry: Registry, place: tuple[str, str]) -> bytes:
    purpose = sealed()[place].purpose
    return AESSIV(registry.keyring.keys[purpose]).encrypt(b"beside", None)


def values_of(registry: Registry, place: tuple[str, str]) -> list[bytes]:
    statement = Statement(text(f"SELECT {place[1]} FROM {place[0]} WHERE {place[1]} IS NOT NULL"))
    return [bytes(row[0]) for row in registry.store.read_now(Snapshot.all, statement)]


def readable(keyring: Keyring, purpose: str, value: bytes) -> bytes | None:
    try:
        return AESSIV(keyring.keys[purpose]).decrypt(value, None)
    except InvalidTag:
        return None


def test_every_column_of_bytes_is_sealed_anew_or_named_here() -> None:
    """A new column is of the type SealedBytes and needs a row in BESIDE, or was sealed by no rotated key: PLAIN."""
    found: dict[str, set[str]] = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and not isinstance(column.type, SealedBytes):
                found.setdefault(table.name, set()).add(column.name)
    assert found == PLAIN
    assert set(sealed()) == set(BESIDE)
    assert {kind.purpose for kind in sealed().values()} <= {"address", "evidence"}


@pytest.mark.slow
def test_the_command_knows_the_tables_of_every_room(database_url: str) -> None:
    """As ``izin rekey`` starts: what it has not loaded it would not seal anew, and the old keys would be gone."""
    program = (
        "import izin.operations.maintenance_commands; from consents.tables import metadata; print(*metadata.tables)"
    )
    root = ROOT
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    store = Store.open(database_url)
    try:
        assert set(inspect(store.engine).get_table_names()) - {"alembic_version"} == set(done.stdout.split())
    finally:
        store.close()


def test_it_goes_on_beside_those_who_are_at_work(url: str) -> None:
    before, refused = opened(url, SECRET), list[str]()

    def beside(done: int, of: int) -> None:
        with serving_lock(url):
            assert opened(url, SECRET) == before
        with pytest.raises(RegistryInUse) as refusal:
            rekey(url, SECRET)
        refused.append(str(refusal.value))
        with pytest.raises(RegistryInUse):
            clean(url)

    with serving_lock(url):
        rekey(url, SECRET, progress=beside)
    assert set(refused) == {
        "izin rekey is at work already, or a program of an earlier version of İzin: stop that first"
    }
    assert opened(url, SECRET) == before


def test_the_files_are_written_anew_by_one_who_is_alone(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_lock(sqlite_url), pytest.raises(RegistryInUse, match="stop izin serve, izin worker and izin import"):
        clean(sqlite_url)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    with alone(sqlite_url), pytest.raises(RegistryInUse, match="when izin rekey --clean has ended"):
        maintenance_commands.migrate()
    maintenance_commands.rekey(clean=True)
    assert opened(sqlite_url, SECRET)


def test_it_fails_where_the_role_may_not_rewrite_the_statistics(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL warns alone, and leaves what it sampled of sealed addresses."""
    role = f"tables_{make_url(postgresql_url).database}"
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            server.execute(f'ALTER TABLE "{name}" OWNER TO {role}')
    url = make_url(postgresql_url).set(username=role, password="x").render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    try:
        with pytest.raises(Unfit, match="pg_statistic"):
            maintenance_commands.rekey(clean=True)
        assert capsys.readouterr().out == ""
    finally:
        with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
            server.execute(f"DROP OWNED BY {role}")
            server.execute(f"DROP ROLE {role}")


def test_an_older_version_of_the_program_is_not_passed_over(sqlite_url: str, postgresql_url: str) -> None:
    """It holds the lock that kept a rotation away; it knows nothing of one beside it."""
    with open(f"{sqlite_url.removeprefix('sqlite:///')}-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(RegistryInUse, match="earlier version"):
            rekey(sqlite_url, SECRET)
    with psycopg.connect(postgresql_url) as server:
        server.execute("SELECT pg_advisory_lock_shared(%s)", (ADVISORY_LOCK,))
        with pytest.raises(RegistryInUse, match="earlier version"):
            rekey(postgresql_url, SECRET)


def test_a_killed_rotation_leaves_no_lock_behind(url: str) -> None:
    program = (
        "import sys; from consents.store.offline import rekeying\n"
        "with rekeying(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RegistryInUse):
            rekey(url, SECRET)
        holder.kill()
    assert wait_for(lambda: rekey(url, SECRET)) > 0


def wait_for(attempt: Callable[[], int]) -> int:
    """PostgreSQL notices a dead client within moments, a busy machine later."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return attempt()
        except RegistryInUse:
            time.sleep(0.02)
    return attempt()
