"""Whether a provider may give consents in at all: what bars an ONAY never bars a RET (unless STRICT_IYS)."""

from __future__ import annotations

from consents.brands import provider_states
from consents.rules import ONAY, Claim, Policy
from consents.store import Transaction


class Allowance:
    """What a provider may still declare about a brand. ``code``: why it may give no consent (H520, H521, Z425)."""

    def __init__(self, code: str, *, strict: bool = False) -> None:
        self._code, self._strict = code, strict

    def refuses(self, claim: Claim) -> str | None:
        """İYS's code for a claim that may not be recorded; to be asked of what else would be."""
        return self._code if claim.status == ONAY or self._strict else None


def of(transaction: Transaction, policy: Policy, brand: int) -> Allowance | None:
    """The allowance of a brand's (internal id) provider; None where nothing bars anything."""
    code = provider_states.of_brand(transaction, brand).code
    return Allowance(code, strict=policy.strict) if code else None
