"""Processes one uploaded file: dry run, load or undo. After a kill the next process starts again: recorded rows are
recognised (rule L6), the load keeps its number, and counts cover all."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from consents.brands import provider_list, transitions
from consents.care import workers
from consents.dates import Form
from consents.languages import Sentence
from consents.queries import loads
from consents.registry import Registry
from consents.store import Bells, StoreUnavailable, Transaction
from panel.audit.change import Change
from panel.uploads import brand_rows, upload_pieces, upload_store
from panel.uploads.child_process import ProcessFailed, ProcessStopped, RunningWork, Work, WorkProcess
from panel.uploads.reasons import RowReasons
from panel.uploads.upload_pieces import DamagedFile, KeptRefusals, PieceKind
from panel.uploads.upload_store import Ending, LostLease, PanelFile, UploadState, WaitingFile
from providers.uploads import BadFile
from providers.uploads.loading import Order, Tally, load
from providers.uploads.taking_back import NotTakenBack, take_back

_SHUT = Sentence("Geçiş dönemi bitti; eski kayıtlar artık yüklenemez. Dosyayı bu seçenek olmadan yükleyin.")
_GONE = Sentence("Dosyanın saklama süresi doldu. Yeniden yükleyin.")
_BROKEN = Sentence("Dosya işlenemedi. Yeniden deneyin; yine olmazsa siteyi işletene haber verin.")


class Stopped(Exception):
    """The worker is being stopped."""


def work(registry: Registry, progress: Callable[[int], None], number: int, holder: bytes) -> None:
    """Processes a file under the lease of ``holder``; ``progress`` gets the finished rows. Errors: of ``run``."""
    with suppress(LostLease):  # the keeper of the lease sees it too
        UploadWork(registry, number, holder, progress).run()


class UploadWork:
    """The work on one file, for a thread. ``done``: rows so far."""

    def __init__(
        self, registry: Registry, number: int, holder: bytes, progress: Callable[[int], None] = lambda rows: None
    ) -> None:
        self._registry, self._number, self._holder, self._report = registry, number, holder, progress
        self.done, self._stopped = 0, False

    def stop(self) -> None:
        """Cancels it at its next rows, from any thread."""
        self._stopped = True

    def run(self) -> None:
        """Runs the step of the file's state. Errors: Stopped, LostLease, StoreUnavailable, and any unforeseen one,
        after which the file waits for another try, except the last."""
        file = self._registry.store.read_now(upload_store.find, self._registry.keyring, self._number)
        assert file is not None
        try:
            # Each try ended without a word: a process that was killed. Or it is unknown how the file is to be read.
            if file.damaged or file.tries > upload_store.MOST_TRIES:
                self._end(file, Ending(_failed(file), fault=_BROKEN))
                return
            self._end(file, self._undo(file) if file.state is UploadState.UNDOING else self._read(file))
        except StoreUnavailable:
            with suppress(StoreUnavailable):
                self._registry.store.write_now(upload_store.let_go, self._number, self._holder)
            raise
        except (Stopped, LostLease):
            raise
        except Exception:
            if file.tries >= upload_store.MOST_TRIES:
                self._end(file, Ending(_failed(file), fault=_BROKEN))
            raise

    def _read(self, file: PanelFile) -> Ending:
        try:
            return self._load(file, dry=file.state is UploadState.CHECKING)
        except BadFile as fault:
            if fault.head:
                upload_pieces.keep_head(self._registry, file.id, self._holder, fault.head)
            asks = file.state is UploadState.CHECKING and (fault.head or fault.reason == "dates")
            tried = {"asks": fault.reason} if asks else None
            return Ending(UploadState.ASKING if asks else _failed(file), tried=tried, fault=fault.sentence)
        except DamagedFile:
            return Ending(_failed(file), fault=_GONE)

    def _load(self, file: PanelFile, *, dry: bool) -> Ending:
        registry, store = self._registry, self._registry.store
        window = store.read_now(transitions.open_for, file.brand, store.now()) if file.initial else None
        if file.initial and window is None:
            return Ending(_failed(file), fault=_SHUT)
        brand = store.read_now(provider_list.brand, file.brand)
        with upload_pieces.opened(registry, file) as path:
            upload, again = file.upload, file.upload is not None
            if not dry and upload is None:
                number = window.id if window else None
                upload = store.write_now(upload_store.begin_load, self._number, self._holder, file, number)
            kind, reasons = PieceKind.TRIED if dry else PieceKind.LOADED, RowReasons(store.now(), file.form)
            kept = KeptRefusals(registry, self._number, self._holder, kind, reasons)
            form = Form(file.form) if file.form else None
            order = Order(path, brand, form, file.initial, dry, kept, file.name, None if dry else upload)
            order = replace(order, layout=store.read_now(brand_rows.layout_of, file))
            try:
                tally = load(registry, order, self._progress)
            except BadFile:  # one that breaks off in the middle shows its refusals until there
                kept.end()
                raise
            kept.end()
        counts = _counts(tally) | {"reasons": reasons.counts()}
        if dry:
            return Ending(UploadState.CHECKED, tried=counts)
        if again and upload is not None:
            counts |= store.read_now(loads.outcome, upload, tally.rows - tally.refused)
        return Ending(UploadState.LOADED, loaded=counts)

    def _undo(self, file: PanelFile) -> Ending:
        assert file.upload is not None
        try:
            taken = take_back(self._registry, file.upload)
        except NotTakenBack as fault:
            return Ending(UploadState.LOADED, fault=fault.sentence)
        return Ending(UploadState.UNDONE, loaded={**(file.loaded or {}), "taken_back": taken.movements})

    def _progress(self, rows: int) -> None:
        self.done = rows
        self._report(rows)
        if self._stopped:
            raise Stopped

    def _end(self, file: PanelFile, ending: Ending) -> None:
        self._registry.store.write_now(_end, self._registry, file, self._holder, ending)


def _end(transaction: Transaction, registry: Registry, file: PanelFile, holder: bytes, ending: Ending) -> None:
    """Records the result, and logs the change."""
    if not upload_store.end(transaction, registry.keyring, file.id, holder, ending):
        raise LostLease
    again = (UploadState.ASKING, UploadState.CHECKED, UploadState.FAILED)
    # Rows that a loading refused are corrected in their own file.
    if ending.to not in again and not (ending.to is UploadState.LOADED and (ending.loaded or {}).get("refused")):
        upload_pieces.drop(transaction, file.id, PieceKind.FILE)
    what = {UploadState.LOADED: "file-loaded", UploadState.UNDONE: "file-undone"}.get(ending.to)
    if what and ending.fault is None:
        of = provider_list.brand(transaction, file.brand)
        counts = ending.loaded or {}
        number = counts["recorded"] if what == "file-loaded" else counts["taken_back"]
        change = Change(transaction, registry.keyring, file.asked_by)
        change.note(what, f"upload {file.id}", after=f"batch {file.upload}: {number}", brand=of)


def _failed(file: PanelFile) -> UploadState:
    return UploadState.UNREADABLE if file.state is UploadState.CHECKING else UploadState.FAILED


def _counts(tally: Tally) -> dict[str, object]:
    names = ("rows", "recorded", "unchanged", "refused", "pending", "fresh", "repeated")
    counts = {name: getattr(tally, name) for name in names}
    counts |= {"attached": tally.attached} if tally.attached else {}
    return counts | {"warnings": dict(tally.warnings), "sheets": dict(tally.sheets)}


log = structlog.get_logger()
SMALL = 1 << 17  # bytes: some 2,000 rows, a tenth of a second; a process takes longer than that to start
_LOOK = 1.0  # seconds: how soon a small file is seen that comes while a large one is worked at
_PATIENCE = 5.0  # seconds: how long a stopping worker waits for the work to notice
_bells = Bells()


def bell(registry: Registry) -> asyncio.Event:
    """An event that is set when there is work, for this process's worker."""
    return _bells.hang(registry.store)


