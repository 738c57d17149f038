"""Proofs that outsiders can check with the public key and SHA-256 alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Channel, Identity
from evidence import checkpoints, history_rows, leaves, log, proofs
from evidence.checkpoints import Checkpoint
from evidence.leaves import LogFault
from evidence.proofs import Proof, check_proof
from tests.conftest import Clock
from tests.consents.conftest import AYSE
from tests.consents.deeds import Deeds
from tests.evidence import oracle
from tests.evidence.conftest import chronicle, run, thaw

ACTS = 11


def signed(registry: Registry) -> list[Checkpoint]:
    with registry.store.snapshot() as snapshot:
        return [checkpoint for checkpoint, _ in checkpoints.list_all(snapshot)]


def proved(registry: Registry, act: int, checkpoint: Checkpoint) -> Proof:
    return registry.store.read_now(proofs.prove, act, checkpoint)


def test_every_act_is_proved_to_be_in_every_checkpoint_that_has_it(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    expected = registry.store.read_now(oracle.leaves)
    for checkpoint in signed(registry):
        for act in range(1, checkpoint.size + 1):
            proof = proved(registry, act, checkpoint)
            assert (proof.data, proof.place, proof.size) == (expected[act - 1], act - 1, checkpoint.size)
            assert check_proof(proof, checkpoint.root)
            changed = proof.data[:-1] + bytes([proof.data[-1] ^ 1])
            assert not check_proof(proof._replace(data=changed), checkpoint.root)
        for act in (0, checkpoint.size + 1):
            with pytest.raises(LogFault, match="is not among"):
                proved(registry, act, checkpoint)


def test_proofs_use_the_checkpoints_frontiers_and_need_few_leaves(
    sqlite_registry: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = chronicle(sqlite_registry, clock)
    deeds = Deeds(sqlite_registry)
    monkeypatch.setattr(log, "MOST_ACTS", 8)
    monkeypatch.setattr(proofs, "FEW", 2)
    for number in range(90):
        clock.forward(seconds=1)
        key = Key(world.ayse, world.isik, number % len(Channel), Identity.BIREYSEL.code)
        deeds.decides(key, status=(number // 3) % 2)
    made = log.extend(sqlite_registry)
    assert made is not None
    read: list[int] = []
    whole = history_rows.leaves

    def counted(snapshot: Snapshot, first: int, last: int) -> Iterator[bytes]:
        read.append(last - first + 1)
        return whole(snapshot, first, last)

    monkeypatch.setattr(history_rows, "leaves", counted)
    for act in range(1, made.size + 1):
        read.clear()
        assert check_proof(proved(sqlite_registry, act, made), made.root)
        assert sum(read) <= 3 * 8


def test_a_receipt_is_small_and_shows_one_persons_word_and_no_other(registry: Registry, clock: Clock) -> None:
    """One event of a file of many people: its leaf, its path in the act, the act's path in the log, the signed root."""
    chronicle(registry, clock)
    checkpoint = signed(registry)[-1]
    proof = proved(registry, 1, checkpoint)
    event = registry.store.read_now(proofs.prove_event, 2, 1)
    assert check_proof(event, leaves.events_root(proof.data))
    assert check_proof(proof, checkpoint.root)
    assert sum(map(len, (*event.path, event.data, *proof.path, proof.data))) < 1500
    assert event.data.endswith(registry.keyring.commitment(AYSE))
    for number in (1, 3):
        other = registry.store.read_now(proofs.prove_event, number, 1)
        assert check_proof(other, leaves.events_root(proof.data))
        assert not check_proof(other._replace(data=event.data), leaves.events_root(proof.data))
    with pytest.raises(LogFault, match="is none of act"):
        registry.store.read_now(proofs.prove_event, 2, 2)


def test_a_proof_outlives_an_erasure(registry: Registry, clock: Clock) -> None:
    chronicle(registry, clock)
    checkpoint = signed(registry)[-1]
    before = [proved(registry, act, checkpoint) for act in range(1, ACTS + 1)]
    who = register.person(registry.keyring, AYSE)
    assert registry.store.write_now(register.erase, registry.keyring, who)
    assert [proved(registry, act, checkpoint) for act in range(1, ACTS + 1)] == before


def test_what_was_changed_is_not_proved(sqlite_registry: Registry, clock: Clock) -> None:
    chronicle(sqlite_registry, clock)
    checkpoint = signed(sqlite_registry)[-1]
    thaw(sqlite_registry)
    run(sqlite_registry, "UPDATE act SET door = 9 WHERE id = 3")
    with pytest.raises(LogFault, match="act 3 is not what was signed at checkpoint 11"):
        proved(sqlite_registry, 3, checkpoint)
    assert check_proof(proved(sqlite_registry, 11, checkpoint), checkpoint.root)
    Deeds(sqlite_registry).decides(Key(1, 2, Channel.ARAMA.code, Identity.BIREYSEL.code), status=RET)
    with pytest.raises(LogFault, match="is not among"):
        proved(sqlite_registry, 12, checkpoint)
