"""The log signs what happened, and says when that is no longer what the rows say."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consents.people import register
from consents.people.rotation import rekey
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Store
from evidence import checkpoints, history_rows, log
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import AYSE, MEHMET
from tests.consents.deeds import ARAMA, BIREYSEL, EPOSTA, HOUR, MESAJ, Deeds, onay
from tests.evidence import oracle
from tests.evidence.conftest import chronicle, run, thaw


def verified(registry: Registry, witness_file: Path | None = None) -> str | None:
    return registry.store.read_now(log.verify, registry.keyring, witness_file)


def signed(registry: Registry) -> list[Checkpoint]:
    with registry.store.snapshot() as snapshot:
        return [checkpoint for checkpoint, _ in checkpoints.list_all(snapshot)]


def test_an_empty_log_has_nothing_to_sign_and_no_fault(registry: Registry, witness_file: Path) -> None:
    assert log.extend(registry, witness_file) is None
    assert verified(registry, witness_file) is None


def test_every_checkpoint_is_the_root_that_others_compute_from_the_rows(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    expected = registry.store.read_now(oracle.leaves)
    with registry.store.snapshot() as snapshot:
        assert list(history_rows.data_of(snapshot, 1, len(expected))) == expected
    made = signed(registry)
    assert [checkpoint.size for checkpoint in made] == [2, 4, 7, 9, 11]
    assert [checkpoint.previous for checkpoint in made] == [0, 2, 4, 7, 9]
    for checkpoint in made:
        assert checkpoint.root == oracle.tree(expected[: checkpoint.size])
    assert verified(registry) is None


def test_extending_again_signs_nothing_until_something_happens(registry: Registry, clock: Clock) -> None:
    world = chronicle(registry, clock)
    before = signed(registry)
    assert log.extend(registry) is None
    clock.forward(minutes=1)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    assert verified(registry) is None  # not yet signed, and in order
    made = log.extend(registry)
    assert signed(registry) == [*before, made]


def test_the_checkpoint_is_a_signed_note_that_any_c2sp_tool_can_check(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    key, checkpoint = LogKey.of(registry.keyring), signed(registry)[-1]
    origin, number, public = key.verifier().split("+", 2)
    assert b64decode(public)[:1] == b"\x01"
    key_id = sha256(origin.encode() + b"\n" + b64decode(public)).digest()[:4]
    assert key_id.hex() == number
    body, signature = key.note(checkpoint).split("\n\n")
    assert body.splitlines()[:2] == [origin, "11"]
    assert b64decode(body.splitlines()[2]) == checkpoint.root
    assert body.splitlines()[3] == "previous 9"
    assert body.splitlines()[4].startswith("made 2026-11-24T09:06:05")
    dash, name, blob = signature.strip().split(" ")
    assert (dash, name, b64decode(blob)[:4]) == ("—", origin, key_id)
    outsider = Ed25519PublicKey.from_public_bytes(b64decode(public)[1:])
    outsider.verify(b64decode(blob)[4:], (body + "\n").encode())
    with pytest.raises(InvalidSignature):
        outsider.verify(b64decode(blob)[4:], (body + "\n").replace("previous 9", "previous 7").encode())


def test_much_at_once_is_signed_in_steps_whatever_the_windows(
    registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = chronicle(registry, clock)
    deeds = Deeds(registry)
    for hour in range(12):
        keys = [
            Key(who, brand, channel, BIREYSEL)
            for who in (world.ayse, world.mehmet)
            for brand in (world.isik,)
            for channel in (ARAMA, MESAJ, EPOSTA)
        ]
        deeds.declares(*(onay(key, NOON - (20 - hour) * HOUR) for key in keys))
    monkeypatch.setattr(log, "MOST_ACTS", 5)
    monkeypatch.setattr(log, "MOST_EVENTS", 13)
    monkeypatch.setattr(history_rows, "PAGE", 3)
    monkeypatch.setattr(history_rows, "WINDOW", 4)
    made = log.extend(registry)
    assert made is not None
    steps = [checkpoint.size for checkpoint in signed(registry)]
    assert steps[4:] == [11, 13, 15, 17, 19, 21, 23]
    assert verified(registry) is None
    monkeypatch.undo()
    assert verified(registry) is None
    assert made.root == oracle.tree(registry.store.read_now(oracle.leaves))


def test_of_two_processes_at_once_one_signs(registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    world = chronicle(registry, clock)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    write_now, others = Store.write_now, []

    def late(store: Store, *work: object) -> object:
        monkeypatch.undo()
        others.append(log.extend(registry))
        return write_now(store, *work)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "write_now", late)
    assert log.extend(registry) is None
    assert signed(registry)[-1:] == others
    assert verified(registry) is None


def test_an_erasure_leaves_the_log_whole(registry: Registry, clock: Clock, witness_file: Path) -> None:
    chronicle(registry, clock, witness_file)
    before = registry.store.read_now(oracle.leaves)
    for address in (AYSE, MEHMET):
        who = register.person(registry.keyring, address)
        assert registry.store.write_now(register.erase, registry.keyring, who)
    assert registry.store.read_now(oracle.leaves) == before
    assert verified(registry, witness_file) is None


def test_a_changed_row_is_found_and_nothing_is_signed_after_it(registry: Registry, clock: Clock) -> None:
    world = chronicle(registry, clock)
    thaw(registry)
    run(registry, "UPDATE consent_event SET status = 1 - status WHERE id = 9")
    fault = verified(registry)
    assert fault == "acts 3 to 4, or their events, are not those that were signed on 2026-11-24 at 12:01:00"
    run(registry, "UPDATE consent_event SET status = 1 - status WHERE id = 9")
    assert verified(registry) is None
    run(registry, "UPDATE checkpoint SET signature = root WHERE size = 11")
    clock.forward(minutes=1)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=ONAY)
    with pytest.raises(LogFault, match="checkpoint 11 was not signed so"):
        log.extend(registry)


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("DELETE FROM consent_event WHERE id = 9", "event 9 is missing"),
        ("DELETE FROM consent_event WHERE act = 11", "event 20 is missing"),
        ("UPDATE consent_event SET act = 1 WHERE id = 9", "event 9 stands under act 1, not under act 3"),
        ("UPDATE consent_event SET source = 31 WHERE id = 9", "event 9 holds what no event can hold"),
        ("UPDATE consent_event SET dealer = 77 WHERE id = 9", "event 9 holds what no event can hold"),
        ("UPDATE act SET upload = 0 WHERE id = 9", "act 9 holds what no act can hold"),
        ("UPDATE act SET recorded_at = 5 WHERE id = 9", "act 9 was recorded before act 8"),
        ("UPDATE act SET first_event = 3 WHERE id = 9", "act 9 has events 3 to 18; 18 should be next"),
        ("UPDATE act SET id = 77 WHERE id = 9", "act 9 is missing"),
        ("UPDATE act SET evidence = evidence_digest WHERE id = 3", "the evidence of act 3 was not sealed by this"),
        ("UPDATE checkpoint SET frontier = root WHERE size = 7", "checkpoint 7 has a damaged frontier"),
        ("UPDATE checkpoint SET made_at = made_at + 1 WHERE size = 7", "checkpoint 7 was not signed so, as the next"),
        ("DELETE FROM checkpoint WHERE size = 4", "checkpoint 7 was not signed so, as the next after checkpoint 2"),
        ("UPDATE brand SET code = 600999 WHERE code = 600101", "acts 1 to 2, or their events"),
        ("UPDATE dealer SET code = 12345678", "acts 1 to 2, or their events"),
    ],
)
def test_what_is_wrong_is_named(sqlite_registry: Registry, clock: Clock, tampering: str, words: str) -> None:
    chronicle(sqlite_registry, clock)
    thaw(sqlite_registry)
    run(sqlite_registry, tampering)
    fault = verified(sqlite_registry)
    assert fault is not None
    assert fault.startswith(words)


def test_whoever_swaps_two_addresses_is_found(registry: Registry, clock: Clock) -> None:
    """The leaves name commitments; so an address under another's number must not pass."""
    world = chronicle(registry, clock)
    ayse, mehmet = (register.person(registry.keyring, address).sealed for address in (AYSE, MEHMET))
    change = "UPDATE recipient SET sealed = :sealed WHERE id = :number"
    for number, sealed in ((world.ayse, b"meanwhile....."), (world.mehmet, ayse), (world.ayse, mehmet)):
        run(registry, change, number=number, sealed=sealed)
        fault = verified(registry)
        assert fault is not None
        assert "recipient" in fault
    assert fault == f"recipient {world.ayse} has another's address, or another's commitment"


