"""Jobs beside the requests, each on its own interval, in the serving process or in ``izin worker``. A failed job is
logged and retried; a late essential one fails ``/readyz``, others warn (docs/jobs.md). Workers share them
(scheduler.py): some jobs run on all, some on each machine, the rest on one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from asking import proof_file, request_counts
from asking import tables as asking_tables
from citizen import tables as citizen_tables
from citizen.alerts import alert_job, first_contact, follow_up_job
from citizen.business import line_job
from consents import business_days, instants, movement_counts, standing_counts
from consents.brands import companies
from consents.care import clock_trust, clocks, file_checks, standbys, sweeping, workers
from consents.registry import Registry
from consents.store import StoreUnavailable
from evidence import log as evidence_log
from evidence import witness_file
from evidence.leaves import LogFault
from gateways import carriers
from gateways.carrier import Kind, NoCarrier, Site
from gateways.outbox import delivery, outbox
from gateways.outbox import tables as outbox_tables
from gateways.url import Gateway
from izin.figures import figure_counts
from izin.scheduler import Job
from izin.tlog import witness_asking
from national import errands, rounds
from optout import mailbox_door
from optout import tables as door_tables
from optout.sms import polling
from panel import notice_job
from panel import tables as panel_tables
from panel.exports import export_store
from panel.retention import destruction, erased_files, erased_list
from panel.uploads import child_process, upload_job
from panel.uploads import tables as loading_tables
from panel.uploads.child_process import ProcessFailed
from providers import tables as provider_tables
from providers.consents import batches
from providers.days import days_kept
from providers.deliveries import untaken_refusals
from providers.disputes import disputes
from providers.push import push_connections, pusher
from settings import Refused, Settings
from trust import tables as trust_tables

log = structlog.get_logger()
CHECKPOINTS = 60.0  # seconds: how long a change may go unwitnessed (security promise)
DELIVERIES = 1.0  # seconds: how long a message may wait where nobody rings for it
SWEEPS = 3600.0
NAMED = 10  # brands that a line of the log names at the most
SWEPT = (
    *outbox_tables.SWEEPS,
    *asking_tables.SWEEPS,
    *citizen_tables.SWEEPS,
    *provider_tables.SWEEPS,
    *panel_tables.SWEEPS,
    *trust_tables.SWEEPS,
    *door_tables.SWEEPS,
)
MAILS = 60.0  # seconds: how long a mail that refuses waits in its mailbox
LOOKS = 300.0  # seconds: how long a received SMS whose push never came may wait
DAILY = 86_400.0
FILE = 1.0  # seconds for which acknowledged changes may exist only in a deleted WAL
MACHINE = 300.0  # seconds: how soon the log reports a wrong clock and a disk that fills up
REPORTS = 300.0  # seconds: how soon after midnight the day's reports are made, and a missing time stamp is asked for
COUNTS = 30.0  # seconds: how old the counts of the panel's overview may be
EXPORTS = 3.0  # seconds: how long a file that somebody has asked for waits
RESTS = 60.0  # seconds until one that failed is begun again, because its process costs something to start
PROGRAMS = 10.0  # seconds: a visitor of the demo who refuses sees first that it is recorded, then that it was taken
NOTICES = 300.0  # seconds: how soon the panel's people get a mail about what stands still
WATCHES = 300.0  # seconds: how soon after the hour the round of the day begins, and a failing carrier is tried again
CALENDAR_LEFT = timedelta(days=396)  # thirteen months: time enough to bring in a newer calendar of holidays


def list_jobs(settings: Settings) -> list[Job]:
    """All jobs of this program. Errors: NoCarrier, for a carrier's unusable settings."""
    return [
        Job("checkpoint", CHECKPOINTS, _checkpoint, essential=True),
        *([Job("witnesses", witness_asking.EVERY, _witnesses, alone=True)] if _followed(settings) else []),
        _delivery("sms", settings.sms_gateway, settings),
        _delivery("mail", settings.mail_gateway, settings),
        *([_delivery("call", settings.voice_gateway, settings)] if settings.voice_gateway else []),
        Job("sweep", SWEEPS, _sweep, alone=True),
        Job("retention", DAILY, _retention, alone=True),
        Job("erased list", SWEEPS, _erased_list),
        Job("erased files", REPORTS, _cleaning_files(), alone=True),
        Job("calendar", DAILY, _calendar, alone=True),
        Job("machine", MACHINE, _machine),
        Job("file", FILE, _file),
        Job("pages", DAILY, _pages, file_checks.suspected, alone=True),
        Job("batches", DELIVERIES, _batches, batches.bell, alone=True),
        Job("uploads", DELIVERIES, _uploads, upload_job.bell),
        Job("push", DELIVERIES, _push),
        Job("push brands", COUNTS, _push_brands, alone=True),
        Job("reports", REPORTS, _reports, alone=True),
        Job("taken", SWEEPS, _taken, alone=True),
        Job("untaken", DAILY, _untaken, alone=True),
        Job("counts", COUNTS, _counts, alone=True),
        Job("exports", EXPORTS, _exports, alone=True),
        Job("notices", NOTICES, notice_job.send, alone=True),
        Job("watch", WATCHES, alert_job.send_alerts, alone=True),
        Job("follow up", WATCHES, follow_up_job.ask, alone=True),
        Job("disputes", disputes.EVERY, disputes.settle_all, alone=True),
        Job("lines", line_job.EVERY, line_job.run, alone=True),
        *(
            [Job("first contact", first_contact.EVERY, first_contact.send, alone=True)]
            if settings.first_contact_sms or settings.first_contact_mail
            else []
        ),
        *([Job("figures", DAILY, figure_counts.run, alone=True)] if settings.public_figures else []),
        *(look for gateway in settings.sms_gateway.all for look in _looks(gateway)),
        *([Job("mailbox", MAILS, mailbox_door.read, alone=True)] if settings.mail_inbox else []),
        *([Job("iys", rounds.EVERY, _iys, rounds.bell)] if settings.national_url else []),
        *([Job("iys asked", errands.EVERY, _asked_of_iys)] if settings.national_url else []),
    ]


