"""Standing refusals (table ``blanket_word``, rule L13): in force is the last row whose act was not undone, where it
refuses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select, text

from consents.columns import micros, stored
from consents.rules import RET, Word
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, Value, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.history_tables import BlanketWord

_table = table(BlanketWord)

COLUMNS = "id,act,recipient,channel,identity,refuses,source,decided_at"

Covered = tuple[int, int, int]
"""What a standing refusal is about: recipient, channel, identity."""

_ANY = Statement(text("SELECT 1 FROM blanket_word LIMIT 1"))
_ASKED = {SQLITE: "json_each(:recipients)", POSTGRESQL: "unnest(CAST(:recipients AS bigint[])) AS asked(value)"}
_COUNTING = {
    dialect: Statement(
        text(
            "SELECT b.recipient, b.channel, b.identity, b.refuses, b.source, b.decided_at, b.id, b.act "
            f"FROM {asked} CROSS JOIN blanket_word b "
            "WHERE b.recipient = value AND NOT EXISTS (SELECT 1 FROM act later WHERE later.undoes = b.act) "
            "ORDER BY b.id"
        )
    )
    for dialect, asked in _ASKED.items()
}
# Also those that were taken back, with the act that did so: for what stood at a moment of the past.
_EVER = {
    dialect: Statement(
        text(
            "SELECT b.recipient, b.channel, b.identity, b.refuses, b.source, b.decided_at, b.id, b.act, later.id "
            f"FROM {asked} CROSS JOIN blanket_word b LEFT JOIN act later ON later.undoes = b.act "
            "WHERE b.recipient = value ORDER BY b.id"
        )
    )
    for dialect, asked in _ASKED.items()
}
_OF_ACT = Statement(
    select(_table.c.channel, _table.c.identity, _table.c.refuses)
    .where(_table.c.act == bindparam("act"))
    .order_by(_table.c.id)
)


_ACT = Value[int](select(_table.c.act).where(_table.c.id == bindparam("number")))


class BlanketPart(NamedTuple):
    """What an act decided for one channel and identity, by code; ``refuses`` False ends a standing refusal."""

    channel: int
    identity: int
    refuses: bool


class PastBlanket(NamedTuple):
    word: Word
    refuses: bool
    act: int
    undone_by: int | None


def covered_key(key: Key | tuple[int, int, int, int]) -> Covered:
    return key[0], key[2], key[3]


def in_force(snapshot: Snapshot, recipients: Collection[int], *, without: int | None = None) -> dict[Covered, Word]:
    """The standing refusals of these recipients that are in force; ``without``: an act to leave out."""
    if not recipients or snapshot.one(_ANY) is None:
        return {}
    found: dict[Covered, Word] = {}
    rows = snapshot.all(_COUNTING[snapshot.dialect], {"recipients": snapshot.array(recipients)})
    for recipient, channel, identity, refuses, source, decided_at, number, act in rows:
        if act == without:
            continue
        covered = recipient, channel, identity
        if refuses:
            found[covered] = _word(source, decided_at, number)
        else:
            found.pop(covered, None)
    return found


def ever(snapshot: Snapshot, recipients: Collection[int]) -> dict[Covered, list[PastBlanket]]:
    """All standing refusals of these recipients and their ends, in order, undone ones included."""
    if not recipients or snapshot.one(_ANY) is None:
        return {}
    found: dict[Covered, list[PastBlanket]] = {}
    rows = snapshot.all(_EVER[snapshot.dialect], {"recipients": snapshot.array(recipients)})
    for recipient, channel, identity, refuses, source, decided_at, number, act, undone_by in rows:
        past = PastBlanket(_word(source, decided_at, number), bool(refuses), act, undone_by)
        found.setdefault((recipient, channel, identity), []).append(past)
    return found


def at_act(past: Sequence[PastBlanket], act: int) -> Word | None:
    counting = [one for one in past if one.act <= act and (one.undone_by is None or one.undone_by > act)]
    return counting[-1].word if counting and counting[-1].refuses else None


def of_act(snapshot: Snapshot, act: int) -> list[BlanketPart]:
    return [
        BlanketPart(channel, identity, bool(refuses))
        for channel, identity, refuses in snapshot.all(_OF_ACT, {"act": act})
    ]


def act_of(snapshot: Snapshot, word: Word) -> int:
    """The act of a standing refusal that is in force."""
    found = snapshot.value(_ACT, {"number": -word.event})
    assert found is not None
    return found


def next_number(transaction: Transaction) -> int:
    return transaction.numbers("blanket_word", 0)


def append(
    transaction: Transaction, act: int, recipient: int, parts: Sequence[BlanketPart], source: int, at: int
) -> None:
    """Writes the rows of an act, numbered from ``next_number`` on in their order; ``at``: µs."""
    first = transaction.numbers("blanket_word", len(parts))
    rows = [
        (number, act, recipient, part.channel, part.identity, part.refuses, source, stored(at))
        for number, part in enumerate(parts, first)
    ]
    transaction.insert("blanket_word", COLUMNS, rows)


def word(number: int, source: int, at: int) -> Word:
    """A standing refusal as the word that it is for each key; ``number``: of its row."""
    return Word(RET, source, at, None, -number)


def _word(source: int, decided_at: float, number: int) -> Word:
    return word(number, source, micros(decided_at))
