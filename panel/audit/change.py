"""The unit of work of the panel and of commands: a write with its audit entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from consents import ledger
from consents.brands.companies import KnownBrand
from consents.brands.company_changes import Why
from consents.columns import stored
from consents.keys import Keyring
from consents.store import Transaction
from consents.terms import Actor
from panel.audit import audit_log, os_logins
from trust.pseudonyms import mark

T = TypeVar("T")


class Change(NamedTuple):
    """``by``: the person by number, None for a command and ``audit_log.BY_VISITORS``."""

    transaction: Transaction
    keyring: Keyring
    by: int | None

    def note(
        self,
        what: str,
        about: str = "",
        before: str = "",
        after: str = "",
        why: str = "",
        *,
        provider: int | None = None,
        brand: KnownBrand | int | None = None,
        address: str = "",
    ) -> int:
        """Records an action in the transaction of its effect; returns its number. ``what``: a word of
        ``audit_texts``. ``about``: kind and number, as "person 12". ``provider``, ``brand``: internal ids; a
        KnownBrand names its provider too. ``address``: canonical; only its mark is stored."""
        if isinstance(brand, KnownBrand):
            provider, brand = brand.provider, brand.id
        marked = mark(self.keyring, "panel act", address) if address else None
        words, committed = self.keyring.seal_evidence(
            {"before": before, "after": after, "why": why[: audit_log.LONGEST_WHY]}
        )
        row = (stored(self.transaction.now), self.by, what, provider, brand, about)
        typed = os_logins.here() if audit_log.by_command(self.by, what) else {}
        digest = audit_log.SEALED + audit_log.digest(*row, committed, marked)
        evidence = self.keyring.seal_evidence({**typed, audit_log.EVIDENCE: digest})
        by_company = provider is not None and audit_log.of_company(self.transaction, self.by)
        number = ledger.note(self.transaction, Actor.PROVIDER if by_company else Actor.STAFF, evidence)
        self.transaction.insert("panel_act", audit_log.COLUMNS, [(number, *row, words, committed, marked)])
        return number

    def grounds(self, why: str) -> Why:
        return grounds(self.keyring, self.by, why)


@dataclass(frozen=True)
class AuditedWork(Generic[T]):
    """``func(change, *arguments)`` as the store runs it."""

    keyring: Keyring
    by: int | None
    func: Callable[..., T]

    def __call__(self, transaction: Transaction, *arguments: Any) -> T:
        return self.func(Change(transaction, self.keyring, self.by), *arguments)


def by_command(work: Callable[..., T]) -> Callable[..., T]:
    """The same for a command of another room, which passes (transaction, keyring, *arguments)."""
    return lambda transaction, keyring, *arguments: work(Change(transaction, keyring, None), *arguments)


def grounds(keyring: Keyring, by: int | None, why: str) -> Why:
    """The author and reason of a change to a company, as the registry stores them."""
    reason = " ".join(why.split())
    return Why(keyring, reason) if by is None else Why(keyring, reason, f"person {by}")
