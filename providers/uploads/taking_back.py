"""Undoes one load, within a day (rule L11): its words leave the fold, and the evidence that it attached goes, also that
of earlier consents; later changes stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from consents import history, ledger, movement_counts
from consents.brands import packages
from consents.history import Deed
from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import Sentence
from consents.queries import loads
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Actor, Door
from providers.disputes import consent_evidence

# Notes that a load, by number, begins to be taken back, in the transaction that takes its first part back.
NoteTakingBack = Callable[[Transaction, Keyring, int], None]


class NotTakenBack(Exception):
    """``sentence`` is for people; nothing was changed."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(self.sentence.text())


class TakenBack(NamedTuple):
    """``movements``: how many consents and refusals the load had recorded; ``again``: it was undone before."""

    movements: int
    again: bool


def take_back(registry: Registry, upload: int, door: Door = Door.FILE, note: NoteTakingBack | None = None) -> TakenBack:
    """Undoes a whole load, newest part first, a transaction for each; repeatable after an interruption, with the same
    answer. Errors: NotTakenBack, StoreUnavailable."""
    found = registry.store.read_now(loads.acts, upload)
    if found is None:
        raise NotTakenBack(
            Sentence(
                "{upload} numaralı yükleme yok. Numarası, yüklemenin son satırında «batch» olarak yazar.",
                {"upload": upload},
            )
        )
    attached = registry.store.read_now(consent_evidence.of_load, upload)
    if not found and not attached.pieces:
        raise NotTakenBack(
            Sentence("{upload} numaralı yükleme bir şey kaydetmemiş; geri alınacak bir şey yok.", {"upload": upload})
        )
    undone = {one.undoes for one in found}
    parts = [one for one in found if one.undoes is None]
    open_acts = [one.act for one in parts if one.act not in undone]
    stands = bool(open_acts) or registry.store.read_now(consent_evidence.stands_of_load, upload)
    if stands and registry.store.now() > max([attached.at, *(one.recorded_at for one in parts)]) + DAY:
        raise NotTakenBack(
            Sentence("Yüklemenin üzerinden 24 saat geçti; geri alınamaz. Yanlış olanları bir dosyayla düzeltin.")
        )
    deed = Deed(Actor.PROVIDER, door)

    for act in open_acts:
        registry.store.write_now(undo_part, registry, upload, act, deed, note if act == open_acts[0] else None)
    if not open_acts and stands and note is not None:
        registry.store.write_now(note, registry.keyring, upload)
    while registry.store.write_now(consent_evidence.take_back, registry.keyring, upload):
        pass
    if open_acts:
        packages.recount(registry.store, registry.store.read_now(loads.provider, upload))
    return TakenBack(sum(one.movements for one in parts), again=not stands)


def undo_part(
    transaction: Transaction, registry: Registry, upload: int, act: int, deed: Deed, note: NoteTakingBack | None
) -> None:
    """Undoes one part of a load, and removes its movements from the counts."""
    if note is not None:
        note(transaction, registry.keyring, upload)
    salted = deed._replace(evidence=registry.keyring.seal_evidence({}))  # for the public log (takers.py)
    if history.undone_by(transaction, act) is None and ledger.undo(transaction, registry.policy, act, salted):
        movement_counts.take_away(transaction, act)
