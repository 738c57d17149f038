"""Loads a provider's file into the ledger, in short transactions. An interrupted load run again ends in the same state:
recorded rows are recognised (rule L6)."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from consents import business_days
from consents.brands import companies, transitions
from consents.brands.companies import KnownBrand
from consents.care.scratch import Scratch
from consents.dates import Form
from consents.instants import UNDATED
from consents.keys import Keyring
from consents.ledger import PENDING, RECORDED, UNCHANGED
from consents.queries import loads
from consents.registry import Registry
from consents.store import Transaction
from consents.store.statements import POSTGRESQL
from providers import refused_counts
from providers.cases import meanings
from providers.disputes import consent_evidence
from providers.refused_counts import RefusedWay
from providers.uploads.files.file_header import AS_NAMED, Layout
from providers.uploads.files.row_refusals import RefusalFile, RowRefusal
from providers.uploads.pipeline import Sealed, job_of, sealed_chunks
from providers.uploads.runs import RUN, Runs
from providers.uploads.takers import RowTaker, SetTaker, Taker
from web.codes import SENTENCES

_ALLOCATED = 70_000  # values that were made and not let go of, between two looks for circles
# Notes that a load begins, in the transaction that begins it: of a brand, by number, as a take-over or not.
NoteLoad = Callable[[Transaction, Keyring, KnownBrand, int, bool], None]
_TAKEN = {RECORDED, PENDING, UNCHANGED}  # a row that is not refused


@dataclass
class Tally:
    """A file's results. ``pending``: those of ``recorded`` that wait; ``batch``: the load's number, None of a dry run;
    dry run only: ``fresh``: recorded, not ``pending``, of unknown people, ``repeated``: rows whose person, channel and
    identity an earlier row has; ``codes``: refused rows by code and channel (None: unknown); ``sheets``: rows by sheet
    of a workbook with several; ``attached``: pieces of evidence, also of the load's earlier begin."""

    rows: int = 0
    recorded: int = 0
    unchanged: int = 0
    refused: int = 0
    pending: int = 0
    batch: int | None = None
    attached: int = 0
    fresh: int = 0
    repeated: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    codes: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    sheets: Counter[str] = field(default_factory=Counter)


class TakesRefusals(Protocol):
    def write(self, refusals: Iterable[RowRefusal]) -> None:
        """Takes the next ones."""


@dataclass(frozen=True)
class Order:
    """What to load and how. ``initial``: existing records without the three-day rule, by an operator, or by a provider
    within a window (``transitions.open_for``); ``name``: the owner's name of the file, where ``path`` is a copy;
    ``upload``: a begun load to continue; ``refusals``: a file, or a taker; ``note``: called where the load begins here;
    ``begun``: gets its number before the first row; ``layout``: the owner's matching of columns."""

    path: Path
    brand: KnownBrand
    form: Form | None = None
    initial: bool = False
    dry_run: bool = False
    refusals: Path | TakesRefusals | None = None
    name: str | None = None
    upload: int | None = None
    note: NoteLoad | None = None
    begun: Callable[[int], None] = lambda number: None
    layout: Layout = AS_NAMED


def collect_seldom() -> None:
    """For a process that loads a file and ends: garbage collection a hundredth as often, because its values have no
    circles."""
    gc.freeze()
    gc.set_threshold(_ALLOCATED)


def load(registry: Registry, order: Order, progress: Callable[[int], None] = lambda rows: None) -> Tally:
    """``progress``: called with the number of rows done. Errors: BadFile, OSError, ReaderDied, StoreUnavailable; what
    was loaded until then stands."""
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
        layout=order.layout,
    )
    tally, evidence = Tally(), False
    with ExitStack() as stack:
        chunks = stack.enter_context(sealed_chunks(job))  # starts to read while all else is made ready
        refused = stack.enter_context(_refusals(order.refusals))
        take = stack.enter_context(_target(registry, order, oldest))
        tally.batch = take.upload
        taken = stack.enter_context(closing(take.taken(iter(chunks))))
        stack.callback(chunks.stop)  # first of all: who takes them would wait for the next one
        for chunk, answers in taken:
            evidence = evidence or bool(chunk.evidence)
            refused.add(chunk.refusals, _count(tally, chunk, answers, oldest), last=chunk.last)
            progress(tally.rows)
        _end(take, tally, order.brand.id)
        if evidence and take.upload is not None:
            tally.attached = registry.store.read_now(consent_evidence.of_load, take.upload).pieces
    return tally


