"""How many consents a brand holds, by what stands; half a second a million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from consents.brands.companies import DEALER_IS_HERE
from consents.people import register
from consents.rules import ONAY
from consents.store import Snapshot, Statement, Value, among, table
from consents.tables.dealer_tables import Dealer
from consents.tables.history_tables import Consent
from consents.tables.recipient_tables import RecipientRow

_consent = table(Consent).c
_dealer = table(Dealer).c

_STANDING = Statement(
    select(_consent.brand, _consent.status, func.count())
    .where(among(_consent.brand, "brands"))
    .group_by(_consent.brand, _consent.status)
)
# Those that nothing may be sent to, whatever was declared since (rule L15); erased people are few.
_ERASED = Statement(
    select(_consent.brand, func.count())
    .where(
        _consent.recipient.in_(select(table(RecipientRow).c.id).where(register.ERASED)),
        # "+ 0": by these people, not through all that the brands hold.
        among(_consent.brand + 0, "brands"),
        _consent.status == bindparam("onay"),
    )
    .group_by(_consent.brand)
)
_PEOPLE: Value[int] = Statement(
    select(func.count()).select_from(
        select(_consent.recipient).where(among(_consent.brand, "brands")).distinct().subquery()
    )
)
_DEALERS = Statement(
    select(_dealer.brand, func.count()).where(among(_dealer.brand, "brands"), DEALER_IS_HERE).group_by(_dealer.brand)
)


class BrandTally(NamedTuple):
    """Consents that may be used, those that may not (refused, or waiting), and dealers; erased people's only where
    refused."""

    approval: int = 0
    rejection: int = 0
    dealers: int = 0


def of_brands(snapshot: Snapshot, brands: Sequence[int]) -> dict[int, BrandTally]:
    found = dict.fromkeys(brands, BrandTally())
    wanted = {"brands": snapshot.array(brands)}
    for brand, status, count in snapshot.all(_STANDING, wanted):
        tally = found[brand]
        open_, closed = (count, 0) if status == ONAY else (0, count)
        found[brand] = tally._replace(approval=tally.approval + open_, rejection=tally.rejection + closed)
    for brand, count in snapshot.all(_ERASED, {**wanted, "onay": ONAY}):
        found[brand] = found[brand]._replace(approval=found[brand].approval - count)
    for brand, count in snapshot.all(_DEALERS, wanted):
        found[brand] = found[brand]._replace(dealers=count)
    return found


def dealers(snapshot: Snapshot, brands: Sequence[int]) -> dict[int, int]:
    return dict(snapshot.all(_DEALERS, {"brands": snapshot.array(brands)}))


def people(snapshot: Snapshot, brands: Sequence[int]) -> int:
    """How many people have a consent of any of these brands; slow, for a thread."""
    return snapshot.value(_PEOPLE, {"brands": snapshot.array(brands)}) or 0
