"""What a load keeps of its rows beside their consents, in the same transaction: their numbers in the file, and the
evidence that they bring."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from consents import history
from consents.keys import Keyring
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim
from consents.queries import loads
from consents.state import Key
from consents.store import Transaction
from providers.disputes import consent_evidence
from providers.disputes.consent_evidence import Piece

TOO_MANY = "Z432"
_TAKEN = {RECORDED, PENDING, UNCHANGED}


def keep_numbers(transaction: Transaction, rows: Sequence[tuple[Any, ...]], answers: Sequence[str]) -> None:
    """Call it before another act follows. ``rows``: of packed_rows.SealedRow; ``answers``: of ``ledger.declare``."""
    pairs = zip(rows, answers, strict=True)
    numbers = [number for (_, number, *_), answer in pairs if answer is RECORDED or answer is PENDING]
    if numbers:
        loads.keep_rows(transaction, history.act_of_last(transaction), numbers)


def attach(
    transaction: Transaction,
    keyring: Keyring,
    upload: int,
    rows: Sequence[tuple[Any, ...]],
    claim_of: Callable[[int], Claim],
    answers: list[str],
    evidence: Mapping[int, str],
) -> list[str]:
    """The answers, TOO_MANY for a row that changed nothing and whose consent has as much evidence as it takes.
    ``claim_of``: by a row's place; ``evidence``: by its number, as ``evidence_fields.written``."""
    brought = [
        (place, number, claim_of(place))
        for place, ((_, number, *_), answer) in enumerate(zip(rows, answers, strict=True))
        if number in evidence and answer in _TAKEN
    ]
    if not brought:
        return answers
    claims = [claim for _, _, claim in brought]
    events = history.recorded_words(transaction, claims[0].brand, claims)
    pieces = [
        Piece(events[claim[:7]], Key(*claim[:4]), json.loads(evidence[number]), number) for _, number, claim in brought
    ]
    kept = consent_evidence.attach_all(transaction, keyring, pieces, {}, upload)
    full = {place for (place, _, _), one in zip(brought, kept, strict=True) if one is None}
    return [TOO_MANY if place in full and answer == UNCHANGED else answer for place, answer in enumerate(answers)]
