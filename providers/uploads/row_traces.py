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


def keep_numbers(transaction: Transaction, rows: Sequence[tuple[Any, ...]], answers: Sequence[str]) -> None:
    """Call it before another act follows; ``rows``: number second, as SealedRow; ``answers``: of ``ledger.declare``."""
    numbers = [row[1] for row, answer in zip(rows, answers, strict=True) if answer is RECORDED or answer is PENDING]
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
    ``claim_of``: by a row's place; ``evidence``: by its number."""
    taken = {RECORDED, PENDING, UNCHANGED}
    places = [
        place
        for place, (row, answer) in enumerate(zip(rows, answers, strict=True))
        if row[1] in evidence and answer in taken
    ]
    if not places:
        return answers
    claims = [claim_of(place) for place in places]
    events = history.said(transaction, claims[0].brand, claims)
    found = [(place, events[claim[:7]], claim) for place, claim in zip(places, claims, strict=True)]
    pieces = [
        Piece(event, Key(*claim[:4]), json.loads(evidence[rows[place][1]]), rows[place][1])
        for place, event, claim in found
    ]
    kept = consent_evidence.attach_all(transaction, keyring, pieces, {}, upload)
    answers = list(answers)
    for (place, _, _), one in zip(found, kept, strict=True):
        if one is None and answers[place] == UNCHANGED:
            answers[place] = TOO_MANY
    return answers
