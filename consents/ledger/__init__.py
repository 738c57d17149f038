"""The only writer of consents: acts, events and what stands, in one write transaction (``store.write(ledger.decide,
…)``), which no other overlaps."""

from consents.ledger.annulments import Undone, undo
from consents.ledger.blanket_acts import change as change_blanket
from consents.ledger.decisions import Decision, Wish, decide, end_all, is_helpers, note, notes
from consents.ledger.declarations import PENDING, RECORDED, declare, relay
from consents.ledger.sets import asked_of_staged, declare_staged, look_ahead
from consents.ledger.staging import Staged
from consents.ledger.stamping import ClockBehind, pass_by
from consents.ledger.verdicts import UNCHANGED
from consents.rules import Claim, Policy

__all__ = [
    "PENDING",
    "RECORDED",
    "UNCHANGED",
    "Claim",
    "ClockBehind",
    "Decision",
    "Policy",
    "Staged",
    "Undone",
    "Wish",
    "asked_of_staged",
    "change_blanket",
    "decide",
    "declare",
    "declare_staged",
    "end_all",
    "is_helpers",
    "look_ahead",
    "note",
    "notes",
    "pass_by",
    "relay",
    "undo",
]
