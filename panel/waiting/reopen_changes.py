"""Opens sign-in again for an address, by the rule of ``izin reopen``, noted in the log of acts."""

from __future__ import annotations

from collections.abc import Callable

from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.rights import Member

Reopen = Callable[[Transaction, Keyring, str], bool]


def reopen(transaction: Transaction, registry: Registry, rule: Reopen, member: Member, address: str, why: str) -> bool:
    """False where it was not closed; then nothing is noted. ``address``: canonical."""
    if not rule(transaction, registry.keyring, address):
        return False
    panel_acts.record(
        transaction, registry.keyring, NewAct("sign-in-reopened", member.person.id, why=why, address=address)
    )
    return True
