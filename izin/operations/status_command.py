"""``izin status``: the operator's open tasks, and the commands that clear them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import typer

import settings
from consents import dates
from consents.care import standbys
from consents.instants import SECOND
from consents.registry import unwritable
from consents.store import StoreUnavailable, Unfit, file_health
from consents.store.engines import sqlite_file
from evidence.leaves import LogFault
from izin.operations.registry import damage, look_at_registry, witness_of
from panel.operations import operator_status
from panel.operations.operator_status import BackupState, DeskView
from settings import Settings
from web import turned_away

PATIENCE = 5.0  # seconds for the trial write: longer than others may wait for the lock
SHOWN = 86_400.0  # seconds: for how long it is shown that requests were turned away
_WRONG = "ŞU ANDA / NOW"
_BACKUPS = {
    BackupState.OLD: "son yedek / newest backup: {at} (docs/backups.md)",
    BackupState.MISSING: "yedek bulunamadı / no backup found in BACKUP_PATH (docs/backups.md)",
    BackupState.UNKNOWN: "yedeklerin yeri bilinmiyor / BACKUP_PATH is not set (docs/backups.md)",
}


def status() -> None:
    """Prints what waits for the operator, one line each, and how to clear it. Exit status 1 where anything does."""
    chosen = settings.load()
    wrong, waiting = _look(chosen)
    lines = [*(f"{_WRONG}: {one}" for one in wrong), *_turned_away(chosen), *waiting]
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo("Bekleyen bir şey yok / nothing waits")


def _look(chosen: Settings) -> tuple[list[str], list[str]]:
    """(faults, tasks). Tries a write; opens no files where a site has lost its own."""
    if (known := file_health.noted(sqlite_file(chosen.database_url))) is not None:
        return [f"{known[1]} ({_at(int(known[0]) * SECOND)})"], []
    try:
        with look_at_registry(chosen) as registry:
            wrong = unwritable(registry.store, PATIENCE)
            view = operator_status.load(registry, chosen)
            waiting = [*task_lines(view, registry.store.now()), *standbys.warnings(registry.store)]
            return [wrong] if wrong else [], waiting
    except (StoreUnavailable, Unfit, LogFault) as fault:
        return [str(fault)], []
    except Exception:  # damaged pages may cause any error
        if (words := damage(chosen)) is None:
            raise
        return [words], []


def _turned_away(chosen: Settings) -> list[str]:
    found = turned_away.read(turned_away.place(witness_of(chosen)))
    if time.time() - found.last > SHOWN:
        return []
    first, last = (_at(int(at) * SECOND) for at in (found.since, found.last))
    return [
        f"geri çevrilen istek / requests turned away (503): {sum(found.by_door.values())}, ret / refusals: "
        f"{found.refusals}, {first} - {last} (docs/durability.md)"
    ]


def task_lines(view: DeskView, now: int) -> Iterator[str]:
    """A line for each thing that waits, in both languages where it has a sentence, with the command that clears it."""
    if view.texts:
        yield f"okunacak SMS / SMS to read: {view.texts}, {_at(view.oldest_text)} (izin messages)"
    if view.claims:
        yield f"ad ve numara isteği / claims of companies: {view.claims}, {_at(view.oldest_claim)} (izin claims list)"
    yield from view.ignored_numbers
    if view.failing:
        yield f"gönderilemeyen ileti / messages that fail: {view.failing} (izin outbox list)"
    if view.given_up:
        yield f"vazgeçilen ileti / messages given up: {view.given_up} (izin outbox list)"
    for kind, since in view.carriers.items():
        yield f"taşıyıcı yanıt vermiyor / the carrier fails: {kind}, {_at(since)} (docs/carriers.md)"
    for name, (kind, until) in view.resting.items():
        yield f"dinlenen geçit / a gateway rests: {kind} {name}, {_at(until)} (docs/carriers.md)"
    if view.pushes:
        yield f"alınmayan bildirim / push connections that take nothing: {view.pushes} (izin push list)"
    if view.untaken:
        oldest = _at(view.oldest_untaken)
        yield f"alınmayan ret / refusals nobody took: {view.untaken}, {oldest} (docs/api.md, Changes)"
    if view.sign_in.blocks_closed:
        yield f"kapalı numara bloğu / blocks of numbers without codes: {view.sign_in.blocks_closed}"
    if view.sign_in.guessing:
        yield f"kod deneniyor / codes are being guessed: {view.sign_in.wrong_codes} (SECURITY.md)"
    for one in view.sign_in.budgets:
        yield (
            f"günlük ileti bütçesi azalıyor / the day's messages run out: {one.kind} {one.spender}, "
            f"{one.sent} / {one.most} (CODES_SENT_BUDGET_{one.kind.upper()})"
        )
    yield from view.clocks
    if view.witness:
        yield view.witness
    if backup := _BACKUPS.get(view.backup(now)):
        yield backup.format(at=_at(view.backup_at))
    if view.idle:
        last = f"{view.workers.last}, {_at(view.workers.lived_at)}" if view.workers.last else "-"
        yield f"arka plan işlerini yürüten yok / no worker lives: {last} (izin worker)"
    if view.rotation:
        done, total, at = view.rotation.done, view.rotation.total, _at(view.rotation.moved_at)
        yield f"anahtarlar değişiyor / keys are being changed: {done} / {total}, {at} (izin rekey)"
    for of, part in view.disks.items():
        yield f"dolan disk / disk fills up: {of}, {part:.0%}"


def _at(instant: int | None) -> str:
    return "-" if instant is None else dates.wire(instant)
