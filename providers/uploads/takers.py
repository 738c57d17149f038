"""Takes a file's rows into a registry, in transactions so short that a refusal passes between them. A dry run also
counts who would be new to the brand, and what is in the file twice."""

from __future__ import annotations

import queue
import threading
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from consents import ledger, state
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, Claim, Staged
from consents.people import register
from consents.people.register import Person
from consents.registry import Registry
from consents.state import Key
from consents.store import Transaction
from consents.store.gates.gate import Gate
from consents.terms import Actor, Door
from providers.uploads import row_traces
from providers.uploads.pipeline import Sealed

if TYPE_CHECKING:  # a program on SQLite does not load its driver
    from consents.store.gates.postgresql_gate import PostgresqlGate

# A transaction should hold the store no longer than this (seconds); citizens wait that long at most.
_HOLD = 0.012
_FEWEST, _MOST, _FIRST_GUESS = 50, 4000, 500  # rows
# The same on PostgreSQL, whose transactions have their fsync in it, and statements that take about as long for a
# hundred rows as for ten: while somebody waits, and while nobody does.
_HOLD_SETS, _HOLD_QUIET = 0.03, 0.06
_FEWEST_SETS, _MOST_SETS, _FIRST_SETS = 500, 6_000, 2_000
_CALM = 20  # transactions in a row that nobody waited for, so that nobody is thought to come
_ROOM = 50_000  # chunks and refusals of the reader that may wait: about as many refusals as it puts in order together
_PARTS = 64  # in which keys are looked through for repeats, one after the other: memory stays near 8 bytes a row


class Taker(ABC):
    """``gate``: its own write connection; ``look``: the extra counts of a dry run."""

    gate: Gate
    look: DryLook | None = None

    def __init__(self, registry: Registry, brand: int, upload: int | None, oldest: int) -> None:
        self._registry, self._brand = registry, brand
        self.upload, self._oldest = upload, oldest
        self._size = _FIRST_GUESS

    @abstractmethod
    def taken(self, chunks: Iterator[Sealed]) -> Generator[tuple[Sealed, list[str]], None, None]:
        """Each chunk, with an answer for each of its rows, once they are durable."""

    def _traced(
        self,
        transaction: Transaction,
        rows: Sequence[tuple[Any, ...]],
        claim_of: Callable[[int], Claim],
        answers: list[str],
        evidence: Mapping[int, str],
    ) -> list[str]:
        """The answers, once the rows' numbers and evidence are kept."""
        if self.upload is None:
            return answers
        row_traces.keep_numbers(transaction, rows, answers)
        if not evidence:
            return answers
        keyring = self._registry.keyring
        return row_traces.attach(transaction, keyring, self.upload, rows, claim_of, answers, evidence)

    def _deed(self) -> Deed:
        """Of the next act. Its evidence is a salt: without one the public log would answer guesses at its rows."""
        evidence = self._registry.keyring.seal_evidence({})
        return Deed(Actor.PROVIDER, Door.FILE, upload=self.upload, evidence=evidence)

    def close(self) -> None:
        self.gate.close()


class RowTaker(Taker):
    """Takes rows one by one, as many in one transaction as fit into ``_HOLD``."""

    def __init__(
        self,
        registry: Registry,
        brand: int,
        upload: int | None,
        oldest: int,
        before: Callable[[Sequence[Person]], None] = lambda people: None,
    ) -> None:
        super().__init__(registry, brand, upload, oldest)
        self.gate = registry.store.gate()
        self._before = before
        self.look = DryLook() if upload is None else None

    def taken(self, chunks: Iterator[Sealed]) -> Generator[tuple[Sealed, list[str]], None, None]:
        for chunk in chunks:
            yield chunk, self._answers(chunk.rows, chunk.evidence)

    def _answers(self, rows: list[tuple[Any, ...]], evidence: Mapping[int, str]) -> list[str]:
        answers: list[str] = []
        while len(answers) < len(rows):
            part = rows[len(answers) : len(answers) + self._size]
            people = _people(part)
            self._before(people)
            began = time.perf_counter()
            with self.gate.transaction() as transaction:
                answers += self._take(transaction, part, people, evidence)
                held = time.perf_counter() - began
            most = int(len(part) * _HOLD / held)
            self._size = max(_FEWEST, min(_MOST, most, 2 * self._size))
        return answers

    def _take(
        self,
        transaction: Transaction,
        rows: list[tuple[Any, ...]],
        people: list[Person],
        evidence: Mapping[int, str],
    ) -> list[str]:
        recipients = register.enrol_all(transaction, self._registry.keyring, people)
        brand = self._brand
        claims = [Claim(recipient, brand, *word) for recipient, (_, _, _, *word) in zip(recipients, rows, strict=True)]
        known = self.look.known(transaction, brand, claims) if self.look else None
        answers = ledger.declare(transaction, self._registry.policy, brand, claims, self._deed(), oldest=self._oldest)
        if self.look and known is not None:
            self.look.count(claims, answers, known)
        return self._traced(transaction, rows, claims.__getitem__, answers, evidence)


