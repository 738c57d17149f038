"""``izin reconcile-backup``: lists handed-out movements that a restored older backup lacks."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import IO, Annotated

import typer

import settings
from consents.instants import SECOND
from consents.keys import Keyring
from consents.languages import in_all
from consents.queries import recorded
from consents.store import Snapshot
from evidence import history_rows, witness_file
from evidence.checkpoints import LogKey

_NAME = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
AT_ONCE = 1000  # names that are looked up together


def reconcile(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Texts that hold transaction ids: programs' exports, day files, logs; also .gz; - for stdin."
        ),
    ],
) -> None:
    """Names what was handed out and is no longer known, after an older backup was brought back (docs/backups.md).

    A line for each: file, line, transaction id. Exit status 1 where there is one, where the witness knows more acts, or
    where a file holds no transaction id of this registry and so shows nothing.
    """
    chosen = settings.load()
    file = witness_file.place(chosen.database_url, chosen.witness_file)
    seen = missing = 0
    empty: list[Path] = []
    with context.obj() as registry:
        key = LogKey.of(registry.keyring)
        witnessed = max((one.size for one in witness_file.list_all(file, key) if key.signed(one)), default=0)
        with registry.store.snapshot(passing=True) as snapshot:
            last = history_rows.last_act(snapshot) or 0
            for path in files:
                found, before = _names(path), seen
                while some := list(islice(found, AT_ONCE)):
                    ours = [(line, name, event) for line, name in some if (event := registry.keyring.event(name))]
                    seen += len(ours)
                    for line, name in unknown(snapshot, registry.keyring, ours):
                        missing += 1
                        typer.echo(f"{path}\t{line}\t{name}")
                if seen == before:
                    empty.append(path)
    if witnessed > last:
        typer.echo(
            in_all("Tanık {known} işlem biliyor, veritabanında {last} var", known=witnessed, last=last),
            err=True,
        )
    for path in empty:
        typer.echo(
            f"{path}: " + in_all("bu kaydın hiçbir hareket numarası yok"),
            err=True,
        )
    typer.echo(in_all("{seen} hareketten {missing} tanesi bilinmiyor", seen=seen, missing=missing), err=True)
    if missing or empty or witnessed > last:
        raise typer.Exit(1)


def unknown(snapshot: Snapshot, keyring: Keyring, named: Iterable[tuple[int, str, int]]) -> Iterator[tuple[int, str]]:
    """Those of these (line, transaction id, its event) that no movement has: its number is free or another's."""
    named = list(named)
    known = recorded.events(snapshot, {event for _, _, event in named})
    numbers = list(known)
    now = dict(
        zip(
            numbers,
            keyring.transaction_ids(numbers, [known[number].recorded_at // SECOND for number in numbers]),
            strict=True,
        )
    )
    for line, name, event in named:
        if now.get(event) != name.lower():
            yield line, name


def _names(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with closing(_opened(path)) as lines:
            for number, line in enumerate(lines, 1):
                for found in _NAME.finditer(line):
                    yield number, found[0]
    except (OSError, EOFError, zlib.error) as fault:
        raise typer.BadParameter(f"{path}: {fault}", param_hint="FILES") from None


def _opened(path: Path) -> IO[str]:
    if str(path) == "-":
        return typer.get_text_stream("stdin", errors="replace")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")
