"""Table ``upload``: loads of files. Their acts name them, so that each can be undone as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, text, update

from consents.columns import micros, stored
from consents.instants import DAY
from consents.rules import BEKLIYOR
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.tables.company_tables import Brand
from consents.tables.history_tables import Act, ConsentEvent, LoadRows, Upload

GOES_ON = 7 * DAY  # µs within which an interrupted load resumes under its number
_upload, _act = table(Upload), table(Act)
_rows, _event = table(LoadRows), table(ConsentEvent)
_brand = table(Brand)
_BEGUN = Statement(
    insert(_upload).values(
        id=bindparam("number"),
        brand=bindparam("brand"),
        digest=bindparam("digest"),
        started_at=bindparam("at"),
        rows=0,
        refused=0,
        transition=bindparam("window"),
    )
)
_COUNT = Statement(text("UPDATE load_number SET last = last + 1"))
_LAST: Value[int] = Statement(text("SELECT last FROM load_number"))
_CUT_OFF: Value[int | None] = Statement(
    text(
        "SELECT max(id) FROM upload WHERE brand = :brand AND digest = :digest AND finished_at IS NULL "
        "AND started_at > :since AND coalesce(transition, 0) = :window "
        "AND NOT EXISTS (SELECT 1 FROM act WHERE act.upload = upload.id AND act.undoes IS NOT NULL)"
    )
)
_ENDED = Statement(
    update(_upload)
    .where(_upload.c.id == bindparam("upload"))
    .values(finished_at=bindparam("at"), rows=bindparam("seen"), refused=bindparam("failed"))
)
_FIND = Statement(select(_upload.c.id).where(_upload.c.id == bindparam("upload")))
_ANY_FINISHED = Statement(
    select(_upload.c.id).where(among(_upload.c.brand, "brands"), _upload.c.finished_at.is_not(None)).limit(1)
)
_BRAND: Value[int] = Statement(select(_upload.c.brand).where(_upload.c.id == bindparam("upload")))
_PROVIDER: Value[int] = Statement(
    select(_brand.c.provider).join(_upload, _upload.c.brand == _brand.c.id).where(_upload.c.id == bindparam("upload"))
)
_RECORDED = Statement(
    text("SELECT coalesce(sum(last_event - first_event + 1), 0) FROM act WHERE upload = :upload AND undoes IS NULL")
)
_PENDING: Value[int] = Statement(
    text(
        "SELECT count(*) FROM act JOIN consent_event e ON e.id BETWEEN act.first_event AND act.last_event "
        "JOIN consent c ON c.recipient = e.recipient AND c.brand = e.brand AND c.channel = e.channel "
        "AND c.identity = e.identity AND c.provider_event = e.id "
        "WHERE act.upload = :upload AND act.undoes IS NULL AND c.status = :waits"
    )
)
_ACTS = Statement(
    select(_act.c.id, _act.c.first_event, _act.c.last_event, _act.c.recorded_at, _act.c.undoes)
    .where(_act.c.upload == bindparam("upload"))
    .order_by(_act.c.id.desc())
)
_EVENTS: Statement[tuple[int | None, int | None]] = Statement(
    select(func.min(_act.c.first_event), func.max(_act.c.last_event)).where(
        _act.c.upload == bindparam("upload"), _act.c.undoes.is_(None)
    )
)
_OF_ACTS: Statement[tuple[int, int, bytes]] = Statement(
    select(_act.c.id, _upload.c.id, _upload.c.digest)
    .join(_upload, _upload.c.id == _act.c.upload)
    .where(among(_act.c.id, "acts"))
)


_ROW_BYTES = 4
_ROWS: Statement[tuple[int, int, bytes]] = Statement(
    select(_event.c.id, _act.c.first_event, _rows.c.numbers)
    .select_from(_event.join(_act, _act.c.id == _event.c.act).join(_rows, _rows.c.act == _act.c.id))
    .where(among(_event.c.id, "events"))
)
_LOAD: Statement[tuple[int, bytes, float, int, int]] = Statement(
    select(_upload.c.brand, _upload.c.digest, _upload.c.started_at, _upload.c.rows, _upload.c.refused).where(
        _upload.c.id == bindparam("upload")
    )
)


_COUNTED: Statement[tuple[int, int]] = Statement(
    select(func.count(), func.coalesce(func.sum(_upload.c.rows), 0)).where(
        among(_upload.c.brand, "brands"), _upload.c.started_at >= bindparam("since")
    )
)


class CountedLoads(NamedTuple):
    loads: int
    rows: int


class Load(NamedTuple):
    """``brand``: internal id; ``digest``: the file's SHA-256; ``started_at``: µs; ``rows``, ``refused``: once it has
    ended."""

    brand: int
    digest: bytes
    started_at: int
    rows: int
    refused: int


class LoadAct(NamedTuple):
    """How many movements, when recorded (µs), which act of the load it undoes."""

    act: int
    movements: int
    recorded_at: int
    undoes: int | None


def number(transaction: Transaction) -> int:
    """A new number for a load, or for a file that may become one."""
    transaction.run(_COUNT)
    last = transaction.value(_LAST)
    assert last is not None  # the migration has laid the row
    return last


def begin(
    transaction: Transaction, brand: int, digest: bytes, window: int | None = None, *, reserved: int | None = None
) -> int:
    """Begins a load of the file with this SHA-256, in a transition ``window``; its number. ``reserved``: the file's,
    unless a load has it."""
    free = reserved is not None and transaction.one(_FIND, {"upload": reserved}) is None
    upload = reserved if free and reserved is not None else number(transaction)
    about = {"brand": brand, "digest": digest, "window": window, "at": stored(transaction.now)}
    transaction.run(_BEGUN, {"number": upload, **about})
    return upload


def cut_off(snapshot: Snapshot, brand: int, digest: bytes, window: int | None, now: int) -> int | None:
    """The load of the same file begun within ``GOES_ON`` before ``now`` that neither ended nor was undone."""
    values = {"brand": brand, "digest": digest, "window": window or 0, "since": stored(now - GOES_ON)}
    return snapshot.value(_CUT_OFF, values)


def end(transaction: Transaction, upload: int, rows: int, refused: int) -> None:
    values = {"upload": upload, "seen": rows, "failed": refused}
    transaction.run(_ENDED, {**values, "at": stored(transaction.now)})


def any_finished(snapshot: Snapshot, brands: Iterable[int]) -> bool:
    return snapshot.one(_ANY_FINISHED, {"brands": snapshot.array(brands)}) is not None


def find(snapshot: Snapshot, upload: int) -> Load | None:
    row = snapshot.one(_LOAD, {"upload": upload})
    if row is None:
        return None
    brand, digest, started_at, rows, refused = row
    return Load(brand, bytes(digest), micros(started_at), rows, refused)


def counted(snapshot: Snapshot, brands: Iterable[int], since: int) -> CountedLoads:
    """Loads begun since then (µs) at these brands, and their rows."""
    row = snapshot.one(_COUNTED, {"brands": snapshot.array(brands), "since": stored(since)})
    assert row is not None
    return CountedLoads(*map(int, row))


def brand(snapshot: Snapshot, upload: int) -> int:
    brand = snapshot.value(_BRAND, {"upload": upload})
    assert brand is not None, f"load {upload} is missing"
    return brand


def provider(snapshot: Snapshot, upload: int) -> int:
    provider = snapshot.value(_PROVIDER, {"upload": upload})
    assert provider is not None, f"load {upload} is missing"
    return provider


def acts(snapshot: Snapshot, upload: int) -> list[LoadAct] | None:
    """A load's acts and their undoing acts, newest first; None where there is no such load."""
    if upload >= 2**63 or snapshot.one(_FIND, {"upload": upload}) is None:
        return None
    rows = snapshot.all(_ACTS, {"upload": upload})
    return [LoadAct(act, last - first + 1, micros(at), undoes) for act, first, last, at, undoes in rows]