class _Ready(NamedTuple):
    """Some staged rows of a chunk at a gate; without rows no gate. ``others``: whether they are of other people than
    all rows before them in their window."""

    chunk: Sealed
    last: bool  # of the chunk
    others: bool
    gate: PostgresqlGate | None
    staged: Staged | None


class _Room:
    """How much may wait between two threads, so that the one that is ahead stays near the other."""

    def __init__(self, most: int) -> None:
        self._most, self._taken, self._shut = most, 0, False
        self._changed = threading.Condition()

    def take(self, weight: int) -> bool:
        """Waits for room, which there always is where nothing waits; False after ``shut``."""
        with self._changed:
            self._changed.wait_for(lambda: self._shut or not self._taken or self._taken + weight <= self._most)
            self._taken += weight
            return not self._shut

    def give_back(self, weight: int) -> None:
        with self._changed:
            self._taken -= weight
            self._changed.notify_all()

    def shut(self) -> None:
        with self._changed:
            self._shut = True
            self._changed.notify_all()


class SetTaker(Taker):
    """Takes rows in bulk, on PostgreSQL: a thread stages the next ones while the last are being written."""

    gate: PostgresqlGate

    def __init__(self, registry: Registry, brand: int, upload: int | None, oldest: int) -> None:
        super().__init__(registry, brand, upload, oldest)
        self.gate = registry.store.postgresql_gate()
        self._size = _FIRST_SETS
        self._gates = [self.gate, registry.store.postgresql_gate()]
        self._free: queue.SimpleQueue[PostgresqlGate | None] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[_Ready | BaseException | None] = queue.SimpleQueue()
        self._room = _Room(_ROOM)
        self._calm = _CALM  # transactions since somebody waited
        self._apart: set[int] = set()  # its acts of this window, but for those that may be about whom the next rows are

    def taken(self, chunks: Iterator[Sealed]) -> Generator[tuple[Sealed, list[str]], None, None]:
        for gate in self._gates:
            self._free.put(gate)
        staging = threading.Thread(target=self._stage, args=(chunks,), name="izin-staging")
        staging.start()
        try:
            answers: list[str] = []
            while (ready := self._ready.get()) is not None:
                if isinstance(ready, BaseException):
                    raise ready
                if ready.gate and ready.staged:
                    if not ready.others:
                        self._apart.clear()
                    answers += self._declare(ready.gate, ready.staged, ready.chunk.evidence)
                    self._free.put(ready.gate)
                if ready.last:
                    yield ready.chunk, answers
                    answers = []
                    self._room.give_back(_weight(ready.chunk))
        finally:
            self._room.shut()
            self._free.put(None)
            staging.join()

    def close(self) -> None:
        for gate in self._gates:
            gate.close()

    def _stage(self, chunks: Iterator[Sealed]) -> None:
        """Puts staged rows into ``_ready``, then None, or the error."""
        end: BaseException | None = None
        before: bytes | None = None  # whose the last row is; None where those that follow may be anybody's
        try:
            for chunk in chunks:
                if not self._room.take(_weight(chunk)):
                    return
                start = 0
                while start < len(chunk.rows) or not start:
                    stop = _cut(chunk.rows, start, _share(len(chunk.rows) - start, self._size))
                    gate = staged = None
                    others = False
                    if rows := chunk.rows[start:stop]:
                        if (gate := self._free.get()) is None:
                            return
                        staged = gate.prepare(partial(self._laid, rows))
                        others = before not in (None, rows[0][0])
                        before = rows[-1][0]
                    self._ready.put(_Ready(chunk, stop >= len(chunk.rows), others, gate, staged))
                    start = max(stop, 1)
                if chunk.last:
                    before = None
        except BaseException as error:
            end = error
        finally:
            self._ready.put(end)

    def _laid(self, rows: list[tuple[Any, ...]], transaction: Transaction) -> Staged:
        staged = Staged(transaction, self._registry.keyring, self._brand, rows)
        ledger.look_ahead(transaction, staged, self._oldest)
        return staged

    def _declare(self, gate: PostgresqlGate, staged: Staged, evidence: Mapping[int, str] = {}) -> list[str]:
        asks, deed = ledger.asked_of_staged(staged, self._oldest), self._deed()
        began = time.perf_counter()
        with gate.laid(asks) as transaction:
            before = transaction.last_act
            answers = ledger.declare_staged(
                transaction, self._registry.policy, staged, deed, oldest=self._oldest, apart=self._apart
            )
            if (act := transaction.last_act) and act != before:
                self._apart.add(act[0])
            answers = self._traced(transaction, staged.words, staged.claim, answers, evidence)
            # What it attaches are acts too, and change no consent.
            if (last := transaction.last_act) and act and last != act:
                self._apart.update(range(act[0] + 1, last[0] + 1))
            # At its end, when all who came meanwhile still wait: they have their turn before our next one.
            self._calm = 0 if gate.awaited(transaction) else self._calm + 1
        held = time.perf_counter() - began - gate.waited
        hold = _HOLD_SETS if self._calm < _CALM else _HOLD_QUIET
        self._size = max(_FEWEST_SETS, min(_MOST_SETS, int(len(staged) * hold / held), 2 * self._size))
        return answers


