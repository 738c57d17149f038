"""Table ``consent_evidence``: what a company attached to an ONAY that it declared. Each row belongs to an act of the
history, whose evidence has the SHA-256 of the row's content; so signed checkpoints cover it (``verify``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, text

from consents import history, ledger, state
from consents.columns import micros, optional_micros, stored
from consents.keys import Keyring
from consents.people import held_keys, register
from consents.queries import log_rows, recorded
from consents.queries.recorded import DeclaredOnay
from consents.rules import ONAY
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.terms import Actor
from evidence.receipts import ATTACHED
from providers.disputes import disputes, evidence_fields
from providers.tables import ConsentEvidence
from trust.pseudonyms import mark

MOST = 5  # of one consent
TAKEN_BACK = "evidence taken back"  # in the evidence of an act: the numbers of the pieces
_table = table(ConsentEvidence)
_SHOWN = ("id", "event", "brand", "channel", "identity", "content", "at", "upload", "row")
_stands = _table.c.taken_back.is_(None)
_KNOWN: Statement[tuple[bytes, int, float]] = Statement(
    select(_table.c.mark, _table.c.id, _table.c.at).where(among(_table.c.mark, "marks", blobs=True))
)
_COUNTS: Statement[tuple[int, int]] = Statement(
    select(_table.c.event, func.count()).where(among(_table.c.event, "events"), _stands).group_by(_table.c.event)
)
_OF_EVENTS = Statement(
    select(*(_table.c[name] for name in _SHOWN)).where(among(_table.c.event, "events"), _stands).order_by(_table.c.id)
)
_OF_PAIR = Statement(
    select(*(_table.c[name] for name in _SHOWN))
    .where(_table.c.person == bindparam("person"), _table.c.brand == bindparam("brand"), _stands)
    .order_by(_table.c.id)
)
_BETWEEN = Statement(
    select(_table.c.event)
    .where(_table.c.event.between(bindparam("first"), bindparam("last")), _table.c.brand == bindparam("brand"), _stands)
    .distinct()
    .order_by(_table.c.event)
    .limit(1000)
)
_of_load = _table.c.upload == bindparam("upload")
_OF_LOAD: Statement[tuple[int, float | None]] = Statement(select(func.count(), func.max(_table.c.at)).where(_of_load))
_STANDING_OF_LOAD: Value[int] = Statement(select(_table.c.id).where(_of_load, _stands).order_by(_table.c.id).limit(200))
_TAKE_BACK = Statement(text("UPDATE consent_evidence SET taken_back = :act, mark = :mark WHERE id = :id"))
_TAKEN_BY: Value[int] = Statement(
    select(_table.c.id).where(_table.c.taken_back == bindparam("act")).order_by(_table.c.id)
)
_PLAIN = Statement(select(_table.c.content).where(_table.c.id == bindparam("id")))
_FORGET = Statement(text("UPDATE consent_evidence SET content = :erased WHERE person = :person"))


class _Row(NamedTuple):
    id: int
    content: bytes
    committed: bytes
    person: int
    upload: int | None
    row: int | None
    taken_back: int | None


_ALL = Statement(
    select(*(_table.c[name] for name in _Row._fields))
    .where(_table.c.id > bindparam("after"), _table.c.id <= bindparam("last"))
    .order_by(_table.c.id)
    .limit(1000),
    _Row,
)


class Piece(NamedTuple):
    """Evidence of an ONAY, ``content`` as ``evidence_fields.read``. ``row``: of the load's file that brought it."""

    event: int
    key: Key
    content: dict[str, str]
    row: int | None = None


class LoadedEvidence(NamedTuple):
    """Of a load, also what was taken back. ``at``: when the last piece was attached, µs, 0 without any."""

    pieces: int
    at: int


class TooMany(Exception):
    """The consent has ``MOST`` already."""


class Attached(NamedTuple):
    """``id``: its act; ``brand``: internal id, terms by code; ``content``: by field, empty once erased; ``at``: µs;
    ``upload``, ``row``: the load that brought it, 0 without one."""

    id: int
    event: int
    brand: int
    channel: int
    identity: int
    content: dict[str, str]
    at: int
    upload: int = 0
    row: int = 0


class KeptEvidence(NamedTuple):
    """``at``: when it was attached, µs; ``answers``: the disputes that this call answered by it."""

    id: int
    at: int
    answers: list[int]


