"""What a provider may still declare: no ONAY where its state bars it, no new address where its package is full. Neither
stops a RET (under STRICT_IYS its state does)."""

from __future__ import annotations

from collections.abc import Sequence

from consents.brands import packages, provider_states
from consents.brands.provider_states import PackageLimit
from consents.rules import ONAY, Claim, Policy
from consents.store import Transaction

NO_ROOM = "H525"


class Allowance:
    """What one transaction may declare about a brand. ``code``: why no ONAY (H520, H521, Z425), or ""; ``limit``: of
    the provider's package."""

    def __init__(
        self, transaction: Transaction, code: str, limit: PackageLimit | None, claims: Sequence[Claim], *, strict: bool
    ) -> None:
        self._transaction, self._code, self._limit, self._strict = transaction, code, limit, strict
        if limit is not None:
            self._people = {claim.recipient for claim in claims}
            self._before = packages.holding(transaction, limit.provider, self._people)
            self._held, self._room = set(self._before), limit.addresses - limit.used

    def refuses(self, claim: Claim) -> str | None:
        """İYS's code for a claim that may not be recorded; call it once a claim, before it is recorded."""
        if self._code:
            return self._code if claim.status == ONAY or self._strict else None
        if self._limit is None or claim.status != ONAY or claim.recipient in self._held:
            return None
        if self._room <= 0:
            return NO_ROOM
        self._room -= 1
        self._held.add(claim.recipient)
        return None

    def settle(self) -> None:
        if self._limit is not None:
            after = packages.holding(self._transaction, self._limit.provider, self._people)
            packages.use(self._transaction, self._limit.provider, len(after) - len(self._before))


def find(transaction: Transaction, policy: Policy, brand: int, claims: Sequence[Claim]) -> Allowance | None:
    """The allowance of a brand's provider; None where nothing bars or limits anything."""
    standing = provider_states.of_brand(transaction, brand)
    if not standing.code and standing.limited is None:
        return None
    return Allowance(transaction, standing.code, standing.limited, claims, strict=policy.strict)