def _weight(chunk: Sealed) -> int:
    """The size of a waiting chunk beside its rows: for those there are no more than two gates."""
    return 1 + len(chunk.refusals)


def _people(rows: list[tuple[Any, ...]]) -> list[Person]:
    return [Person(sealed, commitment) for sealed, _, commitment, *_ in rows]


def _share(rows: int, size: int) -> int:
    """How many of so many rows go into the next of equal transactions of about this size."""
    return max(1, ceil(rows / ceil(rows / (1.2 * size)))) if rows else 0


def _cut(rows: list[tuple[Any, ...]], start: int, size: int) -> int:
    """Where some rows end: those of one address go together, because a new person is known only once written."""
    stop = min(start + size, len(rows))
    last = min(start + 2 * size, len(rows))
    while stop < last and rows[stop][0] == rows[stop - 1][0]:
        stop += 1
    return stop


class DryLook:
    """``fresh``: how many would be recorded and in force at once, of unknown people."""

    def __init__(self) -> None:
        self.fresh = 0
        self._keys = [array("Q") for _ in range(_PARTS)]

    def known(self, transaction: Transaction, brand: int, claims: Sequence[Claim]) -> set[tuple[Any, ...]]:
        """The keys of these claims that have a word; call it before they are declared."""
        return set(state.rows_of_keys(transaction, brand, [Key(*claim[:4]) for claim in claims]))

    def count(self, claims: Sequence[Claim], answers: Collection[str], known: set[tuple[Any, ...]]) -> None:
        for claim, answer in zip(claims, answers, strict=True):
            recipient, _, channel, identity = key = claim[:4]
            self._keys[recipient % _PARTS].append(state.packed(recipient, channel, identity))
            if answer == RECORDED and key not in known:
                self.fresh += 1
            if answer in (RECORDED, PENDING):
                known.add(key)

    def repeated(self) -> int:
        return sum(len(part) - len(set(part)) for part in self._keys)
