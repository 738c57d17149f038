"""Table ``dealer_access``: which dealers may use which consent (İYS retailerAccess).

An access holds while the consent is ONAY and no RET has come since it was given: a RET ends every dealer's access and
nothing revives it (rule L12). So nothing has to be written when somebody refuses, through whatever door.

Who collected the consent that stands (İYS retailerCode) may use it without a row. Where that was taken from it, there
is a row with a negative number: the last event when it was taken. A later ONAY that it collects lets it in again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, union_all

from consents.models import Consent, ConsentEvent
from consents.rules import ONAY, RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, among
from providers.tables import DealerAccess

_access = DealerAccess.__table__  # type: ignore[attr-defined]
_event = ConsentEvent.__table__.c  # type: ignore[attr-defined]
_consent = Consent.__table__.c  # type: ignore[attr-defined]

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
_GIVEN = Statement(select(_access.c.dealer, _access.c.event).where(*_KEY))
_TAKE_ALL = Statement(delete(_access).where(*_KEY))
_TAKE_ONE = Statement(delete(_access).where(*_KEY, _access.c.dealer == bindparam("of_dealer")))
_ANY = Statement(select(exists().where(_access.c.dealer == bindparam("dealer"))))

_SAME = and_(*(_consent[name] == _access.c[name] for name in Key._fields))
_REFUSED = exists().where(
    _event.recipient == _access.c.recipient,
    _event.brand + 0 == _access.c.brand,
    _event.channel == _access.c.channel,
    _event.identity == _access.c.identity,
    _event.status == bindparam("ret"),
    _event.id > _access.c.event,
)
_GIVEN_TO = (
    select(_access.c.dealer)
    .join(Consent.__table__, _SAME)  # type: ignore[attr-defined]
    .where(among(_access.c.dealer, "dealers"), _access.c.event > 0, _consent.status == bindparam("onay"), ~_REFUSED)
)
_COUNTED = or_(and_(_access.c.event > 0, ~_REFUSED), -_access.c.event >= _consent.provider_event)
_COLLECTED_BY = select(_consent.provider_dealer).where(
    among(_consent.provider_dealer, "dealers"),
    # "+ 0": by the dealers' own index, not through all that the brand holds.
    _consent.brand + 0 == bindparam("brand"),
    _consent.status == bindparam("onay"),
    or_(_consent.citizen_event.is_(None), _consent.provider_at > _consent.citizen_at),
    ~exists().where(_SAME, _access.c.dealer == _consent.provider_dealer, _COUNTED),
)
_USES = union_all(_GIVEN_TO, _COLLECTED_BY).subquery()
_COUNTS = Statement(select(_USES.c.dealer, func.count()).group_by(_USES.c.dealer))


def give(transaction: Transaction, key: Key, dealers: Iterable[int], event: int) -> None:
    """Lets these dealers use the consent; ``event``: the last one recorded."""
    rows = [(*key, dealer, event) for dealer in dealers]
    if rows:
        transaction.upsert("dealer_access", _COLUMNS, f"{_COLUMNS},event", rows)


def take(
    transaction: Transaction, key: Key, standing: Standing, event: int, dealers: Collection[int] | None = None
) -> None:
    """Ends the access of these dealers, or of all; ``event``: the last one recorded."""
    if dealers is None:
        transaction.run(_TAKE_ALL, key._asdict())
    for dealer in dealers or ():
        transaction.run(_TAKE_ONE, {**key._asdict(), "of_dealer": dealer})
    collector = standing.provider.dealer if standing.provider else None
    if collector is not None and (dealers is None or collector in dealers):
        give(transaction, key, [collector], -event)


def dealers(snapshot: Snapshot, key: Key, standing: Standing) -> list[int]:
    """The dealers (internal ids) that may use the consent now."""
    if standing.status != ONAY:
        return []
    given = dict(snapshot.all(_GIVEN, key._asdict()))
    refused = _last_refusal(snapshot, key) if given else 0
    found = {dealer for dealer, event in given.items() if event > refused}
    word = standing.in_force()
    if word.dealer is not None and -given.get(word.dealer, 0) < word.event:
        found.add(word.dealer)
    return sorted(found)


def counts(snapshot: Snapshot, brand: int, dealers: Sequence[int]) -> dict[int, int]:
    """How many of the brand's consents each of these dealers may use now (İYS retailerAccessCount).

    It looks through what they collected and were given, so it is for a thread of its own.
    """
    if not dealers:
        return {}
    values = {"dealers": snapshot.array(dealers), "brand": brand, "onay": ONAY, "ret": RET}
    return dict.fromkeys(dealers, 0) | dict(snapshot.all(_COUNTS, values))


def any_of(snapshot: Snapshot, dealer: int) -> bool:
    """Whether any access of a dealer is on record, also one that has ended."""
    row = snapshot.one(_ANY, {"dealer": dealer})
    return bool(row and row[0])


def _last_refusal(snapshot: Snapshot, key: Key) -> int:
    row = snapshot.one(_LAST_RET, {**key._asdict(), "ret": RET})
    return row[0] if row and row[0] is not None else 0
