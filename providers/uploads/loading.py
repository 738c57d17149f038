"""Loads a provider's file into the ledger, in transactions so short that a citizen's refusal passes between them.

Killed half-way and run again it ends in the same state: what was recorded is recognised (rule L6).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from consents import business_days, ledger, loads
from consents.brands import companies, transitions
from consents.brands.companies import KnownBrand
from consents.care.scratch import Scratch
from consents.dates import Form
from consents.history import Deed
from consents.instants import UNDATED
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim, Staged
from consents.people import register
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Transaction
from consents.store.statements import POSTGRESQL, SQLITE
from consents.terms import Actor, Door
from providers.api import iys_codes
from providers.cases import ledger_codes
from providers.refused import refused_counts
from providers.refused.refused_counts import RefusedWay
from providers.uploads.dry_looks import DryLook
from providers.uploads.files.row_refusals import RefusalFile, RowRefusal
from providers.uploads.pipeline import Sealed, job_of, sealed_chunks

# A transaction of the loading should hold the store no longer than this (seconds); citizens wait that long at most.
# That of PostgreSQL has its fsync in it, and statements that take about as long for a hundred rows as for ten.
_HOLD = {SQLITE: 0.012, POSTGRESQL: 0.04}
_FEWEST, _MOST, _FIRST_GUESS = 50, 4000, 500  # rows
_FEWEST_STAGED = 500


@dataclass
class Tally:
    """What became of a file's rows; ``pending`` counts those of ``recorded`` that wait for the citizen.

    ``batch``: the load's number, by which it can be taken back; None of a dry run. Counted by a dry run alone:
    ``fresh``, those recorded and not ``pending`` of whom nothing was known; ``repeated``, rows of a person,
    channel and identity that an earlier row names too. ``codes``: refused rows by code and channel (None: unknown).
    """

    rows: int = 0
    recorded: int = 0
    unchanged: int = 0
    refused: int = 0
    pending: int = 0
    batch: int | None = None
    fresh: int = 0
    repeated: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    codes: Counter[tuple[str, int | None]] = field(default_factory=Counter)


class TakesRefusals(Protocol):
    """Where refusals go, in the order of the rows."""

    def write(self, refusals: Iterable[RowRefusal]) -> None:
        """Takes the next ones."""


@dataclass(frozen=True)
class Order:
    """What to load and how. ``initial``: a take-over of existing records, without the three-day rule: by an operator at
    any time, by a provider's own people while a window of its size is open (``transitions.open_for``).

    ``name``: what the owner calls the file, where ``path`` is a copy. ``upload``: the number of a load that was begun
    before, to go on with. ``refusals``: a file to write, or who takes them."""

    path: Path
    brand: KnownBrand
    form: Form | None = None
    initial: bool = False
    dry_run: bool = False
    refusals: Path | TakesRefusals | None = None
    name: str | None = None
    upload: int | None = None


def load(registry: Registry, order: Order, progress: Callable[[int], None] = lambda rows: None) -> Tally:
    """Loads the file; ``progress`` is called with how many rows have been done.

    Errors: BadFile, OSError, ReaderDied, StoreUnavailable. What was loaded until then stands.
    """
    now = registry.store.now()
    # A take-over of existing records is older by its nature; all else is to be reported within three business days.
    oldest = 0 if order.initial else business_days.oldest_reportable(now)
    dealers = registry.store.read_now(companies.dealers, order.brand.id)
    job = job_of(
        order.path,
        form=order.form,
        now=now,
        dealers=dealers,
        keyring=registry.keyring,
        name=order.name,
    )
    tally = Tally()
    with _refusals(order.refusals) as refused, _target(registry, order, oldest) as take:
        tally.batch = take.upload
        for chunk in sealed_chunks(job):
            answers = take(chunk.rows)
            refused.add(_count(tally, chunk, answers, oldest), last=chunk.last)
            progress(tally.rows)
        take.end(tally)
    return tally


def _count(tally: Tally, chunk: Sealed, answers: Sequence[str], oldest: int) -> list[RowRefusal]:
    """Adds a chunk to the tally; all its refusals, the reader's and the ledger's."""
    refusals = list(chunk.refusals)
    counts = Counter(answers)
    late = 0
    for row, answer in zip(chunk.rows, answers, strict=True):
        if answer not in (RECORDED, PENDING, UNCHANGED):
            refusals.append(_refusal(row, answer, chunk.header))
            tally.codes[answer, row[3]] += 1
        elif answer is RECORDED and UNDATED < row[7] < oldest:
            late += 1  # a RET: İYS will not take it any more, we do (rule L3)
    tally.rows += chunk.seen
    tally.recorded += counts[RECORDED] + counts[PENDING]
    tally.pending += counts[PENDING]
    tally.unchanged += counts[UNCHANGED]
    tally.refused = tally.rows - tally.recorded - tally.unchanged
    tally.warnings.update(chunk.warnings)
    tally.codes.update(chunk.codes)
    if late:
        tally.warnings["late"] += late
    return refusals


def _refusal(row: tuple[Any, ...], code: str, header: int) -> RowRefusal:
    number, status, at = row[0], row[5], row[7]
    field, value = ledger_codes.about(code, status, at)
    return RowRefusal(number, field, code, iys_codes.SENTENCES[code].say(), value, number + header)


class _Refused:
    """Refusals on their way to a file, in the order of the rows: held until all that come before them are there."""

    def __init__(self, file: TakesRefusals | None) -> None:
        self._file = file
        self._held: list[RowRefusal] = []

    def add(self, refusals: list[RowRefusal], *, last: bool) -> None:
        """Takes a chunk's; ``last``: those that follow stand behind them all."""
        if self._file is not None:
            self._held += refusals
            if last:
                self.write()

    def write(self) -> None:
        if self._file is not None:
            self._file.write(sorted(self._held))
            self._held = []