def events(snapshot: Snapshot, upload: int) -> tuple[int, int]:
    """The first and the last event of a load, between which others' are too; (1, 0) without any."""
    first, last = snapshot.one(_EVENTS, {"upload": upload}) or (None, None)
    return (1, 0) if first is None or last is None else (first, last)


def of_acts(snapshot: Snapshot, numbers: Iterable[int]) -> dict[int, tuple[int, bytes]]:
    """Of each of these acts that a load recorded: the load and its file's SHA-256."""
    rows = snapshot.all(_OF_ACTS, {"acts": snapshot.array(numbers)})
    return {act: (upload, bytes(digest)) for act, upload, digest in rows}


def keep_rows(transaction: Transaction, act: int, numbers: Sequence[int]) -> None:
    """``numbers``: the rows of the file from which the events of this act came, in the order of the events."""
    packed = b"".join(number.to_bytes(_ROW_BYTES, "big") for number in numbers)
    transaction.insert("load_rows", "act,numbers", [(act, packed)])


def rows_of(snapshot: Snapshot, events: Iterable[int]) -> dict[int, int]:
    """The row, from 1 after the header, from which each of these events was loaded; others are left out."""
    found = {}
    for event, first, numbers in snapshot.all(_ROWS, {"events": snapshot.array(events)}):
        start = (event - first) * _ROW_BYTES
        found[event] = int.from_bytes(bytes(numbers)[start : start + _ROW_BYTES], "big")
    return found


def outcome(snapshot: Snapshot, upload: int, taken: int) -> dict[str, int]:
    """The total of a load begun more than once; ``taken``: rows of its file that were not refused."""
    recorded = int(snapshot.value(_RECORDED, {"upload": upload}) or 0)
    pending = snapshot.value(_PENDING, {"upload": upload, "waits": BEKLIYOR}) or 0
    return {"recorded": recorded, "unchanged": taken - recorded, "pending": pending}
