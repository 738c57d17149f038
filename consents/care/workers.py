"""Tables ``worker`` and ``chore``: which workers live, and which of them holds an exclusive job. A worker silent for
a lease, by the monotonic clock of another, is removed by that one, which takes its jobs over."""

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
LEASE = 20.0  # seconds without one, after which a worker's jobs are another's
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
    """Sets the progress callback of this task and of the threads and tasks that it begins."""
    _AT_WORK.set(got_on)


def report_progress() -> None:
    """Reports progress, so that a long turn is not taken for one that hangs."""
    _AT_WORK.get()()


class LivingWorker(NamedTuple):
    """A number of its own, its name (``host:process``), when it began (µs)."""

    id: int
    name: str
    begun_at: int


class DeadWorker(NamedTuple):
    """A removed worker: its name, what it was doing at its last heartbeat ("": nothing), and when (µs)."""

    name: str
    doing: str
    lived_at: int


class Beaten(NamedTuple):
    """After a heartbeat: this worker's jobs, the workers it removed, and the others' heartbeats so far."""

    held: frozenset[str]
    struck_off: list[DeadWorker]
    others: dict[int, int]


class WorkersSeen(NamedTuple):
    """How many workers live, how many missed a lease or longer; the one who lived last, and when (µs). ``silent``: none
    has shown a heartbeat for ``DEAD``."""

    alive: int = 0
    dead: int = 0
    last: str = ""
    lived_at: int | None = None
    silent: bool = True

    def missing(self, meant: bool) -> bool:
        """Whether no worker lives though one died, or ``meant``: the settings leave the work to one."""
        return self.silent and bool(self.dead or meant)

    def warning(self, meant: bool) -> str | None:
        if not self.missing(meant):
            return None
        last = f"; {self.last} last lived {dates.wire(self.lived_at)}" if self.lived_at is not None else ""
        return f"no worker lives, so codes and answers wait{last}: start izin worker, or a site with WORKER=inside"


def heartbeat(
    transaction: Transaction, worker: LivingWorker, doing: str, wanted: Collection[str], dead: Mapping[int, int]
) -> Beaten:
    """Records a heartbeat, removes the dead (id -> their last heartbeat), takes wanted jobs that are free. A worker
    that was removed by mistake asks for its jobs again."""
    values = {"id": worker.id, "name": worker.name, "begun": stored(worker.begun_at), "doing": doing}
    transaction.run(_BEAT, {**values, "now": stored(transaction.now)})
    struck_off = []
    for number, beats in dead.items():
        if (row := transaction.one(_STRIKE_OFF, {"id": number, "beats": beats})) is not None:
            transaction.run(_FREE, {"id": number})
            name, doing_then, beat_at = row
            struck_off.append(DeadWorker(name, doing_then, micros(beat_at)))
    held = dict(transaction.all(_HELD))
    for name in sorted(set(wanted) - held.keys()):
        transaction.run(_TAKE, {"name": name, "id": worker.id})
        held[name] = worker.id
    mine = frozenset(name for name, holder in held.items() if holder == worker.id)
    return Beaten(mine, struck_off, dict(transaction.all(_OTHERS, {"id": worker.id})))


def unregister(transaction: Transaction, worker: int) -> None:
    transaction.run(_FREE, {"id": worker})
    transaction.run(_LEAVE, {"id": worker})


def seen(snapshot: Snapshot, now: int) -> WorkersSeen:
    rows = [(name, micros(at)) for name, at in snapshot.all(_ALL)]
    alive = sum(at > now - round(LEASE * SECOND) for _, at in rows)
    return WorkersSeen(alive, len(rows) - alive, *rows[0], rows[0][1] <= now - DEAD) if rows else WorkersSeen()