def ring(registry: Registry) -> None:
    """Wakes this process's worker."""
    _bells.ring(registry.store)


async def do_waiting(registry: Registry) -> None:
    """Processes every waiting file, in the worker. One file's error does not stop the others and is raised at the
    end."""
    large, turns = asyncio.create_task(_do_all(registry, _Turns(small=False))), _Turns(small=True)
    try:
        errors = await _do_all(registry, turns)
        while not large.done():
            await asyncio.wait({large}, timeout=_LOOK)
            errors += await _do_all(registry, turns)
        errors += large.result()
    finally:
        large.cancel()
        await asyncio.gather(large, return_exceptions=True)
    if errors:
        raise errors[0]


async def _do_all(registry: Registry, turns: _Turns) -> list[Exception]:
    """Processes the files of a kind until none waits. Errors: StoreUnavailable; others are returned."""
    store, errors = registry.store, list[Exception]()
    while (number := turns.next(await store.read(upload_store.waiting, store.now()))) is not None:
        try:
            await _do(registry, number)
            workers.report_progress()
        except StoreUnavailable:
            raise
        except Exception as error:
            errors.append(error)
            turns.skip(number)
    return errors


class _Turns:
    """Schedules companies' small or large files: the longest wait since the last turn first."""

    def __init__(self, *, small: bool) -> None:
        self._small = small
        self._had: dict[int, int] = {}  # by company, at which turn
        self._skipped: set[int] = set()

    def skip(self, number: int) -> None:
        """Leaves a file that failed to the next run: it may have failed without a lease, and would come again at
        once."""
        self._skipped.add(number)

    def next(self, waiting: Sequence[WaitingFile]) -> int | None:
        fitting = [one for one in waiting if _small(one) is self._small and one.id not in self._skipped]
        chosen = min(fitting, key=lambda one: self._had.get(one.provider, 0), default=None)
        if chosen is None:
            return None
        self._had[chosen.provider] = max(self._had.values(), default=0) + 1
        return chosen.id


async def _do(registry: Registry, number: int) -> None:
    store, holder = registry.store, secrets.token_bytes(16)
    file = await store.read(upload_store.find, registry.keyring, number)
    if file is None or not await store.write(upload_store.hold, number, holder):
        return
    work = _work(registry, file, holder)
    running = RunningWork(work)
    try:
        while await running.goes_on():
            kept = await store.write(upload_store.beat, number, holder, work.done)
            if not kept and await running.goes_on():  # it may have ended this moment
                work.stop()
        running.result()
    except (Stopped, ProcessStopped, LostLease):
        log.warning("upload_left", upload=number)
    except ProcessFailed as failed:
        log.error("upload_failed", upload=number, error=failed.kind)
        raise
    finally:
        if await running.leave(_PATIENCE):  # this worker ends: the next one begins at once
            with suppress(StoreUnavailable):
                await store.write(upload_store.let_go, number, holder)


def _work(registry: Registry, file: PanelFile, holder: bytes) -> Work:
    if _small(file):
        return UploadWork(registry, file.id, holder)
    return WorkProcess(registry, "upload", file.id, holder)


def _small(file: PanelFile | WaitingFile) -> bool:
    """A workbook counts as large: its rows are known only after reading."""
    return bool(file.lines) and file.size <= SMALL