def named(snapshot: Snapshot, keyring: Keyring, brand: int, transaction_id: str) -> DeclaredOnay | None:
    """The brand's ONAY of this transaction id; None for anything else."""
    event = keyring.event(transaction_id)
    found = None if event is None else recorded.declared(snapshot, event)
    return found if found is not None and found.key.brand == brand and not found.taken_back else None


def latest(snapshot: Snapshot, keyring: Keyring, sealed: bytes, key: Key) -> DeclaredOnay | None:
    """The company's last word for this address where it is an ONAY. ``key``: without its recipient; ``sealed``: the
    address."""
    known = state.of_person(snapshot, keyring, sealed, *key[1:])
    provider = known[1].provider if known and known[1] else None
    return recorded.declared(snapshot, provider.event) if provider and provider.status == ONAY else None


def attach(
    transaction: Transaction, keyring: Keyring, about: DeclaredOnay, content: dict[str, str], by: dict[str, int]
) -> KeptEvidence:
    """Attaches it, once; open disputes of the consent are answered by it. ``content``: of ``evidence_fields.read``;
    ``by``: the program (``user``) or ``person``. Errors: TooMany."""
    (kept,) = attach_all(transaction, keyring, [Piece(about.event, about.key, content)], by)
    if kept is None:
        raise TooMany
    return kept


def attach_all(
    transaction: Transaction,
    keyring: Keyring,
    pieces: Sequence[Piece],
    by: dict[str, int],
    upload: int | None = None,
) -> list[KeptEvidence | None]:
    """``attach`` of many, in few questions. ``by``: besides, of a load (``upload``) nothing. None for one too many."""
    marks = [mark(keyring, "consent evidence", f"{one.event} {evidence_fields.written(one.content)}") for one in pieces]
    rows = transaction.all(_KNOWN, {"marks": transaction.array(marks)})
    known = {bytes(known_as): (number, micros(at)) for known_as, number, at in rows}
    counts = dict(transaction.all(_COUNTS, {"events": transaction.array({one.event for one in pieces})}))
    people = {one.key.recipient for one in pieces}
    erased, asking = register.erased_among(transaction, people), disputes.asked_by(transaction, people)
    found: list[KeptEvidence | None] = []
    new: list[tuple[Any, ...]] = []
    notes: list[tuple[bytes, bytes]] = []
    first = history.act_of_last(transaction) + 1
    for one, known_as in zip(pieces, marks, strict=True):
        if known_as not in known:
            if counts.get(one.event, 0) >= MOST or one.key.recipient in erased:
                found.append(None)
                continue
            sealed, committed = keyring.seal_evidence(one.content)
            of_load = {} if upload is None else {"load": upload, "row": one.row}
            number = first + len(notes)
            notes.append(keyring.seal_evidence({**by, **of_load, ATTACHED: committed.hex(), "event": one.event}))
            whose = (number, one.event, *one.key, known_as, sealed, committed)
            new.append((*whose, stored(transaction.now), upload, one.row))
            counts[one.event] = counts.get(one.event, 0) + 1
            known[known_as] = number, transaction.now
        found.append(KeptEvidence(*known[known_as], []))
    if new:
        ledger.notes(transaction, Actor.PROVIDER, notes)
        columns = "id,event,person,brand,channel,identity,mark,content,committed,at,upload,row"
        transaction.insert("consent_evidence", columns, new)
    return [
        kept._replace(answers=disputes.show(transaction, one.event, one.key, kept.id))
        if kept is not None and one.key.recipient in asking
        else kept
        for one, kept in zip(pieces, found, strict=True)
    ]


def of_load(snapshot: Snapshot, upload: int) -> LoadedEvidence:
    pieces, at = snapshot.one(_OF_LOAD, {"upload": upload}) or (0, None)
    return LoadedEvidence(pieces, optional_micros(at) or 0)


def stands_of_load(snapshot: Snapshot, upload: int) -> bool:
    """Whether something is left that ``take_back`` takes back."""
    return bool(snapshot.column(_STANDING_OF_LOAD, {"upload": upload}))


def take_back(transaction: Transaction, keyring: Keyring, upload: int) -> int:
    """Takes back some of what a load attached; how many pieces, 0 where none is left. Disputes that they had answered
    are open again."""
    pieces = transaction.column(_STANDING_OF_LOAD, {"upload": upload})
    if not pieces:
        return 0
    act = ledger.note(transaction, Actor.PROVIDER, keyring.seal_evidence({TAKEN_BACK: pieces, "load": upload}))
    for number in pieces:
        # Another mark, so that the same content can be attached again.
        values = {"act": act, "mark": mark(keyring, "consent evidence", f"taken back {number}"), "id": number}
        transaction.later(_TAKE_BACK, values)
    disputes.reopen(transaction, pieces)
    return len(pieces)