@contextmanager
def _refusals(target: Path | TakesRefusals | None) -> Iterator[_Refused]:
    with ExitStack() as stack:
        refused = _Refused(stack.enter_context(RefusalFile(target)) if isinstance(target, Path) else target)
        try:
            yield refused
        finally:
            refused.write()  # also those of a loading that was given up


@contextmanager
def _target(registry: Registry, order: Order, oldest: int) -> Iterator[_Taker]:
    if order.dry_run:
        with Scratch(registry, order.brand.id) as scratch:
            yield _Taker(scratch.registry, order.brand.id, None, oldest, before=scratch.fetch)
        return
    upload = _begin(registry, order) if order.upload is None else order.upload
    taker = _Taker(registry, order.brand.id, upload, oldest)
    try:
        yield taker
    finally:
        taker.close()


def _begin(registry: Registry, order: Order) -> int:
    with order.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    window = (
        registry.store.read_now(transitions.open_for, order.brand.id, registry.store.now()) if order.initial else None
    )
    number: int = registry.store.write_now(loads.begin, order.brand.id, digest, window.id if window else None)
    return number


class _Taker:
    """Takes rows into a registry, as many in one transaction as fit into ``_HOLD``."""

    def __init__(
        self,
        registry: Registry,
        brand: int,
        upload: int | None,
        oldest: int,
        before: Callable[[Sequence[Person]], None] = lambda people: None,
    ) -> None:
        self._registry, self._brand, self._before = registry, brand, before
        self.upload, self._oldest = upload, oldest
        self._deed = Deed(Actor.PROVIDER, Door.FILE, upload=upload)
        self._look = DryLook() if upload is None else None
        self._gate = registry.store.gate()
        self._staged = registry.store.dialect == POSTGRESQL
        self._size = _FIRST_GUESS

    def __call__(self, rows: list[tuple[Any, ...]]) -> list[str]:
        take = self._take_staged if self._staged else self._take_now
        answers: list[str] = []
        while len(answers) < len(rows):
            part = rows[len(answers) : len(answers) + self._size]
            people = [Person(row[1], row[2]) for row in part]
            self._before(people)
            took, held = take(part, people)
            answers += took
            fewest = _FEWEST_STAGED if self._staged else _FEWEST
            most = int(len(part) * _HOLD[self._registry.store.dialect] / held)
            self._size = max(fewest, min(_MOST, most, 2 * self._size))
        return answers

    def _take_now(self, rows: list[tuple[Any, ...]], people: list[Person]) -> tuple[list[str], float]:
        began = time.perf_counter()
        with self._gate.transaction() as transaction:
            answers = self._take(transaction, rows, people)
            return answers, time.perf_counter() - began

    def _take_staged(self, rows: list[tuple[Any, ...]], people: list[Person]) -> tuple[list[str], float]:
        """On PostgreSQL: what needs no lock is done before it is taken; its COMMIT counts as held."""
        keyring, policy = self._registry.keyring, self._registry.policy
        staged: list[Staged] = []

        def ahead(transaction: Transaction) -> None:
            staged.append(Staged(transaction, keyring, self._brand, people, [row[3:9] for row in rows]))

        with self._gate.transaction(ahead) as transaction:
            began = time.perf_counter()
            answers = ledger.declare_staged(transaction, policy, staged[0], self._deed, oldest=self._oldest)
        return answers, time.perf_counter() - began

    def _take(self, transaction: Transaction, rows: list[tuple[Any, ...]], people: list[Person]) -> list[str]:
        recipients = register.enrol_all(transaction, self._registry.keyring, people)
        brand = self._brand
        claims = [Claim(recipient, brand, *row[3:9]) for recipient, row in zip(recipients, rows, strict=True)]
        known = self._look.known(transaction, brand, claims) if self._look else None
        answers = ledger.declare(transaction, self._registry.policy, brand, claims, self._deed, oldest=self._oldest)
        if self._look and known is not None:
            self._look.count(claims, answers, known)
        return answers

    def end(self, tally: Tally) -> None:
        """Notes on the upload that it was read to its end, and counts what was refused."""
        if self._look:
            tally.fresh, tally.repeated = self._look.fresh, self._look.repeated()
        if self.upload is not None:
            with self._gate.transaction() as transaction:
                loads.end(transaction, self.upload, tally.rows, tally.refused)
                kinds = refused_counts.kinds(self._brand, RefusedWay.FILE, tally.codes)
                refused_counts.add(transaction, kinds, self.upload)

    def close(self) -> None:
        self._gate.close()
