"""The content of ``/metrics``, gathered from every room."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents.care import clocks, file_checks
from consents.instants import SECOND
from consents.registry import Registry
from consents.store import StoreUnavailable
from consents.store.file_health import FileFault
from evidence import witness_file
from gateways import carriers
from gateways.outbox import outbox
from national import national_status
from national.national_status import Light, SyncState
from optout import mailbox_door
from optout.sms import inbound_messages, polling
from panel.operations import operator_status
from providers import refused_counts
from settings import Settings
from trust.codes.limits import code_budgets
from web import metrics, process
from web.process import Process
from web.room import REASONS, Room

log = structlog.get_logger()
_LIGHTS = {Light.OK: 0, Light.ALARM: 1, Light.RED: 2}


async def show(request: Request) -> Response:
    """404 for other clients, as if there were no such page."""
    here = process.of(request)
    if not metrics.may_read(request, here.settings):
        raise HTTPException(404)
    return Response(await figures(here), media_type=CONTENT_TYPE_PLAIN_0_0_4)


async def figures(here: Process) -> str:
    """The page ``/metrics``: requests, connections, the worker, and counts from the store."""
    text = "How many seconds the worker is behind with what a site cannot do without."
    jobs = Gauge("izin_job_lag_seconds", "How many seconds each job of this process is behind.", labels=("job",))
    for name, seconds in here.lags().items():
        jobs.add_metric((name,), seconds)
    own: list[Metric] = [
        Gauge("izin_worker_lag_seconds", text, here.lag()),
        jobs,
        *here.turned.figures(),
        *_connections(here.room),
    ]
    return metrics.text(here.counts, [*own, *await _gauges(here.registry, here.settings)])


def _connections(room: Room) -> list[Metric]:
    away = Counter("izin_connections_turned_away", "Connections and requests turned away.", labels=("reason",))
    for reason in REASONS:
        away.add_metric((reason,), room.turned_away[reason])
    return [
        Gauge("izin_connections", "Connections that are open.", len(room.open)),
        Gauge("izin_connections_most", "Connections that there may be.", room.most),
        away,
    ]


async def _gauges(registry: Registry, settings: Settings) -> list[Gauge]:
    """Figures of this machine and the store, for a moment when somebody needs them: without the store it reports
    that, and the rest."""
    commits = registry.store.commits
    replica = registry.store.replica
    found = [
        *_disks(settings),
        Gauge(
            "izin_oldest_waiting_write_seconds",
            "For how long changes have been waiting and none was written, 0: none waits.",
            commits.waiting,
        ),
        *([Gauge("izin_replica_used", "1 while DATABASE_READ_URL is read.", replica.used)] if replica else []),
        Gauge("izin_commits_failing", "1 while the newest commit has failed.", commits.failing),
        Gauge(
            "izin_last_commit_failure_timestamp_seconds", "When a commit last failed, 0: never.", commits.failed_at or 0
        ),
    ]
    found += _file(registry)
    try:
        found += await _stored_gauges(registry, settings)
        answers = 1
    except Exception as error:  # a damaged file may answer anything
        if not isinstance(error, StoreUnavailable):
            log.error("figures_failed", error=type(error).__name__)
            file_checks.suspect(registry.store)
        answers = 0
    return [*found, Gauge("izin_database_answers", "1 while the database answers.", answers)]


def _file(registry: Registry) -> list[Gauge]:
    """Whether the SQLite file is damaged or gone; nothing on PostgreSQL."""
    if (health := registry.store.health) is None:
        return []
    words = "1 since the database file was found damaged or gone; nothing is acknowledged until a restart."
    gauge = Gauge("izin_database_file_unreliable", words, labels=("why",))
    for kind in FileFault:
        gauge.add_metric((kind.value,), health.kind is kind)
    return [gauge]


def _disks(settings: Settings) -> list[Gauge]:
    """The free part of each disk, and whether it is too little."""
    ratio = Gauge("izin_disk_free_ratio", "Which part of the disk is free.", labels=("of",))
    low = Gauge("izin_disk_low", f"1 where less than {file_checks.LOW_DISK} of the disk is free.", labels=("of",))
    file = witness_file.place(settings.database_url, settings.witness_file)
    for of, part in file_checks.free_disk(settings.database_url, file).items():
        ratio.add_metric((of,), part)
        low.add_metric((of,), part < file_checks.LOW_DISK)
    return [ratio, low]


async def _stored_gauges(registry: Registry, settings: Settings) -> list[Gauge]:
    """The operator's open tasks (operator_status.py), and counts of messages."""
    store = registry.store
    messages = Gauge("izin_outbox_messages", "Messages by what became of them.", labels=("kind", "state"))
    for labels, count in (await store.read(outbox.tally)).items():
        messages.add_metric(labels, count)
    view = await asyncio.to_thread(operator_status.load, registry, settings)
    rests = Gauge("izin_gateway_rests", "1 while one of several gateways rests.", labels=("gateway",))
    for name in carriers.names(settings.sms_gateway):
        rests.add_metric((name,), name in view.resting)
    at_sign_in = view.sign_in
    clock = await store.read(clocks.differences, store.now)
    unread = Gauge("izin_received_unread", "Received messages that a person has to read.", labels=("carrier",))
    for carrier, count in (await store.read(inbound_messages.waiting)).items():
        unread.add_metric((carrier,), count)
    return [
        messages,
        rests,
        unread,
        *await _mailbox(registry, settings),
        Gauge("izin_forms_waiting", "Forms of brands that the operator has not published or refused.", view.forms),
        Gauge("izin_data_requests_waiting", "Requests about one's own data without an answer.", view.data_requests),
        Gauge("izin_claims_waiting", "What companies claim and nobody has looked at.", view.claims),
        Gauge("izin_outbox_failing", "Messages that failed and wait for another try.", view.failing),
        Gauge("izin_push_failing", "Push connections that took nothing at their last try.", view.pushes),
        Gauge("izin_workers", "Workers that live.", view.workers.alive),
        Gauge("izin_workers_dead", "Workers that died and whose chores nobody has taken over.", view.workers.dead),
        Gauge(
            "izin_worker_lived_timestamp_seconds",
            "When a worker last said that it lives, 0: none ever did.",
            (view.workers.lived_at or 0) / SECOND,
        ),
        Gauge("izin_witness_missing", "1 where nothing outside the database witnesses history.", bool(view.witness)),
        Gauge("izin_log_witness_faults", "Witnesses of the public log that do not cosign it.", len(view.log_faults)),
        Gauge(
            "izin_backup_timestamp_seconds",
            "When the newest backup in BACKUP_PATH was written, 0: none.",
            (view.backup_at or 0) / SECOND,
        ),
        Gauge("izin_sign_in_blocks_closed", "Blocks of numbers that get no code now.", at_sign_in.blocks_closed),
        Gauge("izin_sign_in_wrong_codes", "Wrong codes over all addresses in an hour.", at_sign_in.wrong_codes),
        Gauge("izin_sign_in_guessing", "1 where so many wrong codes are an alarm.", at_sign_in.guessing),
        await _budgets(registry, settings),
        Gauge("izin_clock_behind_history_seconds", "How far this clock is behind the newest act.", clock.behind),
        Gauge(
            "izin_clock_ahead_of_database_seconds",
            "How far this clock is ahead of the database's.",
            clock.database,
        ),
        await _refused(registry),
        Gauge("izin_refusals_untaken", "Refusals that nobody took by the second business day.", view.untaken),
        Gauge("izin_refusals_untaken_brands", "How many brands have such refusals.", view.untaken_brands),
        *_iys_gauges(await store.read(national_status.list_all, registry.keyring, store.now()), store.now()),
    ]