def invented(take: Callable[[Registry], Awaitable[None]]) -> Job:
    """The job of a demo in development: its programs take visitors' declarations."""

    async def do(registry: Registry, settings: Settings) -> None:
        await take(registry)

    return Job("programs", PROGRAMS, do)


async def _checkpoint(registry: Registry, settings: Settings) -> None:
    file = witness_file.place(settings.database_url, settings.witness_file)
    try:
        if (gone := await asyncio.to_thread(evidence_log.begin, registry, file)) is not None:
            log.error("witness_file_gone", mend=gone)
        await asyncio.to_thread(evidence_log.extend, registry, file)
    except witness_file.Unwitnessed as fault:  # the operator has to speak; refusals are taken meanwhile
        log.error("log_unwitnessed", mend=str(fault))
    except LogFault as fault:  # it stays behind, which /readyz shows
        log.error("log_unfit", mend=str(fault))
        raise


def _followed(settings: Settings) -> bool:
    return bool(settings.log_witnesses) or settings.log_stamps


async def _witnesses(registry: Registry, settings: Settings) -> None:
    await _each(
        lambda: witness_asking.ask_all(registry, settings),
        lambda: witness_asking.stamp_due(registry, settings, partial(_stamp, settings)),
    )


async def _stamp(settings: Settings, sha512: bytes) -> bytes:
    from providers.days import stamps  # loads aiohttp and its own library: only where there is an authority

    assert settings.tsa_url is not None
    return await stamps.ask(settings.tsa_url, settings.tsa_roots, sha512)


def _delivery(kind: Kind, gateway: Gateway, settings: Settings) -> Job:
    try:
        chosen = carriers.sender(gateway, kind, Site(settings.site_name, settings.host))
    except NoCarrier as fault:
        raise Refused([f"{kind.upper()}_GATEWAY {fault}"]) from None

    async def do(registry: Registry, settings: Settings) -> None:
        await delivery.deliver(registry, kind, chosen)

    return Job(f"{kind} delivery", DELIVERIES, do, outbox.bell, essential=True)


def _looks(gateway: Gateway) -> list[Job]:
    """Reads what the carrier has received, if it receives."""
    chosen = carriers.inbox(gateway)
    if chosen is None:
        return []

    async def do(registry: Registry, settings: Settings) -> None:
        await polling.read(registry, settings, chosen)

    return [Job(f"{chosen.carrier} inbox", LOOKS, do, polling.bell, alone=True)]


async def _batches(registry: Registry, settings: Settings) -> None:
    await batches.store_waiting(registry)


async def _uploads(registry: Registry, settings: Settings) -> None:
    await upload_job.do_waiting(registry)


async def _push(registry: Registry, settings: Settings) -> None:
    await pusher.deliver(registry, private=settings.push_private)


async def _push_brands(registry: Registry, settings: Settings) -> None:
    """New brands join the push connections for all brands of their company."""
    lacking = await registry.store.read(push_connections.missing)
    await _each(*(partial(registry.store.write, push_connections.fill, *one) for one in lacking))


async def _iys(registry: Registry, settings: Settings) -> None:
    if settings.national_url:
        sync = rounds.of_registry(registry, settings.national_url)
        await rounds.go(sync)
        rounds.call_early(sync)


async def _asked_of_iys(registry: Registry, settings: Settings) -> None:
    if settings.national_url:
        await errands.do_asked(rounds.of_registry(registry, settings.national_url))


async def _reports(registry: Registry, settings: Settings) -> None:
    await _each(
        lambda: asyncio.to_thread(days_kept.make_due, registry),
        lambda: days_kept.stamp_due(registry, settings),
        lambda: _proofs(registry, settings),
    )


async def _proofs(registry: Registry, settings: Settings) -> None:
    if settings.tsa_url is not None:
        from providers.days import stamps  # loads aiohttp and its own library: only where there is an authority

        await proof_file.stamp_due(registry, settings, partial(stamps.ask, settings.tsa_url, settings.tsa_roots))


