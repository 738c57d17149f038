"""Words that providers declare about their own records, and words relayed from the national registry, by İYS's
rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents import blankets, history, state
from consents.history import Deed
from consents.instants import SECOND
from consents.ledger import allowances, verdicts
from consents.ledger.allowances import Allowance
from consents.ledger.stamping import after, not_ahead
from consents.rules import BEKLIYOR, ONAY, RET, Claim, Policy, Standing, Word
from consents.state import BareKey
from consents.store import Transaction

RECORDED, PENDING = "recorded", "pending"


def declare(
    transaction: Transaction, policy: Policy, brand: int, claims: Sequence[Claim], deed: Deed, *, oldest: int = 0
) -> list[str]:
    """Records what a provider declares about one brand (rules L3 to L6). One answer a claim, in order: RECORDED,
    PENDING (counts once the citizen agrees), UNCHANGED (declared before), or İYS's code of refusal. ``oldest`` (µs): an
    ONAY given before it is H467, tested after UNCHANGED. What bars a provider (H520, H521, Z425) bars only its ONAY,
    unless STRICT_IYS; so does a full package (H525)."""
    return _take(transaction, policy, brand, claims, deed, oldest, own=False)


def relay(transaction: Transaction, policy: Policy, brand: int, claims: Sequence[Claim], deed: Deed) -> list[str]:
    """Records words given at the national registry, with their own time, as the citizens' (L2). One answer each, in
    order: RECORDED, UNCHANGED, or H162 for an ONAY of the future. A RET dated ahead of the clock counts from now."""
    ours = [claim._replace(dealer=None) for claim in claims]
    return _take(transaction, policy, brand, ours, deed, 0, own=True)


def _take(
    transaction: Transaction,
    policy: Policy,
    brand: int,
    claims: Sequence[Claim],
    deed: Deed,
    oldest: int,
    *,
    own: bool,
) -> list[str]:
    first = history.next_event(transaction)
    allowance = None if own else allowances.find(transaction, policy, brand, claims)
    numbers = range(first, first + len(claims))
    judged = judge(transaction, policy, brand, claims, numbers, oldest, own=own, allowance=allowance)
    if judged.events:
        history.append(transaction, deed, judged.events)
        if not own:
            state.write_first_words(transaction, first, first + len(judged.events) - 1)
        state.write(transaction, judged.changed)
        if allowance is not None:
            allowance.settle()
    return judged.answers


def judge(
    transaction: Transaction,
    policy: Policy,
    brand: int,
    claims: Sequence[Claim],
    numbers: Sequence[int],
    oldest: int,
    *,
    own: bool = False,
    allowance: Allowance | None = None,
) -> Judged:
    """What is to be done about claims, without writing. ``numbers``: the events' numbers if all claims before were
    recorded."""
    if not claims:
        return Judged([], [], [], {}, {})
    stands: dict[BareKey, _Known] = {}
    stands.update(state.rows_of_keys(transaction, brand, [claim[:4] for claim in claims]))
    ahead = blankets.in_force(transaction, {claim.recipient for claim in claims})
    events: list[Claim] = []
    recorded: list[int] = []

    def before(claim: Claim) -> Standing | None:
        return _bare(stands.get(claim[:4]))

    repeats = verdicts.Repeats(transaction, brand, claims, events, before)
    changed: dict[BareKey, Standing | None] = {}
    answers: list[str] = []
    for number, claim in zip(numbers, claims, strict=True):
        number -= len(answers) - len(events)
        key = claim[:4]
        known = stands.get(key)
        if own and claim.at > transaction.now + SECOND and not repeats.hold(claim):  # two clocks differ by as much
            if claim.status != RET:
                answers.append("H162")
                continue
            claim = claim._replace(at=not_ahead(transaction.now, _bare(known), claim.at))
        covering = ahead.get(blankets.covered_key(key)) if ahead else None
        if known is None and not own:  # most of a first loading: nothing to compare with
            odd = policy.strict or claim.at < oldest
            if odd and (fault := verdicts.fault_of_first(policy, claim, oldest)) is not None:
                answers.append(fault)
                continue
        elif (answer := verdicts.fault(policy, _bare(known), claim, oldest, repeats, own=own)) is not None:
            answers.append(answer)
            continue
        if allowance is not None and (barred := allowance.refuses(claim)) is not None:
            answers.append(barred)
            continue
        if known is None and not own and covering is None:
            stands[key] = _First(claim, number)
            answers.append(RECORDED)
        else:
            word = Word(*claim[4:], number)
            then = after(_bare(known), word, policy.reconsent, own=own, blanket=covering)
            stands[key] = changed[key] = then
            answers.append(PENDING if not own and _waits(then, word) else RECORDED)
        events.append(claim)
        recorded.append(number)
    return Judged(answers, events, recorded, changed, stands)


class Judged(NamedTuple):
    """An answer for each claim; those to be recorded, with their events' numbers; what they change. ``changed`` leaves
    out keys with no word before these claims; ``standing`` has them too."""

    answers: list[str]
    events: list[Claim]
    numbers: list[int]
    changed: dict[BareKey, Standing | None]
    stands: dict[BareKey, _Known]

    def standing(self) -> dict[BareKey, Standing | None]:
        keys: dict[BareKey, _Known] = {claim[:4]: self.stands[claim[:4]] for claim in self.events}
        return {key: known if isinstance(known, Standing) else _bare(known) for key, known in keys.items()}


class _First(NamedTuple):
    claim: Claim
    number: int


_Known = Standing | _First | state.Row


def _bare(known: _Known | None) -> Standing | None:
    """What new words are compared with: what stands without a standing refusal (rule L13)."""
    if known is None:
        return None
    if isinstance(known, _First):
        word = Word(*known.claim[4:], known.number)
        return Standing(word.status, None, word)
    return (known if isinstance(known, Standing) else state.unpack(known)[1]).bare()


def _waits(stands: Standing, word: Word) -> bool:
    blanket = stands.citizen is not None and stands.citizen.blanket
    return stands.status == BEKLIYOR or (blanket and word.status == ONAY)