async def _budgets(registry: Registry, settings: Settings) -> Gauge:
    """The used part of a day's message budgets, by kind, purpose and whether the address trusted the client."""
    labels = ("kind", "purpose", "known")
    gauge = Gauge("izin_sends_budget_used_ratio", "Which part of a day's messages has left.", labels=labels)
    arguments = registry.keyring, settings, registry.store.now()
    for one in await registry.store.read(code_budgets.spent_today, *arguments):
        gauge.add_metric((one.kind, str(one.spender), str(int(one.known))), one.sent / one.most)
    return gauge


async def _refused(registry: Registry) -> Gauge:
    """Records rejected today, by code as on the companies' overviews."""
    store = registry.store
    gauge = Gauge("izin_records_refused_today", "Records that were not taken today, by how they came.", labels=("way",))
    for way, amount in (await store.read(refused_counts.today, store.now())).items():
        gauge.add_metric((way.name.lower(),), amount)
    return gauge


async def _mailbox(registry: Registry, settings: Settings) -> list[Gauge]:
    """The age of the last mailbox read; nothing without a mailbox."""
    if settings.mail_inbox is None:
        return []
    at = await registry.store.read(polling.read_at, mailbox_door.CARRIER)
    meaning = "When the mailbox whose mails refuse was last read, 0: never."
    return [Gauge("izin_mailbox_read_timestamp_seconds", meaning, (at or 0) / SECOND)]


def _iys_gauges(states: Sequence[SyncState], now: int) -> list[Gauge]:
    """Empty where no provider is synchronised."""
    if not states:
        return []
    oldest = _iys_gauge("oldest_unsent_refusal_seconds", "Age of the oldest refusal that İYS has not.")
    light = _iys_gauge("light", "0: in time, 1: held up, or an alarm after four hours, 2: red after a business day.")
    blocked = _iys_gauge("blocked", "1 where nothing is sent until a person has seen to it.")
    offset = _iys_gauge("clock_ahead_seconds", "How far İYS's clock is ahead of this one.")
    success = _iys_gauge("success_ratio", "Which part of the requests succeeds; İYS bars below 0.7.")
    movements = Gauge("izin_iys_movements", "Movements by what became of them.", labels=("provider", "state"))
    for state in states:
        whose = (str(state.account.iys_code),)
        oldest.add_metric(whose, state.age(now))
        light.add_metric(whose, max(_LIGHTS[state.light], int(state.held_up)))
        blocked.add_metric(whose, state.account.blocked_by is not None)
        offset.add_metric(whose, state.account.clock_offset / 1_000_000)
        if (ratio := state.account.success) is not None:
            success.add_metric(whose, ratio)
        for name, count in state.counts.items():
            movements.add_metric((*whose, name), count)
    return [oldest, light, blocked, offset, success, movements]


def _iys_gauge(name: str, text: str) -> Gauge:
    return Gauge(f"izin_iys_{name}", text, labels=("provider",))