def of_events(snapshot: Snapshot, keyring: Keyring, events: Iterable[int]) -> dict[int, list[Attached]]:
    """By event, the oldest first."""
    found: dict[int, list[Attached]] = {}
    for row in snapshot.all(_OF_EVENTS, {"events": snapshot.array(events)}):
        one = _read(keyring, row)
        found.setdefault(one.event, []).append(one)
    return found


def of_pair(snapshot: Snapshot, keyring: Keyring, recipient: int, brand: int) -> list[Attached]:
    """Of a person's consents at a brand, the oldest first."""
    rows = snapshot.all(_OF_PAIR, {"person": recipient, "brand": brand})
    return [_read(keyring, row) for row in rows]


def events_between(snapshot: Snapshot, brand: int, first: int, last: int) -> list[int]:
    """The brand's events in this range that have evidence; at most 1,000."""
    return [event for (event,) in snapshot.all(_BETWEEN, {"brand": brand, "first": first, "last": last})]


def plain(snapshot: Snapshot, keyring: Keyring, number: int) -> str:
    """The content with its salt, whose SHA-256 the act's evidence has; "" once erased."""
    sealed = snapshot.value(_PLAIN, {"id": number})
    return "" if sealed is None or _is_mark(bytes(sealed)) else keyring.unseal_data(bytes(sealed)).decode()


def forget(transaction: Transaction, keyring: Keyring, recipient: int) -> None:
    """Of an erased person: a keyed mark stays in place of the content."""
    transaction.run(_FORGET, {"person": recipient, "erased": keyring.erased_evidence(recipient)})


def verify(snapshot: Snapshot, keyring: Keyring, first: int = log_rows.FIRST, last: int = log_rows.LAST) -> str | None:
    """The first row of these acts that was changed, removed or inserted, as a sentence; None when all match."""
    kept = _kept(snapshot, first, last)
    row = next(kept, None)
    for number, sealed in log_rows.notes(snapshot, first, last):
        opened = keyring.unseal_evidence(bytes(sealed))
        if TAKEN_BACK in opened and opened[TAKEN_BACK] != snapshot.column(_TAKEN_BY, {"act": number}):
            return f"the evidence that act {number} took back is not what was recorded"
        if ATTACHED not in opened:
            continue
        if row is None or row.id > number:
            return f"attached evidence {number} is missing"
        if row.id < number:
            return f"attached evidence {row.id} stands in no history"
        of_load = opened.get("load"), opened.get("row")
        if not _matches(keyring, opened[ATTACHED], row) or of_load != (row.upload, row.row):
            return f"attached evidence {number} is not what was recorded"
        if row.taken_back is not None and not _took_back(snapshot, keyring, row.taken_back, number):
            return f"attached evidence {number} was not taken back by act {row.taken_back}"
        row = next(kept, None)
    return None if row is None else f"attached evidence {row.id} stands in no history"


def _matches(keyring: Keyring, noted: str, row: _Row) -> bool:
    content, committed = bytes(row.content), bytes(row.committed)
    if committed.hex() != noted:
        return False
    if _is_mark(content):
        return content == keyring.erased_evidence(row.person)
    return sha256(keyring.unseal_data(content)).digest() == committed


def _took_back(snapshot: Snapshot, keyring: Keyring, act: int, number: int) -> bool:
    sealed = history.evidence(snapshot, act)
    return sealed is not None and number in keyring.unseal_evidence(bytes(sealed)).get(TAKEN_BACK, ())


def _is_mark(content: bytes) -> bool:
    return len(content) == held_keys.DIGEST_SIZE


def _kept(snapshot: Snapshot, first: int, last: int) -> Iterator[_Row]:
    after = first - 1
    while page := snapshot.all(_ALL, {"after": after, "last": last}):
        yield from page
        after = page[-1].id


def _read(keyring: Keyring, row: tuple[Any, ...]) -> Attached:
    number, event, brand, channel, identity, content, at, upload, of_row = row
    opened = keyring.unseal_evidence(bytes(content))
    opened.pop("salt", None)
    return Attached(number, event, brand, channel, identity, opened, micros(at), upload or 0, of_row or 0)
