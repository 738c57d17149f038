"""The operator's open tasks in figures, for ``/metrics``, ``izin status`` and the panel. Each has an action that
clears it (docs/desk.md)."""

from __future__ import annotations

from pathlib import Path

from consents.care import clocks, disk, workers
from consents.columns import micros as stored_micros
from consents.people import rotation
from consents.registry import Registry
from evidence import witness, witness_file
from evidence.witness_file import Unwitnessed
from gateways.outbox import outbox, parked
from optout.sms import inbound_messages, sms_brands
from panel.brands import claim_store
from providers.deliveries import untaken_refusals
from providers.push import push_store
from settings import Settings
from trust.codes.limits import guessing
from web.operating.desk_view import DeskView


def look(registry: Registry, settings: Settings) -> DeskView:
    """The open tasks. Blocking: opens files and makes a dozen small queries."""
    store, now = registry.store, registry.store.now()
    with store.snapshot() as snapshot:
        late, at_work = untaken_refusals.alarm(snapshot), workers.seen(snapshot, now)
        return DeskView(
            sum(inbound_messages.waiting(snapshot).values()),
            inbound_messages.oldest(snapshot),
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
            newest(settings.backup_path),
            settings.backup_path is not None,
            _low_disks(settings),
            at_work,
            at_work.missing(settings.worker == "separate"),
            rotation.under_way(snapshot),
            *claim_store.tally(snapshot),
            sms_brands.ineffective(snapshot, settings.shared_numbers),
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
    return {of: part for of, part in disk.free(settings.database_url, file).items() if part < disk.LOW}