def test_another_acts_evidence_is_found(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    run(registry, "UPDATE act SET evidence = (SELECT evidence FROM act WHERE id = 3) WHERE id = 8")
    assert verified(registry) == "act 8 has another's evidence"


@pytest.mark.parametrize("act", [3, 11])
def test_evidence_that_no_erasure_has_taken_is_missed(registry: Registry, clock: Clock, act: int) -> None:
    chronicle(registry, clock)
    run(registry, "UPDATE act SET evidence = NULL WHERE id = :act", act=act)
    assert str(verified(registry)).startswith(f"the evidence of act {act} was taken away and not by an erasure")


def test_an_erasure_leaves_a_mark_that_is_its_persons_alone_and_that_keys_and_a_return_outlive(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    before = open_registry(database_url)
    world = chronicle(before, clock)
    who = register.person(before.keyring, MEHMET)
    assert before.store.write_now(register.erase, before.keyring, who)
    assert verified(before) is None
    before.close()
    rekey(database_url, SECRET)
    registry = open_registry(database_url)
    assert verified(registry) is None
    who = register.person(registry.keyring, MEHMET)
    registry.store.write_now(register.welcome_back, who, world.mehmet)
    evidence = registry.keyring.seal_evidence({"message": "RET"})
    Deeds(registry).decides(Key(world.mehmet, world.isik, ARAMA, BIREYSEL), status=RET, evidence=evidence)
    assert verified(registry) is None
    run(registry, "UPDATE act SET evidence = (SELECT evidence FROM act WHERE id = 11) WHERE id = 3")
    assert str(verified(registry)) == "the evidence of act 3 was taken away and not by an erasure"


def test_progress_is_told(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    told: list[tuple[int, int]] = []
    assert (
        registry.store.read_now(
            lambda snapshot: log.verify(snapshot, registry.keyring, progress=lambda done, of: told.append((done, of)))
        )
        is None
    )
    assert told == [(2, 11), (4, 11), (7, 11), (9, 11), (11, 11)]


def test_a_rotation_of_the_keys_leaves_the_log_whole(
    database_url: str, open_registry: Opener, clock: Clock, witness_file: Path
) -> None:
    before = open_registry(database_url)
    chronicle(before, clock, witness_file)
    leaves = before.store.read_now(oracle.leaves)
    before.close()
    rekey(database_url, SECRET)
    after = open_registry(database_url)
    assert after.store.read_now(oracle.leaves) == leaves
    assert verified(after, witness_file) is None
    assert log.extend(after, witness_file) is None
