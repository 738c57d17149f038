"""Table ``consent_evidence``: what a company attached to an ONAY that it declared. Each row belongs to an act of the
history, whose evidence has the SHA-256 of the row's content; so signed checkpoints cover it (``verify``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, text

from consents import ledger, state
from consents.columns import micros, stored
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
_table = table(ConsentEvidence)
_SHOWN = ("id", "event", "brand", "channel", "identity", "content", "at")
_KNOWN = Statement(select(_table.c.id, _table.c.at).where(_table.c.mark == bindparam("mark")))
_COUNT: Value[int] = Statement(select(func.count()).where(_table.c.event == bindparam("event")))
_OF_EVENTS = Statement(
    select(*(_table.c[name] for name in _SHOWN)).where(among(_table.c.event, "events")).order_by(_table.c.id)
)
_OF_PAIR = Statement(
    select(*(_table.c[name] for name in _SHOWN))
    .where(_table.c.person == bindparam("person"), _table.c.brand == bindparam("brand"))
    .order_by(_table.c.id)
)
_BETWEEN = Statement(
    select(_table.c.event)
    .where(_table.c.event.between(bindparam("first"), bindparam("last")), _table.c.brand == bindparam("brand"))
    .distinct()
    .order_by(_table.c.event)
    .limit(1000)
)
_PLAIN = Statement(select(_table.c.content).where(_table.c.id == bindparam("id")))
_FORGET = Statement(text("UPDATE consent_evidence SET content = :erased WHERE person = :person"))


class _Row(NamedTuple):
    id: int
    content: bytes
    committed: bytes
    person: int


_ALL = Statement(
    select(*(_table.c[name] for name in _Row._fields))
    .where(_table.c.id > bindparam("after"), _table.c.id <= bindparam("last"))
    .order_by(_table.c.id)
    .limit(1000),
    _Row,
)


class TooMany(Exception):
    """The consent has ``MOST`` already."""


class Attached(NamedTuple):
    """``id``: its act; ``brand``: internal id, terms by code; ``content``: by field, empty once erased; ``at``: µs."""

    id: int
    event: int
    brand: int
    channel: int
    identity: int
    content: dict[str, str]
    at: int


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
    known_as = mark(keyring, "consent evidence", f"{about.event} {evidence_fields.written(content)}")
    if (row := transaction.one(_KNOWN, {"mark": known_as})) is not None:
        known, at = row
        return KeptEvidence(known, micros(at), disputes.show(transaction, about.event, about.key, known))
    if (transaction.value(_COUNT, {"event": about.event}) or 0) >= MOST or register.erased_among(
        transaction, [about.key.recipient]
    ):
        raise TooMany
    sealed, committed = keyring.seal_evidence(content)
    note = keyring.seal_evidence({**by, ATTACHED: committed.hex(), "event": about.event})
    number = ledger.note(transaction, Actor.PROVIDER, note)
    new = (number, about.event, *about.key, known_as, sealed, committed, stored(transaction.now))
    columns = "id,event,person,brand,channel,identity,mark,content,committed,at"
    transaction.insert("consent_evidence", columns, [new])
    return KeptEvidence(number, transaction.now, disputes.show(transaction, about.event, about.key, number))


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
        noted = keyring.unseal_evidence(bytes(sealed)).get(ATTACHED)
        if noted is None:
            continue
        if row is None or row.id > number:
            return f"attached evidence {number} is missing"
        if row.id < number:
            return f"attached evidence {row.id} stands in no history"
        if not _matches(keyring, noted, row):
            return f"attached evidence {number} is not what was recorded"
        row = next(kept, None)
    return None if row is None else f"attached evidence {row.id} stands in no history"


def _matches(keyring: Keyring, noted: str, row: _Row) -> bool:
    content, committed = bytes(row.content), bytes(row.committed)
    if committed.hex() != noted:
        return False
    if _is_mark(content):
        return content == keyring.erased_evidence(row.person)
    return sha256(keyring.unseal_data(content)).digest() == committed


def _is_mark(content: bytes) -> bool:
    return len(content) == held_keys.DIGEST_SIZE


def _kept(snapshot: Snapshot, first: int, last: int) -> Iterator[_Row]:
    after = first - 1
    while page := snapshot.all(_ALL, {"after": after, "last": last}):
        yield from page
        after = page[-1].id


def _read(keyring: Keyring, row: tuple[Any, ...]) -> Attached:
    number, event, brand, channel, identity, content, at = row
    opened = keyring.unseal_evidence(bytes(content))
    opened.pop("salt", None)
    return Attached(number, event, brand, channel, identity, opened, micros(at))
