"""``izin status``: the operator's open tasks, and the commands that clear them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import typer

import settings
from consents import dates
from consents.care import standbys
from consents.instants import SECOND
from consents.languages import in_all, mark, mark_in
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
_WRONG = mark("ŞU ANDA")
_BACKUPS = {
    BackupState.OLD: mark("son yedek"),
    BackupState.MISSING: mark("yedek bulunamadı"),
    BackupState.UNKNOWN: mark("yedeklerin yeri bilinmiyor"),
}


def status() -> None:
    """Prints what waits for the operator, one line each, and how to clear it. Exit status 1 where anything does."""
    chosen = settings.load()
    wrong, waiting = _look(chosen)
    lines = [*(f"{in_all(_WRONG)}: {one}" for one in wrong), *_turned_away(chosen), *waiting]
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo(in_all("Bekleyen bir şey yok"))


def _look(chosen: Settings) -> tuple[list[str], list[str]]:
    """(faults, tasks). Tries a write, unless a lost database file is on record: nothing is opened then."""
    if (lost := file_health.noted(sqlite_file(chosen.database_url))) is not None:
        since, fault = lost
        return [f"{fault} ({_at(int(since) * SECOND)})"], []
    try:
        with look_at_registry(chosen) as registry:
            wrong = unwritable(registry.store, PATIENCE)
            view = operator_status.load(registry, chosen)
            waiting = [*task_lines(view, registry.store.now()), *standbys.warnings(registry.store)]
            return [wrong] if wrong else [], waiting
    except (StoreUnavailable, Unfit, LogFault) as failure:
        return [str(failure)], []
    except Exception:  # damaged pages may cause any error
        if (words := damage(chosen)) is None:
            raise
        return [words], []


def _turned_away(chosen: Settings) -> list[str]:
    found = turned_away.read(turned_away.place(witness_of(chosen)))
    if time.time() - found.last > SHOWN:
        return []
    first, last = (_at(int(at) * SECOND) for at in (found.since, found.last))
    requests, refusals = in_all("geri çevrilen istek"), in_all(mark_in("command", "ret"))
    return [
        f"{requests} (503): {sum(found.by_door.values())}, {refusals}: {found.refusals}, {first} - {last} "
        "(docs/durability.md)"
    ]


def task_lines(view: DeskView, now: int) -> Iterator[str]:
    """A line for each thing that waits, in both languages where it has a sentence, with the command that clears it."""
    if view.texts:
        yield in_all("okunacak SMS") + f": {view.texts}, {_at(view.oldest_text)} (izin messages)"
    if view.lines:
        yield in_all("hat isteği") + f": {view.lines}, {_at(view.oldest_lines)} (izin lines list)"
    if view.claims:
        yield in_all("ad ve numara isteği") + f": {view.claims}, {_at(view.oldest_claim)} (izin claims list)"
    if view.forms:
        yield in_all("yayımlanacak form") + f": {view.forms}, {_at(view.oldest_form)} (izin form list --waiting)"
    if view.data_requests:
        oldest = _at(view.oldest_data_request)
        yield in_all("veri talebi") + f": {view.data_requests}, {oldest} (/panel/isletmen/veri-talepleri)"
    yield from view.ignored_numbers
    if view.failing:
        yield in_all("gönderilemeyen ileti") + f": {view.failing} (izin outbox list)"
    if view.given_up:
        yield in_all("vazgeçilen ileti") + f": {view.given_up} (izin outbox list)"
    for kind, since in view.carriers.items():
        yield in_all("taşıyıcı yanıt vermiyor") + f": {kind}, {_at(since)} (docs/carriers.md)"
    for name, (kind, until) in view.resting.items():
        yield in_all("dinlenen geçit") + f": {kind} {name}, {_at(until)} (docs/carriers.md)"
    if view.pushes:
        yield in_all("alınmayan bildirim") + f": {view.pushes} (izin push list)"
    if view.untaken:
        oldest = _at(view.oldest_untaken)
        yield in_all("alınmayan ret") + f": {view.untaken}, {oldest} (docs/api.md, Changes)"
    if view.sign_in.blocks_closed:
        yield in_all("kapalı numara bloğu") + f": {view.sign_in.blocks_closed}"
    if view.sign_in.guessing:
        yield in_all("kod deneniyor") + f": {view.sign_in.wrong_codes} (SECURITY.md)"
    for one in view.sign_in.budgets:
        spent = f"{one.kind} {one.spender}, {one.sent} / {one.most} ({one.setting})"
        yield in_all("günlük ileti bütçesi azalıyor") + f": {spent}"
    yield from view.clocks
    if view.witness:
        yield view.witness
    yield from view.log_faults
    if backup := _BACKUPS.get(view.backup(now)):
        at = f": {_at(view.backup_at)}" if view.backup(now) is BackupState.OLD else ""
        yield f"{in_all(backup)}{at} (docs/backups.md)"
    if view.idle:
        last = f"{view.workers.last}, {_at(view.workers.lived_at)}" if view.workers.last else "-"
        yield in_all("arka plan işlerini yürüten yok") + f": {last} (izin worker)"
    if view.rotation:
        done, total, at = view.rotation.done, view.rotation.total, _at(view.rotation.moved_at)
        yield in_all("anahtarlar değişiyor") + f": {done} / {total}, {at} (izin rekey)"
    for of, part in view.disks.items():
        yield in_all("dolan disk") + f": {of}, {part:.0%}"


def _at(instant: int | None) -> str:
    return "-" if instant is None else dates.wire(instant)
