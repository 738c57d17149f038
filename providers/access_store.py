"""Table ``dealer_access``: which dealers may use which consent (İYS retailerAccess).

An access holds while the consent is ONAY and no RET has come since it was given: a RET ends every dealer's access and
nothing revives it (rule L12). So nothing has to be written when somebody refuses, through whatever door.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, func, select, text

from consents.models import ConsentEvent
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from providers.tables import DealerAccess

_access = DealerAccess.__table__  # type: ignore[attr-defined]
_event = ConsentEvent.__table__.c  # type: ignore[attr-defined]

_COLUMNS = ",".join((*Key._fields, "dealer"))
_KEY = [_access.c[name] == bindparam(name) for name in Key._fields]
_LAST_RET = Statement(
    select(func.max(_event.id)).where(
        _event.recipient == bindparam("recipient"),
        _event.brand + 0 == bindparam("brand"),
        _event.channel == bindparam("channel"),
        _event.identity == bindparam("identity"),
        _event.status == bindparam("ret"),
    )
)
_STANDS = Statement(
    text(
        "SELECT status FROM consent WHERE recipient = :recipient AND brand = :brand AND channel = :channel "
        "AND identity = :identity"
    )
)
_GIVEN = Statement(select(_access.c.dealer, _access.c.event).where(*_KEY).order_by(_access.c.dealer))
_TAKE_ALL = Statement(delete(_access).where(*_KEY))
_TAKE_ONE = Statement(delete(_access).where(*_KEY, _access.c.dealer == bindparam("of_dealer")))
_OF_DEALER = Statement(select(func.count()).select_from(_access).where(_access.c.dealer == bindparam("dealer")))


def give(transaction: Transaction, key: Key, dealers: Iterable[int], event: int) -> None:
    """Lets these dealers use the consent; ``event``: the last one recorded."""
    rows = [(*key, dealer, event) for dealer in dealers]
    if rows:
        transaction.upsert("dealer_access", _COLUMNS, f"{_COLUMNS},event", rows)


def take(transaction: Transaction, key: Key, dealers: Sequence[int] | None = None) -> int:
    """Ends the access of these dealers, or of all; how many had one."""
    if dealers is None:
        return transaction.run(_TAKE_ALL, key._asdict())
    return sum(transaction.run(_TAKE_ONE, {**key._asdict(), "of_dealer": dealer}) for dealer in dealers)


def dealers(snapshot: Snapshot, key: Key) -> list[int]:
    """The dealers (internal ids) that may use the consent now."""
    given = snapshot.all(_GIVEN, key._asdict())
    if not given:
        return []
    stands = snapshot.one(_STANDS, key._asdict())
    if stands is None or stands[0] != ONAY:
        return []
    row = snapshot.one(_LAST_RET, {**key._asdict(), "ret": RET})
    refused = row[0] if row and row[0] is not None else 0
    return [dealer for dealer, event in given if event > refused]


def of_dealer(snapshot: Snapshot, dealer: int) -> int:
    """How many consents a dealer was let to use (İYS retailerAccessCount), also those refused since."""
    row = snapshot.one(_OF_DEALER, {"dealer": dealer})
    return int(row[0]) if row else 0
