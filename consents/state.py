"""What stands (table ``consent``), read and written as the two last words of each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, text

from consents.columns import micros, stored
from consents.models import Consent
from consents.rules import Standing, Word
from consents.store import Snapshot, Statement, Transaction, among
from consents.store.statements import POSTGRESQL, SQLITE

_table = Consent.__table__  # type: ignore[attr-defined]

KEY = "recipient,brand,channel,identity"
COLUMNS = (
    f"{KEY},status,citizen_status,citizen_source,citizen_at,citizen_event,"
    "provider_status,provider_source,provider_at,provider_dealer,provider_event"
)
columns = [_table.c[name] for name in COLUMNS.split(",")]

_BY_RECIPIENT = Statement(select(*columns).where(_table.c.recipient == bindparam("recipient")))
_BY_PAIR = Statement(
    select(*columns).where(_table.c.recipient == bindparam("recipient"), _table.c.brand == bindparam("brand"))
)
_BY_KEY = Statement(select(*columns).where(*(_table.c[name] == bindparam(name) for name in KEY.split(","))))
_BY_BRAND = Statement(
    select(*columns).where(among(_table.c.recipient, "recipients"), _table.c.brand == bindparam("brand"))
)
# A key of a brand as one number, so that a list of numbers names many keys.
_WANTED = {SQLITE: "json_each(:keys)", POSTGRESQL: "unnest(CAST(:keys AS bigint[])) AS wanted(value)"}
_BY_KEYS = {
    dialect: Statement(
        text(
            f"SELECT {COLUMNS} FROM {wanted} CROSS JOIN consent "
            "WHERE recipient = value >> 3 AND brand = :brand AND channel = (value >> 1) & 3 AND identity = value & 1"
        )
    )
    for dialect, wanted in _WANTED.items()
}
_DELETE = Statement(delete(_table).where(*(_table.c[name] == bindparam(name) for name in KEY.split(","))))


Row = tuple[Any, ...]  # of `columns`
# A first loading is nearly all such rows; copied inside the database they cost a quarter of what binding them does.
_FIRST_WORDS = Statement(
    text(
        f"INSERT INTO consent ({COLUMNS}) "
        "SELECT recipient,brand,channel,identity,status,NULL,NULL,NULL,NULL,status,source,decided_at,dealer,id "
        "FROM consent_event WHERE id BETWEEN :first AND :last ORDER BY id "
        f"ON CONFLICT ({KEY}) DO NOTHING"
    )
)


class Key(NamedTuple):
    """What a consent is about: recipient and brand by internal id, channel and identity by code."""

    recipient: int
    brand: int
    channel: int
    identity: int


def of_recipient(snapshot: Snapshot, recipient: int) -> dict[Key, Standing]:
    """All that stands for one recipient."""
    return dict(map(unpack, snapshot.all(_BY_RECIPIENT, {"recipient": recipient})))


def of_pair(snapshot: Snapshot, recipient: int, brand: int) -> dict[Key, Standing]:
    """All that stands between one recipient and one brand."""
    return dict(map(unpack, snapshot.all(_BY_PAIR, {"recipient": recipient, "brand": brand})))


def of_key(snapshot: Snapshot, key: Key) -> Standing | None:
    """What stands for one key."""
    row = snapshot.one(_BY_KEY, key._asdict())
    return None if row is None else unpack(row)[1]


def of_brand(snapshot: Snapshot, brand: int, recipients: Iterable[int]) -> dict[Key, Standing]:
    """What stands between one brand and these recipients."""
    wanted = snapshot.array(recipients)
    return dict(map(unpack, snapshot.all(_BY_BRAND, {"recipients": wanted, "brand": brand})))


def rows_of_keys(snapshot: Snapshot, brand: int, keys: Iterable[Key]) -> dict[Key, Row]:
    """What stands for these keys of one brand, as rows, unread: bulk work looks into few of them."""
    wanted = snapshot.array({recipient << 3 | channel << 1 | identity for recipient, _, channel, identity in keys})
    rows = snapshot.all(_BY_KEYS[snapshot.dialect], {"keys": wanted, "brand": brand})
    return {row[:4]: row for row in rows}  # type: ignore[misc]  # equal to Keys, and cheaper


def write(transaction: Transaction, changed: Mapping[Key, Standing | None]) -> None:
    """Replaces what stands for these keys; None: nobody has spoken (any more)."""
    write_rows(transaction, [pack(key, stands) for key, stands in changed.items() if stands is not None])
    for key, stands in changed.items():
        if stands is None:
            transaction.run(_DELETE, key._asdict())


def write_rows(transaction: Transaction, rows: Sequence[Row]) -> None:
    """The same for rows."""
    if rows:
        transaction.upsert("consent", KEY, COLUMNS, rows)


def write_first_words(transaction: Transaction, first: int, last: int) -> None:
    """Lets the provider's events of these numbers stand where nobody has spoken before, in one statement.

    Of several events of one key the first is taken, and keys that stand already are passed over: ``write_rows``
    follows for those.
    """
    transaction.run(_FIRST_WORDS, {"first": first, "last": last})


def unpack(row: Row) -> tuple[Key, Standing]:
    """A row of ``columns`` as key and standing."""
    citizen = provider = None
    if row[5] is not None:
        citizen = Word(row[5], row[6], micros(row[7]), None, row[8])
    if row[9] is not None:
        provider = Word(row[9], row[10], micros(row[11]), row[12], row[13])
    return Key(*row[:4]), Standing(row[4], citizen, provider)


def pack(key: Key, stands: Standing) -> Row:
    """The inverse of ``unpack``."""
    citizen, provider = stands.citizen, stands.provider
    return (
        *key,
        stands.status,
        *((None, None, None, None) if citizen is None else (citizen[0], citizen[1], stored(citizen[2]), citizen[4])),
        *(
            (None, None, None, None, None)
            if provider is None
            else (provider[0], provider[1], stored(provider[2]), provider[3], provider[4])
        ),
    )
