"""Commands about the files of companies: loads of consents, reports of days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from consents.dates import Form
from consents.languages import in_all, mark_in
from consents.terms import Channel
from panel.audit.change import by_command
from panel.uploads import receiving
from providers.arguments import BRAND, BrandCode, Opener, known_brand, unwritable
from providers.days import days_kept
from providers.days.day_store import ALL, Which
from providers.uploads import BadFile, warning
from providers.uploads.loading import Order, Tally, collect_seldom, load
from providers.uploads.pipeline import ReaderDied
from providers.uploads.row_verdicts import unread_sheets
from providers.uploads.taking_back import NotTakenBack, take_back

UNREADABLE, SOME_REFUSED = 2, 3


def import_file(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="A CSV or XLSX file in the template's columns.", exists=True, dir_okay=False),
    ] = None,
    brand: Annotated[int | None, BRAND] = None,
    initial: Annotated[bool, typer.Option("--initial", help="Take over existing records: no three-day rule.")] = False,
    dates: Annotated[Form | None, typer.Option(help="How the file writes dates, where that is not plain.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")] = False,
    refusals: Annotated[Path | None, typer.Option(help="Where to write the refused rows (CSV).")] = None,
    back: Annotated[
        int | None,
        typer.Option("--take-back", min=1, help="Instead of loading: takes this load back, within 24 hours."),
    ] = None,
) -> None:
    """Loads a file of consents. Exit status: 0 all rows taken, 3 some refused, 2 the file cannot be read."""
    if back is not None:
        if file or brand or initial or dates or dry_run or refusals:
            raise typer.BadParameter(in_all("tek başına yazılır"), param_hint="--take-back")
        _take_back(context.obj, back)
        return
    if file is None or brand is None:
        raise typer.BadParameter(
            in_all("dosya ve --brand gerekir"),
            param_hint="FILE" if file is None else "--brand",
        )
    opener: Opener = context.obj
    collect_seldom()
    with opener() as registry:
        known = registry.store.read_now(known_brand, brand)
        order = Order(file, known, dates, initial, dry_run, refusals, note=by_command(receiving.started), begun=_number)
        try:
            with _progress(file) as progress:
                tally = load(registry, order, progress)
        except BadFile as fault:
            typer.echo("\n".join(f"{file.name}: {form}" for form in fault.sentence.forms()), err=True)
            if fault.reason == "dates":
                typer.echo(in_all("Seçmek için: --dates tr (önce gün), us (önce ay) ya da iys (önce yıl)"), err=True)
            raise typer.Exit(UNREADABLE) from None
        except ReaderDied as fault:
            typer.echo(f"izin: {fault}", err=True)
            raise typer.Exit(1) from None
        except OSError as fault:
            typer.echo(_of_files(fault, file, refusals), err=True)
            raise typer.Exit(1) from None
    _say(tally, order)
    raise typer.Exit(SOME_REFUSED if tally.refused else 0)


def _take_back(opener: Opener, number: int) -> None:
    """Takes a load back and prints how many consents and refusals it had recorded."""
    with opener() as registry:
        try:
            done = take_back(registry, number, note=by_command(receiving.taken_back))
        except NotTakenBack as fault:
            typer.echo("\n".join(f"izin: {form}" for form in fault.sentence.forms()), err=True)
            raise typer.Exit(1) from None
    if done.again:
        typer.echo(in_all("Daha önce geri alınmıştı"), err=True)
    typer.echo(in_all("Sonradan değişenler olduğu gibi kaldı"), err=True)
    typer.echo(json.dumps({"batch": number, "taken_back": done.movements}))


def report(
    context: typer.Context,
    brand: BrandCode,
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day in Türkiye, YYYY-MM-DD.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    channel: Annotated[Channel | None, typer.Option(help="One channel apart.")] = None,
) -> None:
    """Writes the day's file of a brand, its hash, its totals and, where it has one, its time stamp; prints where."""
    opener: Opener = context.obj
    with opener() as registry:
        if not days_kept.begun(registry, day.date()):
            raise typer.BadParameter(in_all("Gün daha başlamadı"), param_hint="--day")
        known = registry.store.read_now(known_brand, brand)
        which = Which(known.id, day.date(), ALL if channel is None else channel.code)
        try:
            written = days_kept.write(registry, known, which, out)
        except OSError as fault:
            raise typer.BadParameter(unwritable(out, fault), param_hint="--out") from None
    for path in written.files:
        typer.echo(path)
    if not written.final:
        typer.echo(in_all("Gün bitmedi: dosya eksik"), err=True)


def _of_files(fault: OSError, file: Path, refusals: Path | None) -> str:
    """Fault and correction of the file that is read or the one that is written."""
    if refusals is None or (fault.filename is not None and fault.filename == str(file)):
        unread = in_all(mark_in("command", "okunamadı"))
        return f"izin: {fault.filename or file}: {unread} ({fault.strerror})"
    unwritten = in_all(
        mark_in("unwritten refusals", "yazılamadı, --refusals ile başka bir dosya verin"), why=fault.strerror
    )
    return f"izin: {refusals}: {unwritten}"


def _number(number: int) -> None:
    """Prints the number before the first row is recorded, so that an interrupted load can be undone."""
    typer.echo(in_all("24 saat içinde geri almak için") + f": izin import --take-back {number}", err=True)


def _say(tally: Tally, order: Order) -> None:
    for key, count in sorted(tally.warnings.items()):
        typer.echo(f"{warning(key).text()} ({count})", err=True)
    if tally.refused and order.refusals:
        typer.echo(in_all(mark_in("command", "Kabul edilmeyen satırlar")) + f": {order.refusals}", err=True)
    elif tally.refused:
        typer.echo(
            in_all("Kabul edilmeyen satırları görmek için --refusals DOSYA.csv ekleyin"),
            err=True,
        )
    if order.dry_run:
        typer.echo(in_all("Deneme: hiçbir şey değişmedi"), err=True)
    counts = ("rows", "recorded", "unchanged", "refused", "pending", "batch")
    summary = {name: getattr(tally, name) for name in counts} | {"unread_sheets": unread_sheets(tally.warnings)}
    typer.echo(json.dumps(summary, ensure_ascii=False))


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda rows: None
        return
    columns = (TextColumn(file.name), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("import", total=_lines(file))
        yield lambda rows: bar.update(task, completed=rows)


def _lines(file: Path) -> int | None:
    """About how many rows a text file has; None for a workbook."""
    if file.suffix.lower() == ".xlsx":
        return None
    with file.open("rb") as stream:
        blocks = iter(lambda: stream.read(1 << 20), b"")
        return max(sum(block.count(b"\n") for block in blocks) - 1, 1)
