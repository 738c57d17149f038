"""New keys for what is sealed, whatever cuts the rotation off, and only while nobody else is at work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

import cli
import upkeep
from consents import audit, register, rotation
from consents.keys import ROTATED, UnfinishedRotation, WrongKey
from consents.offline import ADVISORY_LOCK, Busy, alone, serving_lock
from consents.registry import Registry, faults_of
from consents.rotation import Sealed, rekey
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction
from consents.terms import Door
from tests.conftest import NOON, SECRET, Opener
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


def test_cut_off_at_any_step_it_is_ended_by_running_it_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One registry goes through it all: cut off before the first transaction, before the second, and so on."""
    monkeypatch.setattr(rotation, "BATCH", 4)
    before, secret, step = opened(url, SECRET), SECRET, 0
    ended = False
    while not ended:
        step += 1
        versions = dict(rows(url, _KEYS))
        try:
            with monkeypatch.context() as patch:
                cut_before(step, patch)
                rekey(url, secret)
            ended = True
        except Cut:
            if step == 1:
                assert opened(url, secret) == before
                continue
            with pytest.raises(UnfinishedRotation, match="izin rekey again"):
                Registry.open(url, secret)
            assert len(rows(url, _KEYS)) == len(versions) + len(ROTATED)
            rekey(url, secret)
        assert dict(rows(url, _KEYS))["address"] == versions["address"] + 1
        assert opened(url, secret) == before
    assert step == 10  # the keys, six times four recipients, one act's evidence, the old keys: none was cut twice


def cut_before(step: int, patch: pytest.MonkeyPatch) -> None:
    """The process dies before its transaction number ``step``."""
    write_now, left = Store.write_now, [step]

    def cutting(store: Store, work: Callable[..., Any], *arguments: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Cut
        return write_now(store, work, *arguments)

    patch.setattr(Store, "write_now", cutting)


def test_cut_off_twice_with_a_new_secret_the_old_one_is_needed_no_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 4)
    before = opened(url, SECRET)
    for step, previous in ((4, SECRET), (3, None), (6, None)):
        with monkeypatch.context() as patch:
            cut_before(step, patch)
            with pytest.raises(Cut):
                rekey(url, NEW, previous)
    rekey(url, NEW)
    assert opened(url, NEW) == before


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


def test_the_rooms_own_columns_are_sealed_anew_too(url: str) -> None:
    """Sessions hold addresses under a key of two columns."""
    from citizen.tables import SessionAddress

    with Registry.open(url, SECRET) as registry:
        sealed = registry.keyring.seal(AYSE)
        sessions = [(bytes([number]), 1, 1, 0) for number in range(3)]
        addresses = [(bytes([number]), place, sealed, 1) for number in range(3) for place in range(2)]

        def sign_in(transaction: Transaction) -> None:
            transaction.insert("session", "key,started_at,touched_at,current", sessions)
            transaction.insert("session_address", "session,place,address,proved_at", addresses)

        registry.store.write_now(sign_in)
    table = SessionAddress.__table__  # type: ignore[attr-defined]
    rekey(url, SECRET, also=[Sealed(table.c.address, "address")])
    with Registry.open(url, SECRET) as registry:
        found = rows(url, Statement(text("SELECT address FROM session_address")))
        assert [registry.keyring.unseal(row[0]) for row in found] == [AYSE] * 6


def test_every_sealed_column_is_rotated_or_named_here() -> None:
    """Add the column of a new table to SEALED, or to what ``izin rekey`` hands over as ``also``, and then here."""
    from consents.models import metadata

    ours = {(sealed.column.table.name, sealed.column.name) for sealed in rotation.SEALED}
    assert ours == {("recipient", "sealed"), ("act", "evidence")}
    bytes_of_consents = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if str(column.type) == "BLOB" and table.name in CONSENTS
    }
    assert bytes_of_consents - ours == {
        ("act", "evidence_digest"),
        *(("checkpoint", name) for name in ("frontier", "root", "signature")),
        ("recipient", "commitment"),
        ("registry_key", "wrapped"),
        ("upload", "digest"),
    }


CONSENTS = {"act", "checkpoint", "consent", "consent_event", "recipient", "registry_key", "upload"}


def test_nobody_may_be_at_work_meanwhile(url: str) -> None:
    before = opened(url, SECRET)
    refusal = pytest.raises(Busy, match="stop izin serve, izin worker and izin import first")
    with serving_lock(url), serving_lock(url), refusal:
        rekey(url, SECRET)
    rekey(url, SECRET)
    assert opened(url, SECRET) == before


def test_while_it_goes_on_nobody_starts(url: str) -> None:
    refused: list[str] = []

    def start(done: int, of: int) -> None:
        with pytest.raises(Busy) as refusal, serving_lock(url):
            pass
        refused.append(str(refusal.value))
        with pytest.raises(Busy):
            rekey(url, SECRET)

    rekey(url, SECRET, progress=start)
    assert refused
    assert set(refused) == {"the registry's keys are being rotated: start again when izin rekey has ended"}
    with serving_lock(url):
        pass


def test_commands_that_open_the_registry_by_themselves_wait_for_its_end_too(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    with alone(sqlite_url), pytest.raises(Busy):
        upkeep.migrate()
    loaded: list[str] = []

    def load(url: str, *_: object) -> None:
        with pytest.raises(Busy):
            rekey(url, SECRET)
        loaded.append(url)

    monkeypatch.setattr("demo.load.load", load)
    cli.demo()
    assert loaded == [sqlite_url]


def test_a_program_whose_lock_was_lost_writes_nothing_with_the_old_keys(
    postgresql_url: str, open_registry: Opener
) -> None:
    with serving_lock(postgresql_url):
        site = open_registry(postgresql_url)
        world = fill(site)
        with psycopg.connect(postgresql_url, autocommit=True) as server:  # as if it had been started again
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = %s", (ADVISORY_LOCK,))
        wait_for(lambda: rekey(postgresql_url, SECRET))
        with pytest.raises(StoreUnavailable, match="start it again"):
            Deeds(site).decides(Key(world.ayse, world.cinar, MESAJ, BIREYSEL), status=RET)
        assert [fault for fault in faults_of(site.store, Reconsent.CONFIRM) if "start it again" in fault]
    again = open_registry(postgresql_url)
    assert faults_of(again.store, Reconsent.CONFIRM) == []
    Deeds(again).decides(Key(world.ayse, world.cinar, MESAJ, BIREYSEL), status=RET)


def test_a_killed_program_leaves_no_lock_behind(url: str) -> None:
    program = (
        "import sys; from consents.offline import serving_lock\n"
        "with serving_lock(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            rekey(url, SECRET)
        holder.kill()
    assert wait_for(lambda: rekey(url, SECRET)) > 0


def wait_for(attempt: Callable[[], int]) -> int:
    """PostgreSQL notices a dead client within moments, a busy machine later."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return attempt()
        except Busy:
            time.sleep(0.02)
    return attempt()
