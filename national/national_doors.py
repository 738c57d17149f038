"""What other rooms' pages show and request of the sync, in the types of ``web/operating/national_view.py``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from consents import reportable
from consents.brands import companies
from consents.columns import micros
from consents.keys import Keyring
from consents.rules import RET
from consents.store import Snapshot, Statement, Transaction
from national import errands, iys_dealers, movement_items, national_status
from national.errands import ErrandKind
from national.movement_items import ItemState
from national.national_status import SyncState
from national.upstream import accounts
from web.operating.national_view import (
    NationalBrandView,
    NationalDoors,
    NationalErrandView,
    NationalRefusal,
    NationalRival,
    NationalView,
    RefusedMovement,
)

# What an errand has not found.
_NOTHING: dict[str, Any] = {"fault": None, "both": [], "here_only": [], "there_only": [], "brands": []}
_REFUSED = Statement(
    text(
        "SELECT event, brand, channel, identity, status, said_at, code FROM national_item "
        "WHERE brand = :brand AND state = 3 ORDER BY said_at DESC LIMIT :most"
    )
)


def everyone(snapshot: Snapshot, keyring: Keyring, now: int) -> list[NationalView]:
    """Every provider with an account, at ``now`` (µs)."""
    return [_view(snapshot, keyring, state) for state in national_status.everyone(snapshot, keyring, now)]


def get(snapshot: Snapshot, keyring: Keyring, provider: int, now: int) -> NationalView | None:
    """None where the provider has no account."""
    account = accounts.of_provider(snapshot, keyring, provider)
    return None if account is None else _view(snapshot, keyring, national_status.of_account(snapshot, account, now))


def ask(transaction: Transaction, keyring: Keyring, provider: int, what: str) -> bool:
    """Stores a request for the process that speaks with İYS; False where the provider has no account."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is not None:
        errands.ask(transaction, account.id, ErrandKind[what.upper()])
    return account is not None


def start(transaction: Transaction, keyring: Keyring, provider: int) -> bool:
    """Begins a provider's sync with a round; False where it had begun or there is no account."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is None or not accounts.start(transaction, account.id):
        return False
    errands.ask(transaction, account.id, ErrandKind.ROUND)
    return True


def refused(snapshot: Snapshot, brands: list[int], most: int) -> list[RefusedMovement]:
    """Movements of these brands that İYS refuses, newest first, at most ``most`` of each."""
    found = [
        RefusedMovement(event, of, channel, identity, status, micros(at), code or "")
        for brand in brands
        for event, of, channel, identity, status, at, code in snapshot.all(_REFUSED, {"brand": brand, "most": most})
    ]
    return sorted(found, key=lambda movement: -movement.said_at)


def address(snapshot: Snapshot, keyring: Keyring, movement: int) -> str | None:
    item = next(iter(movement_items.between(snapshot, movement, movement)), None)
    if item is None or item.state is not ItemState.ESCALATED:
        return None
    return keyring.unseal(reportable.by_number(snapshot, [item.of])[item.of].sealed)


def rivals(snapshot: Snapshot, keyring: Keyring) -> list[NationalRival]:
    """The accounts of several providers under one iysCode."""
    found = accounts.rivals(snapshot, keyring)
    return [NationalRival(one.provider, one.iys_code, one.username, one.verified_at is not None) for one in found]


def vouch(transaction: Transaction, keyring: Keyring, provider: int) -> bool:
    """Verifies the number on the operator's word. False where another account is verified, or there is none."""
    account = accounts.of_provider(transaction, keyring, provider)
    return account is not None and accounts.verify(transaction, account.id)


def remove(transaction: Transaction, keyring: Keyring, provider: int) -> int | None:
    """Deletes a provider's account; its iysCode, None where it has none."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is None:
        return None
    accounts.remove(transaction, account.id)
    return account.iys_code


DOORS = NationalDoors(everyone, get, accounts.add, ask, start, refused, address, rivals, vouch, remove)


def _view(snapshot: Snapshot, keyring: Keyring, state: SyncState) -> NationalView:
    dealers = iys_dealers.unknown(snapshot, keyring, state.brands)
    account = state.account
    titles = {known.id: known.title for known in companies.brands_of(snapshot, account.provider)}
    return NationalView(
        account.provider,
        state.provider_code,
        account.iys_code,
        account.username,
        account.verified_at,
        account.started_at,
        account.reached_at,
        account.blocked_by,
        account.blocked_until,
        account.clock_offset,
        account.success,
        str(state.light),
        state.oldest,
        state.counts,
        [NationalRefusal(refusal.code, refusal.status == RET, refusal.movements) for refusal in state.refused],
        [
            NationalBrandView(
                brand.brand,
                brand.code,
                titles.get(brand.brand, ""),
                brand.pulled_at,
                brand.pushed_at,
                brand.sent_at,
                brand.checked_day,
                brand.differing_day,
                brand.compared_at is None or brand.compared_to >= 0,
            )
            for brand in state.brands
        ],
        {
            errand.kind.name.lower(): NationalErrandView(errand.asked_at, errand.done_at, _NOTHING | errand.outcome)
            for errand in errands.list_all(snapshot, account.id)
        },
        len(state.faults),
        *dealers,
    )
