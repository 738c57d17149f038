"""A MAC of the registry's keys over each brandCode and its provider's iysCode, so that write access to the database
alone cannot move a brand to another company. Made when history about the brand is first signed; from then on a brand
without one is a fault."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, func, select, update

from consents.keys import Keyring
from consents.store import Snapshot, Statement, Store, Transaction, table
from consents.tables.company_tables import Brand, Provider
from consents.tables.history_tables import ConsentEvent

_brand = table(Brand)
_provider = table(Provider)
_event = table(ConsentEvent)

_ALL = select(_brand.c.id, _brand.c.code, _provider.c.code, _brand.c.voucher).join(
    _provider, _provider.c.id == _brand.c.provider
)
_BRANDS = Statement(_ALL.order_by(_brand.c.id))
_WITHOUT = Statement(_ALL.where(_brand.c.voucher.is_(None)).order_by(_brand.c.id))
_ANY = Statement(select(_brand.c.id).where(_brand.c.voucher.is_not(None)).limit(1))
_VOUCH = Statement(update(_brand).where(_brand.c.id == bindparam("of")).values(voucher=bindparam("made")))
_FIRST = Statement(select(func.min(_event.c.id)).where(_event.c.brand == bindparam("brand")))

Signed = Callable[[Snapshot], int]  # the last event that is signed, 0 where none is


def renew(store: Store, keyring: Keyring, signed: Signed) -> str | None:
    """Signs new brands; call it before history is signed. Returns the fault of one that cannot be new."""
    if not store.read_now(Snapshot.all, _WITHOUT):
        return None
    if (fault := store.read_now(_lost, signed)) is not None:
        return fault
    store.write_now(_vouch, keyring)
    return None


def none_made(snapshot: Snapshot) -> bool:
    """Whether brands exist and none has a voucher, as in a database of an earlier version."""
    return snapshot.one(_ANY) is None and bool(snapshot.all(_WITHOUT))


def begin(transaction: Transaction, keyring: Keyring) -> None:
    if none_made(transaction):  # no other process was faster
        _vouch(transaction, keyring)


def fault(snapshot: Snapshot, keyring: Keyring, signed: Signed) -> str | None:
    for _, code, provider, voucher in snapshot.all(_BRANDS):
        if voucher is not None and bytes(voucher) != keyring.voucher(code, provider):
            return f"brand {code} was moved: provider {provider} is not the one it belongs to"
    return _lost(snapshot, signed)


def _lost(snapshot: Snapshot, signed: Signed) -> str | None:
    until = signed(snapshot)
    for number, code, _, _ in snapshot.all(_WITHOUT):
        (first,) = snapshot.one(_FIRST, {"brand": number}) or (None,)
        if first is not None and first <= until:
            return f"nothing vouches any more for whose brand {code} is"
    return None


def _vouch(transaction: Transaction, keyring: Keyring) -> None:
    for number, code, provider, _ in transaction.all(_WITHOUT):
        transaction.run(_VOUCH, {"of": number, "made": keyring.voucher(code, provider)})
