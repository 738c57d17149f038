"""Extra counts of a dry run: who would be new to the brand, and what is in the file twice."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Any

from consents import state
from consents.ledger import PENDING, RECORDED, Claim
from consents.state import Key
from consents.store import Transaction

_PARTS = 64  # in which keys are looked through for repeats, one after the other: memory stays near 8 bytes a row


class DryLook:
    """``fresh``: how many would be recorded and in force at once, of unknown people."""

    def __init__(self) -> None:
        self.fresh = 0
        self._keys = [array("Q") for _ in range(_PARTS)]

    def known(self, transaction: Transaction, brand: int, claims: Sequence[Claim]) -> set[tuple[Any, ...]]:
        """The keys of these claims that have a word; call it before they are declared."""
        return set(state.rows_of_keys(transaction, brand, [Key(*claim[:4]) for claim in claims]))

    def count(self, claims: Sequence[Claim], answers: Collection[str], known: set[tuple[Any, ...]]) -> None:
        for claim, answer in zip(claims, answers, strict=True):
            recipient, _, channel, identity = key = claim[:4]
            packed = recipient << 3 | channel << 1 | identity
            self._keys[recipient % _PARTS].append(packed)
            if answer == RECORDED and key not in known:
                self.fresh += 1
            if answer in (RECORDED, PENDING):
                known.add(key)

    def repeated(self) -> int:
        return sum(len(part) - len(set(part)) for part in self._keys)