async def _taken(registry: Registry, settings: Settings) -> None:
    """Finds refusals that no program took by the second business day."""
    await asyncio.to_thread(untaken_refusals.update, registry)


async def _untaken(registry: Registry, settings: Settings) -> None:
    """Warns of them, once a day; not in a demo, whose brands have no real programs."""
    await _taken(registry, settings)
    found = await registry.store.read(untaken_refusals.alarm)
    if found.oldest is not None and not await registry.store.read(companies.any_example):
        book = await registry.book()
        brands = [book.by_id[brand].code for brand in found.brands[:NAMED]]
        oldest = str(instants.day_of(found.oldest))
        log.warning("refusals_untaken", refusals=found.refusals, brands=len(found.brands), oldest=oldest, first=brands)


async def _counts(registry: Registry, settings: Settings) -> None:
    """Counts movements for the panel's overview and queries, and how requests ended."""
    counts = movement_counts.keep_up, standing_counts.keep_up, request_counts.keep_up
    await _each(*(partial(asyncio.to_thread, count, registry) for count in counts))


async def _exports(registry: Registry, settings: Settings) -> None:
    if await registry.store.read(export_store.next_open) is not None:
        try:
            await child_process.finished(registry, "exports")
        except ProcessFailed as failed:
            log.error("export_failed", error=failed.kind)
            await asyncio.sleep(RESTS)
            raise


async def _calendar(registry: Registry, settings: Settings) -> None:
    """Warns before stop-by dates become guesses: holidays follow the moon, and their tables end."""
    ends = business_days.calendar_ends()
    today = instants.moment(registry.store.now()).astimezone(instants.ISTANBUL).date()
    if ends - today < CALENDAR_LEFT:
        log.warning("calendar_ends", day=str(ends), mend="update İzin, or name days in the override")


async def _machine(registry: Registry, settings: Settings) -> None:
    """Warns of clocks that differ, nearly full disks, and standbys of which none is synchronous."""
    await _each(partial(_clocks, registry), partial(_standbys, registry), partial(_disks, settings))


async def _clocks(registry: Registry) -> None:
    differences = await registry.store.read(clocks.differences, registry.store.now)
    for fault in differences.faults():
        log.error("clock_differs", mend=fault)
    if (jumped := clock_trust.get(registry.store).fault()) is not None:
        log.error("clock_jumped", mend=jumped)


async def _standbys(registry: Registry) -> None:
    for warning in await asyncio.to_thread(standbys.warnings, registry.store):
        log.warning("standbys", mend=warning)


async def _disks(settings: Settings) -> None:
    file = witness_file.place(settings.database_url, settings.witness_file)
    for of, part in file_checks.free_disk(settings.database_url, file).items():
        if part < file_checks.LOW_DISK:
            log.warning("disk_low", of=of, free_percent=round(part * 100, 1))


async def _file(registry: Registry, settings: Settings) -> None:
    """Looks whether the SQLite file and its WAL are still there."""
    await file_checks.check_presence(registry)


async def _pages(registry: Registry, settings: Settings) -> None:
    await file_checks.check(registry)


async def _sweep(registry: Registry, settings: Settings) -> None:
    """Forgets what is no longer needed."""
    await _each(*(partial(sweeping.all_of, registry.store, sweep, settings) for sweep in SWEPT))


async def _retention(registry: Registry, settings: Settings) -> None:
    """Destroys data whose time is over."""
    done = await asyncio.to_thread(destruction.run, registry, settings, workers.report_progress)
    if done.counts:
        log.info("data_destroyed", **{kind.name.lower(): count for kind, count in done.counts.items()})


async def _erased_list(registry: Registry, settings: Settings) -> None:
    """Each machine's list has what was erased on the others."""
    await asyncio.to_thread(erased_list.complete, registry.store, erased_list.place(settings))


def _cleaning_files() -> Callable[[Registry, Settings], Awaitable[None]]:
    """Takes erased people out of kept files, in a process of its own. A worker that starts looks at all files once."""
    looked_until = 0

    async def clean(registry: Registry, settings: Settings) -> None:
        nonlocal looked_until
        newest = await registry.store.read(erased_list.newest)
        if newest <= max(looked_until, registry.store.now() - erased_files.LONGEST):
            return
        whole, failed = 0, None
        try:
            whole = await child_process.finished(registry, "erased", looked_until)
        except ProcessFailed as error:
            failed = error
        # Also after a failure: it dropped files before.
        await _each(*(partial(sweeping.all_of, registry.store, sweep, settings) for sweep in loading_tables.SWEEPS))
        if failed is not None:
            log.error("erased_files_failed", error=failed.kind)
            await asyncio.sleep(RESTS)
            raise failed
        looked_until = newest if whole else looked_until

    return clean


async def _each(*steps: Callable[[], Awaitable[object]]) -> None:
    """Runs all of them; an error is raised after the last."""
    errors = list[Exception]()
    for step in steps:
        try:
            await step()
        except StoreUnavailable:
            raise
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
