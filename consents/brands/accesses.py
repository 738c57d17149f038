"""Table ``dealer_access``: which dealers may use which consent (İYS retailerAccess). An access holds while the consent
is ONAY and no RET came since it was given (rule L12). The dealer that collected the consent needs no row; a row with a
negative event takes its access away until a later ONAY that it collects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, text, union_all

from consents.people import register
from consents.rules import ONAY, RET, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.dealer_tables import DealerAccess
from consents.tables.history_tables import Consent, ConsentEvent
from consents.tables.recipient_tables import RecipientRow

_access = table(DealerAccess)
_event = table(ConsentEvent).c
_consent = table(Consent).c

AT_ONCE = 1000  # accesses that one transaction writes at most: PostgreSQL takes up to 50 µs for each

_COLUMNS = ",".join((*Key._fields, "dealer"))
_KEY = [_access.c[name] == bindparam(name) for name in Key._fields]
_LAST_RET: Value[int | None] = Statement(
    select(func.max(_event.id)).where(
        _event.recipient == bindparam("recipient"),
        _event.brand + 0 == bindparam("brand"),
        _event.channel == bindparam("channel"),
        _event.identity == bindparam("identity"),
        _event.status == bindparam("ret"),
    )
)
_GIVEN = Statement(select(_access.c.dealer, _access.c.event).where(*_KEY))
# Of many consents, as JSON of [recipient, brand, channel, identity, event, [dealer…]]: all rows in one statement.
# Each is parsed once, not once a dealer.
_LISTS = {
    SQLITE: ("json_each(:given)", "json_each(dealers)"),
    POSTGRESQL: (
        "jsonb_array_elements(CAST(:given AS jsonb)) AS given(value)",
        "jsonb_array_elements_text(dealers) AS given(value)",
    ),
}
_GIVE = {
    dialect: Statement(
        text(
            "WITH consents AS MATERIALIZED (SELECT CAST(value ->> 0 AS bigint) AS recipient, "
            "CAST(value ->> 1 AS bigint) AS brand, CAST(value ->> 2 AS integer) AS channel, "
            "CAST(value ->> 3 AS integer) AS identity, CAST(value ->> 4 AS bigint) AS event, "
            f"value -> 5 AS dealers FROM {consents}) "
            f"INSERT INTO dealer_access ({_COLUMNS},event) "
            "SELECT recipient, brand, channel, identity, CAST(value AS bigint), event "
            f"FROM consents CROSS JOIN {dealers} WHERE true "
            # What was given or taken since an event stands.
            f"ON CONFLICT ({_COLUMNS}) DO UPDATE SET event = excluded.event "
            "WHERE abs(dealer_access.event) <= abs(excluded.event)"
        )
    )
    for dialect, (consents, dealers) in _LISTS.items()
}
_OF_KIND = (
    among(_access.c.recipient, "recipients"),
    *(_access.c[name] == bindparam(name) for name in Key._fields[1:]),
)
_TAKE_ALL = Statement(delete(_access).where(*_OF_KIND))
# "+ 0": by the consents, not through all that the dealers may use.
_TAKE_SOME = Statement(delete(_access).where(*_OF_KIND, among(_access.c.dealer + 0, "dealers")))
_ANY: Value[bool] = Statement(select(exists().where(_access.c.dealer == bindparam("dealer"))))

_SAME = and_(*(_consent[name] == _access.c[name] for name in Key._fields))
_REFUSED = exists().where(
    _event.recipient == _access.c.recipient,
    _event.brand + 0 == _access.c.brand,
    _event.channel == _access.c.channel,
    _event.identity == _access.c.identity,
    _event.status == bindparam("ret"),
    _event.id > _access.c.event,
)
# Nothing is shown of erased people (rule L15), who are few.
_KEPT = _consent.recipient.not_in(select(table(RecipientRow).c.id).where(register.ERASED))
_GIVEN_TO = (
    select(_access.c.dealer)
    .join(table(Consent), _SAME)
    .where(
        among(_access.c.dealer, "dealers"),
        _access.c.event > 0,
        _consent.status == bindparam("onay"),
        _KEPT,
        ~_REFUSED,
    )
)
_COUNTED = or_(and_(_access.c.event > 0, ~_REFUSED), -_access.c.event >= _consent.provider_event)
_COLLECTED_BY = select(_consent.provider_dealer).where(
    among(_consent.provider_dealer, "dealers"),
    # "+ 0": by the dealers' own index, not through all that the brand holds.
    _consent.brand + 0 == bindparam("brand"),
    _consent.status == bindparam("onay"),
    _KEPT,
    or_(_consent.citizen_event.is_(None), _consent.provider_at > _consent.citizen_at),
    ~exists().where(_SAME, _access.c.dealer == _consent.provider_dealer, _COUNTED),
)
_USES = union_all(_GIVEN_TO, _COLLECTED_BY).subquery()
_COUNTS = Statement(select(_USES.c.dealer, func.count()).group_by(_USES.c.dealer))


class Given(NamedTuple):
    """Dealers that may use a consent since ``event``; a negative event: no longer since."""

    key: Key
    dealers: Iterable[int]
    event: int


def give(transaction: Transaction, given: Iterable[Given]) -> None:
    """Lets dealers use consents, each of which stands here once; all in one statement."""
    rows = [(*one.key, one.event, list(dict.fromkeys(one.dealers))) for one in given]
    if rows:
        transaction.run(_GIVE[transaction.dialect], {"given": json.dumps(rows, separators=(",", ":"))})


def take(
    transaction: Transaction, standing: Mapping[Key, Standing], event: int, dealers: Sequence[int] | None = None
) -> None:
    """Ends the access of these dealers (None: all); ``event``: the last one recorded."""
    if not standing:
        return
    values = {**next(iter(standing))._asdict(), "recipients": transaction.array(key.recipient for key in standing)}
    if dealers is None:
        transaction.run(_TAKE_ALL, values)
    else:
        transaction.run(_TAKE_SOME, {**values, "dealers": transaction.array(dealers)})
    collectors = [(key, stands.provider.dealer) for key, stands in standing.items() if stands.provider]
    give(
        transaction,
        [
            Given(key, [dealer], -event)
            for key, dealer in collectors
            if dealer is not None and (dealers is None or dealer in dealers)
        ],
    )


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
    """How many of the brand's consents each dealer may use now (İYS retailerAccessCount); slow, for a thread."""
    if not dealers:
        return {}
    values = {"dealers": snapshot.array(dealers), "brand": brand, "onay": ONAY, "ret": RET}
    return dict.fromkeys(dealers, 0) | dict(snapshot.all(_COUNTS, values))


def any_of(snapshot: Snapshot, dealer: int) -> bool:
    return bool(snapshot.value(_ANY, {"dealer": dealer}))


def _last_refusal(snapshot: Snapshot, key: Key) -> int:
    return snapshot.value(_LAST_RET, {**key._asdict(), "ret": RET}) or 0