def _end(take: Taker, tally: Tally, brand: int) -> None:
    if take.look:
        tally.fresh, tally.repeated = take.look.fresh, take.look.repeated()
    if take.upload is not None:
        with take.gate.transaction() as transaction:
            loads.end(transaction, take.upload, tally.rows, tally.refused)
            kinds = refused_counts.kinds(brand, RefusedWay.FILE, tally.codes)
            refused_counts.add(transaction, kinds, take.upload)


def _count(tally: Tally, chunk: Sealed, answers: Sequence[str], oldest: int) -> list[tuple[Any, ...]]:
    """Adds a chunk to the tally; the ledger's refusals: number of the row, code, status, at (µs), place."""
    refusals: list[tuple[Any, ...]] = []
    counts = Counter(answers)
    late = 0
    assert len(answers) == len(chunk.rows)
    plain = not oldest and counts.keys() <= _TAKEN
    pairs = () if plain else zip(chunk.rows, answers, strict=True)
    for (_, number, _, channel, _, status, _, at, _), answer in pairs:
        if answer not in _TAKEN:
            refusals.append((number, answer, status, at, chunk.place))
            tally.codes[answer, channel] += 1
        elif answer is RECORDED and UNDATED < at < oldest:
            late += 1  # a RET: İYS will not take it any more, we do (rule L3)
    tally.rows += chunk.seen
    tally.recorded += counts[RECORDED] + counts[PENDING]
    tally.pending += counts[PENDING]
    tally.unchanged += counts[UNCHANGED]
    tally.refused = tally.rows - tally.recorded - tally.unchanged
    tally.warnings.update(chunk.warnings)
    tally.codes.update(chunk.codes)
    if sheet := chunk.place[1]:
        tally.sheets[sheet] += chunk.seen
    if late:
        tally.warnings["late"] += late
    return refusals


def _refusal(number: int, code: str, status: int, at: int, place: tuple[int, str]) -> RowRefusal:
    field, value = meanings.about(code, status, at)
    return RowRefusal(number, field, code, SENTENCES[code].text(), value, number + place[0], place[1])


class _Refused:
    """Refusals for a file in the order of the rows, held until all before them are there: few of the reader's, up to a
    window of the ledger's."""

    def __init__(self, file: TakesRefusals | None) -> None:
        self._file = file
        self._held: list[RowRefusal] = []
        self._late = Runs()

    def add(self, refusals: list[RowRefusal], late: list[tuple[Any, ...]], *, last: bool) -> None:
        """A chunk's refusals, the reader's and the ledger's; ``last``: all later ones come after them."""
        if self._file is not None:
            self._held += refusals
            self._late.add(late)
            if last:
                self.write()

    def write(self) -> None:
        if self._file is not None:
            late = (_refusal(*one) for some in self._late.in_order() for one in some)
            both = merge(sorted(self._held), late)
            while some := list(islice(both, RUN)):
                self._file.write(some)
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
def _target(registry: Registry, order: Order, oldest: int) -> Iterator[Taker]:
    if order.dry_run:
        with (
            Scratch(registry, order.brand.id) as scratch,
            closing(RowTaker(scratch.registry, order.brand.id, None, oldest, before=scratch.fetch)) as taker,
        ):
            yield taker
        return
    upload = _begin(registry, order) if order.upload is None else order.upload
    order.begun(upload)
    way = SetTaker if registry.store.dialect == POSTGRESQL else RowTaker
    with closing(way(registry, order.brand.id, upload, oldest)) as taker:
        yield taker


def _begin(registry: Registry, order: Order) -> int:
    """A new load, or an interrupted one of the same file, so that both are undone as one."""
    with order.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    window = (
        registry.store.read_now(transitions.open_for, order.brand.id, registry.store.now()) if order.initial else None
    )

    def begin(transaction: Transaction) -> int:
        opened = window.id if window else None
        if (known := loads.cut_off(transaction, order.brand.id, digest, opened, transaction.now)) is not None:
            return known
        number = loads.begin(transaction, order.brand.id, digest, opened)
        if order.note is not None:
            order.note(transaction, registry.keyring, order.brand, number, order.initial)
        return number

    return registry.store.write_now(begin)
