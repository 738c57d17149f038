"""The operator's open tasks in figures, for ``/metrics``, ``izin status`` and the panel. Each has an action that
clears it (docs/desk.md)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from asking.public import forms
from citizen.public import data_requests
from consents.care import clocks, file_checks, workers
from consents.care.workers import WorkersSeen
from consents.columns import micros as stored_micros
from consents.instants import DAY
from consents.people import business_lines, rotation
from consents.people.rotation import UnderWay
from consents.registry import Registry
from evidence import witness, witness_file
from evidence.tlog import witness_states
from evidence.witness_file import Unwitnessed
from gateways.outbox import outbox, parked
from optout import public as optout
from panel.brands import claim_store
from panel.retention import destruction
from panel.retention.destruction import DestructionRun
from providers.deliveries import untaken_refusals
from providers.push import push_store
from settings import Settings
from trust.codes.limits import guessing
from trust.codes.limits.guessing import Alarms

STALE_BACKUP = 2 * DAY  # µs: one that is older waits for somebody


class BackupState(Enum):
    """The newest backup: of today or yesterday, too old, missing, or ``BACKUP_PATH`` is not set."""

    FRESH = "fresh"
    OLD = "old"
    MISSING = "missing"
    UNKNOWN = "unknown"


class DeskView(NamedTuple):
    """Open tasks; times in µs. ``texts``: messages for a person, ``oldest_text`` the first. ``failing``,
    ``given_up``: messages to retry, given up; ``oldest_parked``: the first of both. ``carriers``: kind -> failing
    since; ``resting``: gateway -> (kind, until). ``pushes``: connections whose last try failed. ``untaken``:
    refusals past their second business day, of how many brands, the oldest. ``sign_in``: closed blocks, wrong codes.
    ``clocks``: clock faults; ``witness``: its fault, "" for none; ``log_faults``: of the public log's
    witnesses, ``log_forked``: one saw another history. ``backup_at``: the newest backup, None without
    one; ``backup_asked``: BACKUP_PATH is set. ``disks``: those nearly full, and the free part. ``workers``: live
    ones; ``idle``: none where one should be. ``rotation``: progress of the keys', None for none. ``claims``: open
    ones of companies, ``oldest_claim`` the first; ``lines``, ``oldest_lines``: claims of lines; ``forms``,
    ``oldest_form``: those to publish; ``destroyed``: the last run of retention, None before the first;
    ``data_requests``, ``oldest_data_request``: those about one's own data.
    ``ignored_numbers``: a sentence for each brand's number that is the site's, and so has no effect."""

    texts: int
    oldest_text: int | None
    failing: int
    given_up: int
    oldest_parked: int | None
    carriers: dict[str, int]
    resting: dict[str, tuple[str, int]]
    pushes: int
    untaken: int
    untaken_brands: int
    oldest_untaken: int | None
    sign_in: Alarms
    clocks: list[str]
    witness: str
    log_faults: list[str]
    log_forked: bool
    backup_at: int | None
    backup_asked: bool
    disks: dict[str, float]
    workers: WorkersSeen
    idle: bool
    rotation: UnderWay | None
    claims: int
    oldest_claim: int | None
    lines: int
    oldest_lines: int | None
    forms: int
    oldest_form: int | None
    destroyed: DestructionRun | None
    data_requests: int
    oldest_data_request: int | None
    ignored_numbers: list[str]

    def late_data_requests(self, now: int) -> bool:
        return self.oldest_data_request is not None and now >= self.oldest_data_request + data_requests.ALARM

    def backup(self, now: int) -> BackupState:
        if self.backup_at is None:
            return BackupState.MISSING if self.backup_asked else BackupState.UNKNOWN
        return BackupState.OLD if self.backup_at < now - STALE_BACKUP else BackupState.FRESH


def load(registry: Registry, settings: Settings) -> DeskView:
    """The open tasks. Blocking: opens files and makes a dozen small queries."""
    store, now = registry.store, registry.store.now()
    names = [one.name for one in settings.log_witnesses]
    with store.snapshot() as snapshot:
        late, at_work = untaken_refusals.alarm(snapshot), workers.seen(snapshot, now)
        return DeskView(
            sum(optout.unread_by_carrier(snapshot).values()),
            optout.oldest_unread(snapshot),
            *parked.counts(snapshot),
            outbox.failing(snapshot),
            outbox.resting(snapshot, now),
            push_store.failing(snapshot),
            late.refusals,
            len(late.brands),
            late.oldest,
            guessing.alarms(snapshot, registry.keyring, settings, now),
            clocks.differences(snapshot, store.now).faults(),
            _witness(registry, settings),
            witness_states.faults(snapshot, names, now),
            bool(witness_states.contradictions(snapshot, names)),
            newest(settings.backup_path),
            settings.backup_path is not None,
            _low_disks(settings),
            at_work,
            at_work.missing(settings.worker == "separate"),
            rotation.under_way(snapshot),
            *claim_store.tally(snapshot),
            *business_lines.tally(snapshot),
            *forms.tally(snapshot),
            destruction.last(snapshot),
            *data_requests.tally(snapshot),
            optout.ineffective_numbers(snapshot, settings.shared_numbers),
        )


def newest(path: Path | None) -> int | None:
    """When a file, or the newest file of a folder, was written (µs); None without one."""
    if path is None:
        return None
    try:
        files = [path] if path.is_file() else [one for one in path.iterdir() if one.is_file()]
        times = [one.stat().st_mtime for one in files]
    except OSError:
        return None
    return stored_micros(max(times)) if times else None


def _witness(registry: Registry, settings: Settings) -> str:
    file = witness_file.place(settings.database_url, settings.witness_file)
    try:
        return registry.store.read_now(witness.missing, file) or ""
    except Unwitnessed as fault:
        return str(fault)


def _low_disks(settings: Settings) -> dict[str, float]:
    file = witness_file.place(settings.database_url, settings.witness_file)
    return {
        of: part
        for of, part in file_checks.free_disk(settings.database_url, file).items()
        if part < file_checks.LOW_DISK
    }
