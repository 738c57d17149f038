"""What stands (table ``consent``), as the two last words of each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, delete, select, text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people import sealed_forms
from consents.rules import Standing, Word
from consents.store import PrefetchRead, Snapshot, Statement, Transaction, among, column_names, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.history_tables import Consent
from consents.tables.staged_tables import ALL_RECORDED, SOME_RECORDED, Recorded
from consents.terms import Channel, Identity

_table = table(Consent)

KEY, COLUMNS = ",".join(_table.primary_key.columns.keys()), column_names(Consent)
columns = [*_table.c]

_BY_RECIPIENT = Statement(select(*columns).where(_table.c.recipient == bindparam("recipient")))
_BY_PAIR = Statement(
    select(*columns).where(_table.c.recipient == bindparam("recipient"), _table.c.brand == bindparam("brand"))
)
_BY_KEY = Statement(select(*columns).where(*(_table.c[name] == bindparam(name) for name in KEY.split(","))))
_BY_PERSON = Statement(
    text(
        f"SELECT r.id, {','.join(f'c.{name}' for name in COLUMNS.split(','))} FROM recipient r LEFT JOIN consent c "
        "ON c.recipient = r.id AND c.brand = :brand AND c.channel = :channel AND c.identity = :identity "
        "WHERE r.sealed = :sealed"
    )
)
_OF_PERSON = Statement(
    text(
        f"SELECT r.id, {','.join(f'c.{name}' for name in COLUMNS.split(','))} FROM recipient r LEFT JOIN consent c "
        "ON c.recipient = r.id AND c.brand = :brand WHERE r.sealed = :sealed"
    )
)
_BY_BRAND = Statement(
    select(*columns).where(among(_table.c.recipient, "recipients"), _table.c.brand == bindparam("brand"))
)
# A key of a brand as one number, so that a list of numbers names many keys: recipient, channel, identity, each with as
# many bits as its closed list needs. With fewer an added channel would read another recipient's consents.
CHANNEL_SHIFT = max(identity.code for identity in Identity).bit_length()
RECIPIENT_SHIFT = CHANNEL_SHIFT + max(channel.code for channel in Channel).bit_length()
# OFFSET 0 leaves PostgreSQL's planner one way, a look by the key for each number: of a table that is young, or grows
# fast, it knows nothing to choose by.
_OF_KEY = (
    f"SELECT {COLUMNS} FROM consent WHERE recipient = value >> {RECIPIENT_SHIFT} AND brand = :brand "
    f"AND channel = (value >> {CHANNEL_SHIFT}) & {(1 << RECIPIENT_SHIFT - CHANNEL_SHIFT) - 1} "
    f"AND identity = value & {(1 << CHANNEL_SHIFT) - 1}"
)
_BY_KEYS = {
    SQLITE: Statement(text(_OF_KEY.replace("FROM consent", "FROM json_each(:keys) CROSS JOIN consent"))),
    POSTGRESQL: Statement(
        text(
            f"SELECT found.* FROM unnest(CAST(:keys AS bigint[])) AS wanted(value) "
            f"CROSS JOIN LATERAL ({_OF_KEY} OFFSET 0) AS found"
        )
    ),
}
_DELETE = Statement(delete(_table).where(*(_table.c[name] == bindparam(name) for name in KEY.split(","))))
# The same for many keys in one round trip, each column of theirs as an array; OFFSET 0 as above.
_DELETE_ALL = Statement(
    text(
        "DELETE FROM consent WHERE ctid = ANY(ARRAY(SELECT found.ctid FROM unnest(CAST(:recipient AS bigint[]), "
        "CAST(:brand AS bigint[]), CAST(:channel AS smallint[]), CAST(:identity AS smallint[])) "
        "AS gone(recipient, brand, channel, identity) CROSS JOIN LATERAL (SELECT c.ctid FROM consent c "
        "WHERE c.recipient = gone.recipient AND c.brand = gone.brand AND c.channel = gone.channel "
        "AND c.identity = gone.identity OFFSET 0) found))"
    )
)


Row = tuple[Any, ...]  # of `columns`
BareKey = tuple[int, int, int, int]  # equal to a Key, and cheaper
K = TypeVar("K", bound=BareKey)
_PROVIDERS_WORD = "status,provider_status,provider_source,provider_at,provider_dealer,provider_event"
# A first loading is nearly all such rows; copied inside the database they cost a quarter of what binding them does.
_FIRST_WORDS = Statement(
    text(
        f"INSERT INTO consent ({KEY},{_PROVIDERS_WORD}) "
        f"SELECT {KEY},status,status,source,decided_at,dealer,id "
        "FROM consent_event WHERE id BETWEEN :first AND :last ORDER BY id "
        f"ON CONFLICT ({KEY}) DO NOTHING"
    )
)
# The provider's words that lie ready, less those whose events are put ``aside``: plain ones (ledger/sets.py).
_STAGED_WORDS = (
    f"INSERT INTO consent ({KEY},{_PROVIDERS_WORD}) "
    "SELECT e.recipient, :brand, e.channel, e.identity, e.status, e.status, e.source, e.decided_at, e.dealer, e.id "
    "FROM {recorded} e WHERE NOT EXISTS "
    "(SELECT 1 FROM unnest(CAST(:aside AS bigint[])) AS other(id) WHERE other.id = e.id)"
)
_OVER = (
    f"ON CONFLICT ({KEY}) DO UPDATE SET status = excluded.status, provider_status = excluded.provider_status, "
    "provider_source = excluded.provider_source, provider_at = excluded.provider_at, "
    "provider_dealer = excluded.provider_dealer, provider_event = excluded.provider_event"
)
# By whether some are turned away, and whether they may stand over others.
_WRITE_STAGED = {
    (some, over): Statement(text(f"{_STAGED_WORDS.format(recorded=recorded)} {_OVER if over else ''}"))
    for some, recorded in enumerate((ALL_RECORDED, SOME_RECORDED))
    for over in (False, True)
}


class Key(NamedTuple):
    """Recipient and brand by internal id, channel and identity by code."""

    recipient: int
    brand: int
    channel: int
    identity: int


def of_recipient(snapshot: Snapshot, recipient: int) -> dict[Key, Standing]:
    return dict(map(unpack, snapshot.all(_BY_RECIPIENT, {"recipient": recipient})))


def of_pair(snapshot: Snapshot, recipient: int, brand: int) -> dict[Key, Standing]:
    return dict(map(unpack, snapshot.all(*prefetch_pair(recipient, brand))))


def prefetch_pair(recipient: int, brand: int) -> PrefetchRead:
    return PrefetchRead(_BY_PAIR, {"recipient": recipient, "brand": brand})


def of_key(snapshot: Snapshot, key: Key) -> Standing | None:
    row = snapshot.one(_BY_KEY, key._asdict())
    return None if row is None else unpack(row)[1]


def prefetch_person(sealed: bytes, brand: int, channel: int, identity: int) -> PrefetchRead:
    return PrefetchRead(_BY_PERSON, {"sealed": sealed, "brand": brand, "channel": channel, "identity": identity})


def of_person(
    snapshot: Snapshot, keyring: Keyring, sealed: bytes, brand: int, channel: int, identity: int
) -> tuple[int, Standing | None] | None:
    """The recipient with this encrypted address and what stands for one of their keys, in one question; None where
    there is none, erased ones included."""
    key = brand, channel, identity
    row, _ = sealed_forms.find_by_any_key(
        snapshot, keyring, sealed, lambda form: snapshot.one(*prefetch_person(form, *key))
    )
    if row is None:
        return None
    recipient, *stands = row
    return recipient, None if stands[0] is None else unpack(stands)[1]


def prefetch_persons_pair(sealed: bytes, brand: int) -> PrefetchRead:
    return PrefetchRead(_OF_PERSON, {"sealed": sealed, "brand": brand})


def of_persons_pair(
    snapshot: Snapshot, keyring: Keyring, sealed: bytes, brand: int
) -> tuple[int, dict[Key, Standing]] | None:
    rows, _ = sealed_forms.find_by_any_key(
        snapshot, keyring, sealed, lambda form: snapshot.all(*prefetch_persons_pair(form, brand)) or None
    )
    if not rows:
        return None
    ((recipient, *_), *_) = rows
    return recipient, dict(unpack(stands) for _, *stands in rows if stands[0] is not None)


def of_brand(snapshot: Snapshot, brand: int, recipients: Iterable[int]) -> dict[Key, Standing]:
    wanted = snapshot.array(recipients)
    return dict(map(unpack, snapshot.all(_BY_BRAND, {"recipients": wanted, "brand": brand})))


def packed(recipient: int, channel: int, identity: int) -> int:
    """A brand's key as one number."""
    return recipient << RECIPIENT_SHIFT | channel << CHANNEL_SHIFT | identity


