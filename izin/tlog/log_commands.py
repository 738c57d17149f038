"""``izin log``: the public log as files, and its keys."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

import settings
from consents.care import workers
from consents.languages import in_all, mark_in
from consents.registry import Registry, load_keys
from consents.rules import Reconsent
from consents.store import Store, offline
from consents.store.offline import RegistryInUse
from evidence import log, witness_file
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.merkle import SIZE
from evidence.tlog import heads, notes, tiles, tree_proofs
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import BadNote, Head, LogSigner

PAGE = 1000  # tiles that are read in one snapshot
CHECKPOINT, KEYS = "checkpoint", "keys"

log_app = typer.Typer(no_args_is_help=True, help="The public log.", pretty_exceptions_enable=False)


@log_app.command("key")
def key(context: typer.Context) -> None:
    """Prints the public keys that sign the log's checkpoints, one a line: Ed25519, ML-DSA-44."""
    with context.obj() as registry:
        for one in LogSigner(registry.keyring, LogKey.of(registry.keyring).origin).keys:
            typer.echo(one.verifier())


@log_app.command("changes")
def changes(context: typer.Context) -> None:
    """Prints the changes of the log's key, each signed by both keys, as /log/keys has them."""
    with context.obj() as registry:
        typer.echo(as_text(LogKey.of(registry.keyring)), nl=False)


@log_app.command("rotate-key")
def rotate_key() -> None:
    """Gives the log a new key. Stop every izin serve and izin worker before, and start them after it.

    Prints the change that both keys signed, and the new public keys: publish them where the first one stands. For 30
    days the earlier key signs checkpoints too, so that witnesses can be given the new ones. Cut off, the key is either
    the old or the new one: izin log key prints which.
    """
    chosen = settings.load()
    secret, previous = chosen.secret_key.get_secret_value(), chosen.secret_key_previous
    with (
        offline.alone(chosen.direct_url),
        Registry.open(
            chosen.direct_url,
            secret,
            previous=previous.get_secret_value() if previous else None,
            reconsent=Reconsent(chosen.reconsent),
        ) as registry,
    ):
        if registry.store.read_now(workers.seen, registry.store.now()).alive:
            raise RegistryInUse("the registry is in use: stop izin serve and izin worker, and wait for half a minute")
        note = log.rotate_key(registry, secret, witness_file.place(chosen.database_url, chosen.witness_file))
        typer.echo(note)
        with closing(Store.open(chosen.direct_url)) as store:
            keyring = store.read_now(load_keys, [secret])
        for one in LogSigner(keyring, LogKey.of(keyring).origin).keys:
            typer.echo(one.verifier())


def as_text(key: LogKey) -> str:
    return "\n".join(key.changes)


@log_app.command("export")
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that a web server serves as it is.")],
) -> None:
    """Writes the public log as files (C2SP tlog-tiles): what is new since the last time, the checkpoint last.

    Exit status 1: nothing is signed yet, or the folder holds another log or another history.
    """
    with context.obj() as registry:
        head = registry.store.read_now(heads.newest)
        if head is None:
            typer.echo(in_all("Henüz imzalanmadı; bir dakika sonra yeniden deneyin"), err=True)
            raise typer.Exit(1)
        try:
            count = write(registry, head, folder)
        except OSError as fault:
            raise typer.BadParameter(f"{folder}: {fault.strerror}", param_hint="DIR") from None
    typer.echo(in_all(mark_in("command", "işlem")) + f": {head.size}\n" + in_all("Yeni dosya") + f": {count}")


def write(registry: Registry, head: PublishedHead, folder: Path) -> int:
    """The number of files written. Errors: LogFault, OSError."""
    before, new = _exported(registry, head, folder), 0
    wanted = (path for path in tiles.of_tree(head.size, before) if not path.within(before))
    while page := list(islice(wanted, PAGE)):
        with registry.store.snapshot(passing=True) as snapshot:
            for path in page:
                # Also where the file is there: no checkpoint names it yet, so a power cut may have torn it.
                hashes = tiles.load(snapshot, path.level or 0, path.place)[: path.width * SIZE]
                _replace(folder / "tile" / tiles.spell(path), hashes)
                new += 1
    if (key := LogKey.of(registry.keyring)).changes:
        _replace(folder / KEYS, as_text(key).encode())
    os.sync()  # one for all tiles; the checkpoint must not name a tile that a power cut takes away
    _replace(folder / CHECKPOINT, head.text.encode(), durable=True)
    for path in tiles.of_tree(head.size, before):
        if path.width == tiles.WIDTH:
            shutil.rmtree(folder / "tile" / f"{tiles.spell(path)}.p", ignore_errors=True)
    return new


def _exported(registry: Registry, head: PublishedHead, folder: Path) -> int:
    """Acts of the checkpoint in the folder, 0 of a new one. Errors: LogFault where the log does not continue it."""
    file = folder / CHECKPOINT
    if not file.exists():
        return 0
    try:
        old, new = (notes.read(text).head() for text in (file.read_text(encoding="utf-8"), head.note))
    except (BadNote, UnicodeDecodeError):
        raise LogFault(f"{file} is no checkpoint: choose an empty folder") from None
    if old.origin != new.origin:
        raise LogFault(f"{file} is of another log, {old.origin}: choose an empty folder")
    if not _continues(registry, old, new):
        raise LogFault(
            f"{file} was signed for another history: an older backup was brought back, or history was written anew. "
            "Run izin verify, and keep this folder as it is: it is evidence"
        )
    return old.size


def _continues(registry: Registry, old: Head, new: Head) -> bool:
    if old.size == 0:
        return True
    if old.size > new.size:
        return False
    with registry.store.snapshot() as snapshot:
        spans = tree_proofs.consistency_path(old.size, new.size)
        path = tiles.roots(lambda level, place: tiles.load(snapshot, level, place), spans)
    return tree_proofs.consistent(old.size, new.size, old.root, new.root, path)


def _replace(file: Path, data: bytes, *, durable: bool = False) -> None:
    """Writes the file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("wb") as writing:
        writing.write(data)
        if durable:
            writing.flush()
            os.fsync(writing.fileno())
    fresh.replace(file)
    if durable:  # before anything that the old one named is deleted
        opened = os.open(file.parent, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
