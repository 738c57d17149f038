"""Bulk declarations on PostgreSQL. This module only decides which claims can be recorded in bulk: *first* (no word
about its key, once in the list), *next* (follows an older word of the provider alone, rule L5), *same* (the provider's
last word, rule L6). All others go through ``declarations`` in their places, as do all claims of a barred or limited
provider and all under STRICT_IYS; the answers are the same (``tests/consents/test_sets.py``)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Container
from itertools import chain

from sqlalchemy import text

from consents import history, state
from consents.brands import provider_states
from consents.columns import stored
from consents.history import Deed
from consents.ledger import declarations
from consents.ledger.declarations import PENDING, RECORDED
from consents.ledger.staging import Ahead, Staged
from consents.ledger.verdicts import UNCHANGED
from consents.rules import RET, Policy
from consents.store import Prefetch, PrefetchRead, Statement, Transaction, Value
from consents.tables.staged_tables import STAGED, Recorded
from consents.terms import Identity

_FIRST, _NEXT, _SAME, _OTHER = range(4)

_IN_TIME = f"(s.decided_at >= :oldest OR s.status = {RET})"
_DATED = f"(s.identity <> {Identity.TACIR.code} OR (s.decided_at > 0 AND s.source IS NOT NULL))"
_UNCOVERED = "s.recipient < 0 OR NOT EXISTS (SELECT 1 FROM blanket_word b WHERE b.recipient = s.recipient)"
_KINDS = Statement(
    text(
        "SELECT place, kind FROM (SELECT s.place, CASE "
        f"WHEN NOT s.alone THEN {_OTHER} "
        "WHEN c.provider_event IS NOT NULL AND c.provider_status = s.status AND c.provider_at = s.decided_at "
        f"AND c.provider_source IS NOT DISTINCT FROM s.source THEN {_SAME} "
        f"WHEN NOT ({_IN_TIME} AND ({_UNCOVERED})) THEN {_OTHER} "
        f"WHEN c.recipient IS NULL THEN {_FIRST} "
        f"WHEN c.citizen_event IS NULL AND {_DATED} AND s.decided_at > c.provider_at "
        f"AND NOT (s.status = {RET} AND c.status = {RET}) THEN {_NEXT} "
        f"ELSE {_OTHER} END AS kind FROM {STAGED} s LEFT JOIN LATERAL "
        # OFFSET 0 leaves the planner one way, a look by the key for each claim; none where nobody can have spoken.
        "(SELECT * FROM consent WHERE s.recipient > 0 AND consent.recipient = s.recipient AND consent.brand = :brand "
        "AND consent.channel = s.channel AND consent.identity = s.identity OFFSET 0) c ON true) AS kinds "
        f"WHERE kind <> {_FIRST}"
    )
)
_LAST_ACT: Value[int | None] = Statement(text("SELECT max(id) FROM act"))
_HEADS = Statement(
    text(
        "SELECT (SELECT max(id) FROM recipient), (SELECT max(id) FROM consent_event), (SELECT max(id) FROM act), "
        "(SELECT recorded_at FROM act ORDER BY id DESC LIMIT 1)"
    )
)


def asked_of_staged(staged: Staged, oldest: int = 0) -> Prefetch:
    kinds = [] if staged.unheard(oldest) or staged.ahead else [_asked_kinds(staged, oldest)]
    return Prefetch(staged, [provider_states.asked(staged.brand), *staged.asked(), *kinds])


def look_ahead(transaction: Transaction, staged: Staged, oldest: int = 0) -> None:
    """Classifies the claims before the lock is taken, for ``declare_staged`` with the same ``oldest``."""
    if not staged.unheard(oldest):
        act = transaction.value(_LAST_ACT) or 0  # first: who acts between the two is taken to have acted later
        staged.ahead = Ahead(act, dict(transaction.all(*_asked_kinds(staged, oldest))))


def declare_staged(
    transaction: Transaction,
    policy: Policy,
    staged: Staged,
    deed: Deed,
    *,
    oldest: int = 0,
    apart: Container[int] = (),
) -> list[str]:
    """``ledger.declare`` for staged claims whose people are enrolled. The result of ``look_ahead`` holds where no act
    came since; ``apart``: acts about other people, ignored."""
    _heads(transaction)
    if policy.strict or _watched(transaction, staged.brand) or (known := staged.enrol(transaction)) is None:
        claims = staged.enrolled_one_by_one(transaction)
        return declarations.declare(transaction, policy, staged.brand, claims, deed, oldest=oldest)
    kinds = _kinds(transaction, staged, oldest, apart)
    same = [place for place, kind in kinds.items() if kind == _SAME]
    others = [place for place, kind in kinds.items() if kind == _OTHER]
    first = history.next_event(transaction)
    judged = declarations.judge(
        transaction,
        policy,
        staged.brand,
        [staged.claim(place) for place in others],
        [first + place - bisect(same, place) for place in others],
        oldest,
    )
    answers = [RECORDED] * len(staged)
    for place, answer in chain(((place, UNCHANGED) for place in same), zip(others, judged.answers, strict=True)):
        answers[place] = answer
    turned_away = [place for place, answer in enumerate(answers) if answer not in (RECORDED, PENDING)]
    count = len(staged) - len(turned_away)
    if count:
        recorded = Recorded(staged.brand, known, first, count, turned_away)
        history.append_staged(transaction, deed, recorded)
        if count > len(judged.events):
            state.write_staged_words(transaction, recorded, judged.numbers, over=_NEXT in kinds.values())
        state.write(transaction, judged.standing())
    return answers


def _kinds(transaction: Transaction, staged: Staged, oldest: int, apart: Container[int]) -> dict[int, int]:
    """Place -> kind, in the order of the places, of those that are not first."""
    if staged.unheard(oldest):
        return {}
    ahead = staged.ahead
    last, _ = transaction.last_act or (0, None)
    # No consent and no standing refusal changes without an act.
    if ahead and all(act in apart for act in range(ahead.act + 1, last + 1)):
        kinds = ahead.kinds
    else:
        kinds = dict(transaction.all(*_asked_kinds(staged, oldest)))
    return dict(sorted(kinds.items()))


def _asked_kinds(staged: Staged, oldest: int) -> PrefetchRead:
    return PrefetchRead(_KINDS, {"brand": staged.brand, "oldest": stored(oldest)})


def _heads(transaction: Transaction) -> None:
    """Reads in one question the next numbers and when the last act was recorded, where unknown."""
    if transaction.last_act is None and (found := transaction.one(_HEADS)):
        recipient, event, act, recorded_at = found
        transaction.begin_at({"recipient": recipient or 0, "consent_event": event or 0, "act": act or 0})
        transaction.last_act = (act, recorded_at) if act else None
    else:
        transaction.look_up_numbers("recipient", "consent_event", "act")


def _watched(transaction: Transaction, brand: int) -> bool:
    """Whether each claim must be weighed: the provider is barred, or its package has a limit."""
    standing = provider_states.of_brand(transaction, brand)
    return bool(standing.code) or standing.limited is not None