def rows_of_keys(snapshot: Snapshot, brand: int, keys: Iterable[BareKey]) -> dict[BareKey, Row]:
    """What stands for these keys of one brand, as rows, unread: bulk work looks into few of them."""
    wanted = snapshot.array({packed(recipient, channel, identity) for recipient, _, channel, identity in keys})
    rows = snapshot.all(_BY_KEYS[snapshot.dialect], {"keys": wanted, "brand": brand})
    return {row[:4]: row for row in rows}


def write(transaction: Transaction, changed: Mapping[K, Standing | None]) -> None:
    """Replaces what stands for these keys; None: no word (any more)."""
    write_rows(transaction, [pack(key, stands) for key, stands in changed.items() if stands is not None])
    gone = [key for key, stands in changed.items() if stands is None]
    if transaction.dialect == POSTGRESQL and gone:
        columns_of_gone = zip(Key._fields, zip(*gone, strict=True), strict=True)
        transaction.later(_DELETE_ALL, {name: transaction.array(values) for name, values in columns_of_gone})
    else:
        for key in gone:
            transaction.run(_DELETE, dict(zip(Key._fields, key, strict=True)))


def write_rows(transaction: Transaction, rows: Sequence[Row]) -> None:
    if rows:
        transaction.upsert("consent", KEY, COLUMNS, rows)


def write_first_words(transaction: Transaction, first: int, last: int) -> None:
    """Writes the provider's events of these numbers as standing where no word came before, in one statement: of several
    events of one key the first. Follow with ``write_rows`` for the other keys."""
    transaction.run(_FIRST_WORDS, {"first": first, "last": last})


def write_staged_words(transaction: Transaction, recorded: Recorded, aside: Sequence[int], *, over: bool) -> None:
    """Writes the provider's staged words as standing where no word came before. ``aside``: except these events.
    ``over``: also over a word of the provider itself. Their keys differ."""
    values = {**recorded.values(transaction), "aside": transaction.array(aside)}
    statement = _WRITE_STAGED[bool(recorded.turned_away), over]
    transaction.expect(statement, values, recorded.rows - len(aside))


def unpack(row: Iterable[Any]) -> tuple[Key, Standing]:
    recipient, brand, channel, identity, status, own, source, at, event, its, its_source, when, dealer, its_event = row
    citizen = None if own is None else Word(own, source, micros(at), None, event)
    provider = None if its is None else Word(its, its_source, micros(when), dealer, its_event)
    return Key(recipient, brand, channel, identity), Standing(status, citizen, provider)


def pack(key: BareKey, stands: Standing) -> Row:
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
