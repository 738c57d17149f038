"""Tables ``worker`` and ``chore``: which workers live, and which of them does a chore that one alone may do.

A worker says every few seconds that it lives, and that holds all its chores. One that dies without a goodbye is struck
off by another, which takes its chores over. For how long it has said nothing is measured by the watch of the one that
waits, not by clocks of two machines, which differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from typing import NamedTuple

from sqlalchemy import text

from consents import dates
from consents.columns import micros, stored
from consents.instants import SECOND
from consents.store import Snapshot, Statement, Transaction

BEAT = 5.0  # seconds between two signs of life
LEASE = 20.0  # seconds without one, after which a worker's chores are another's
DEAD = 30 * SECOND  # µs without one, after which the operator gets a warning that no worker runs

_BEAT = Statement(
    text(
        "INSERT INTO worker (id, name, begun_at, lived_at, beats, doing) VALUES (:id, :name, :begun, :now, 1, :doing) "
        "ON CONFLICT (id) DO UPDATE SET lived_at = :now, beats = worker.beats + 1, doing = :doing"
    )
)
_STRIKE_OFF = Statement(text("DELETE FROM worker WHERE id = :id AND beats = :beats RETURNING name, doing, lived_at"))
_LEAVE = Statement(text("DELETE FROM worker WHERE id = :id"))
_FREE = Statement(text("DELETE FROM chore WHERE worker = :id"))
_TAKE = Statement(text("INSERT INTO chore (name, worker) VALUES (:name, :id) ON CONFLICT (name) DO NOTHING"))
_HELD = Statement(text("SELECT name, worker FROM chore"))
_OTHERS = Statement(text("SELECT id, beats FROM worker WHERE id <> :id"))
_ALL = Statement(text("SELECT name, lived_at FROM worker ORDER BY lived_at DESC"))


_AT_WORK: ContextVar[Callable[[], None]] = ContextVar("at_work", default=lambda: None)


def at_work(got_on: Callable[[], None]) -> None:
    """Who does chores from here on, in this task and in the threads and tasks that it begins, calls ``got_on``."""
    _AT_WORK.set(got_on)


def getting_on() -> None:
    """Says that a piece of a chore is done: a long turn that gets on is not one that hangs."""
    _AT_WORK.get()()


class LivingWorker(NamedTuple):
    """Who says that it lives: a number of its own, its name (``host:process``), when it began (µs)."""

    id: int
    name: str
    begun_at: int


class DeadWorker(NamedTuple):
    """Who was struck off: its name, what it was at when it last lived ("": nothing), and when that was (µs)."""

    name: str
    doing: str
    lived_at: int


class Beaten(NamedTuple):
    """After a sign of life: the chores that are this worker's, whom it has struck off, and the others' signs so far."""

    held: frozenset[str]
    struck_off: list[DeadWorker]
    others: dict[int, int]


class WorkersSeen(NamedTuple):
    """How many workers live, how many have shown no sign for a lease or longer; the one who lived last, and when (µs).

    ``silent``: none has shown one for ``DEAD``, so a short outage of the database is no alarm.
    """

    alive: int = 0
    dead: int = 0
    last: str = ""
    lived_at: int | None = None
    silent: bool = True

    def missing(self, meant: bool) -> bool:
        """Whether nobody works though somebody should: one died, or ``meant``, the settings leave the work to one."""
        return self.silent and bool(self.dead or meant)

    def warning(self, meant: bool) -> str | None:
        """That in a sentence."""
        if not self.missing(meant):
            return None
        last = f"; {self.last} last lived {dates.wire(self.lived_at)}" if self.lived_at is not None else ""
        return f"no worker lives, so codes and answers wait{last}: start izin worker, or a site with WORKER=inside"


def beat(
    transaction: Transaction, worker: LivingWorker, doing: str, wanted: Collection[str], dead: Mapping[int, int]
) -> Beaten:
    """Says that it lives, strikes off the dead (id -> their last sign), takes the chores that it wants and nobody has.

    One who was taken for dead and lives has lost its chores, and asks for them anew.
    """
    values = {"id": worker.id, "name": worker.name, "begun": stored(worker.begun_at), "doing": doing}
    transaction.run(_BEAT, {**values, "now": stored(transaction.now)})
    struck_off = []
    for number, beats in dead.items():
        if (row := transaction.one(_STRIKE_OFF, {"id": number, "beats": beats})) is not None:
            transaction.run(_FREE, {"id": number})
            struck_off.append(DeadWorker(row[0], row[1], micros(row[2])))
    held = dict(transaction.all(_HELD))
    for name in sorted(set(wanted) - held.keys()):
        transaction.run(_TAKE, {"name": name, "id": worker.id})
        held[name] = worker.id
    mine = frozenset(name for name, holder in held.items() if holder == worker.id)
    return Beaten(mine, struck_off, dict(transaction.all(_OTHERS, {"id": worker.id})))


def leave(transaction: Transaction, worker: int) -> None:
    """Says goodbye: its chores are free at once."""
    transaction.run(_FREE, {"id": worker})
    transaction.run(_LEAVE, {"id": worker})


def seen(snapshot: Snapshot, now: int) -> WorkersSeen:
    """Who lives at ``now`` (µs)."""
    rows = [(name, micros(at)) for name, at in snapshot.all(_ALL)]
    alive = sum(at > now - round(LEASE * SECOND) for _, at in rows)
    return WorkersSeen(alive, len(rows) - alive, *rows[0], rows[0][1] <= now - DEAD) if rows else WorkersSeen()
