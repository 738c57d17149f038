"""The class of each code in İYS's document, tested against it: what follows for the movement. Unknown codes are
escalated."""

from __future__ import annotations

import re
from enum import Enum

from web.codes import CODES


class AnswerClass(Enum):
    """DONE: İYS has it, or has nothing to change. RETRY: later, unchanged. RECONCILE: İYS has something newer. BLOCKED:
    the account waits for a person. SLOWER: a limit. ESCALATE: a person looks at it."""

    DONE = "done"
    RETRY = "retry"
    RECONCILE = "reconcile"
    BLOCKED = "blocked"
    SLOWER = "slower"
    ESCALATE = "escalate"


HOUR_LIMITS = {"H084", "H086", "H089"}  # of tokens, of single queries, of histories

_KINDS = {one.value: one for one in AnswerClass}
CLASSES = {one.code: _KINDS[one.kind] for one in CODES.values() if one.kind in _KINDS}
CODE = re.compile(r"H\d{3,4}")


def classify(code: str) -> AnswerClass:
    return CLASSES.get(code, AnswerClass.ESCALATE)


def of_item(code: str, *, refuses: bool) -> AnswerClass:
    """Of one movement: only for a RET does a missing record (H175) leave nothing to change."""
    if code in ("H174", "H175") and not refuses:
        return AnswerClass.ESCALATE
    return classify(code)


def of_fault(status: int, code: str | None) -> AnswerClass:
    """Of a failed request, by its HTTP status where it names no known code."""
    if code in CLASSES:
        return CLASSES[code]
    if status == 429:
        return AnswerClass.SLOWER
    if status in (401, 403):
        return AnswerClass.BLOCKED
    return AnswerClass.ESCALATE if 400 <= status < 500 and status not in (404, 408) else AnswerClass.RETRY
