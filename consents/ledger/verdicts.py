"""Which of a provider's words are recorded: rules L3, L5 and L6, with İYS's codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consents import history
from consents.instants import UNDATED
from consents.rules import RET, Claim, Policy, Standing, Word, refusal
from consents.store import Transaction
from consents.terms import Identity

UNCHANGED = "unchanged"
_TACIR = Identity.TACIR.code


def fault_of_first(policy: Policy, claim: Claim, oldest: int) -> str | None:
    """H175 and a RET's H467 are İYS's, not ours (rule L3): only STRICT_IYS applies them."""
    if policy.strict and claim.status == RET:
        return "H175"
    return _late(policy, claim, oldest) if claim.at < oldest else None


def fault(
    policy: Policy, now: Standing | None, claim: Claim, oldest: int, repeats: Repeats, *, own: bool
) -> str | None:
    """Why a claim is not recorded: UNCHANGED, or İYS's code; None when it is to be recorded."""
    if now is None:
        return None
    fault = None if own else _unfit(now, claim) or _late(policy, claim, oldest)
    last = now.citizen if own else now.provider
    if _same(last, claim):
        return UNCHANGED
    # What was recorded before is no later than the side's last word, so only then history needs to be asked.
    if last is not None and claim.at <= last.at and repeats.hold(claim):
        return UNCHANGED
    return fault


class Repeats:
    """Whether a claim was recorded before (rule L6). History is read only where a claim would else be refused, once for
    all claims."""

    def __init__(
        self,
        transaction: Transaction,
        brand: int,
        claims: Sequence[Claim],
        recorded: Sequence[Claim],
        standing: Callable[[Claim], Standing | None],
    ) -> None:
        self._transaction, self._brand, self._claims = transaction, brand, claims
        self._recorded = recorded  # grows while the claims are taken
        self._standing = standing
        self._noted = 0
        self._past: set[tuple[object, ...]] | None = None

    def hold(self, claim: Claim) -> bool:
        if self._past is None:
            self._past = self._before()
        for earlier in self._recorded[self._noted :]:
            self._past.add(earlier[:7])
        self._noted = len(self._recorded)
        return claim[:7] in self._past

    def _before(self) -> set[tuple[object, ...]]:
        """Those of the claims that were recorded before: last words, and earlier ones of history."""
        known: set[tuple[object, ...]] = set()
        doubtful: list[Claim] = []
        now = self._transaction.now
        for claim in self._claims:
            stands = self._standing(claim)
            words = [word for word in stands[1:] if word is not None] if stands else []
            # A RET of the future counts from now (ledger.relay).
            for meant in (claim, claim._replace(at=now)) if claim.at > now else (claim,):
                if any(_same(word, meant) for word in words):
                    known.add(meant[:7])
                elif any(meant.at <= word.at for word in words):
                    doubtful.append(meant)
        return known.union(history.recorded_words(self._transaction, self._brand, doubtful))


def _late(policy: Policy, claim: Claim, oldest: int) -> str | None:
    dated_late = UNDATED < claim.at < oldest
    return "H467" if dated_late and (policy.strict or claim.status != RET) else None


def _unfit(stands: Standing, claim: Claim) -> str | None:
    if claim.identity == _TACIR:
        if not claim.at:
            return "H462"
        if claim.source is None:
            return "H463"
    return refusal(stands, claim.status, claim.at)


def _same(word: Word | None, claim: Claim) -> bool:
    return word is not None and (word.status, word.source, word.at) == (claim.status, claim.source, claim.at)
