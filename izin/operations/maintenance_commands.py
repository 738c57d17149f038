"""An operator's maintenance commands: schema, keys, erasure."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

# With every room's tables: their columns define what is sealed (``rekey``).
import asking.tables  # noqa: F401
import citizen.tables  # noqa: F401
import evidence.tables  # noqa: F401
import gateways.outbox.tables  # noqa: F401
import izin.figures.tables  # noqa: F401
import national.tables  # noqa: F401
import optout.tables  # noqa: F401
import panel.tables  # noqa: F401
import providers.tables  # noqa: F401
import settings
import trust.tables  # noqa: F401
from consents.languages import in_all, mark_in
from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.people.rotation import clean as write_anew
from consents.people.rotation import rekey as rotate
from consents.registry import prepare
from consents.rules import Reconsent
from consents.store import Store, offline
from consents.store.engines import normalised
from evidence import witness
from evidence.witness_file import Unwitnessed
from izin.operations.registry import open_registry, witness_of
from panel.audit import os_logins
from panel.audit.change import AuditedWork
from panel.operations import lockout_pages
from panel.retention import destruction, erased_list, erasure
from panel.retention.aged_rows import TITLES
from settings import Settings

_LINES_NAMED = 10
MANY = 100_000  # sealed rows: from this many on, progress is printed


def migrate(
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not name the file of a new database.")] = False,
) -> None:
    """Brings the database to this program's schema, makes its keys the first time, prints where a new file stands."""
    chosen = settings.load()
    file = normalised(chosen.database_url).database if chosen.database_url.startswith("sqlite:") else None
    fresh = file is not None and not Path(file).exists()
    # What is committed while the file is rewritten would be lost.
    with offline.serving_lock(chosen.direct_url):
        previous = chosen.secret_key_previous
        prepare(
            chosen.direct_url,
            chosen.secret_key.get_secret_value(),
            Reconsent(chosen.reconsent),
            previous=previous.get_secret_value() if previous else None,
        )
        lacking = _lacking(chosen)
    if file is not None and fresh and not quiet:
        typer.echo(in_all("Yeni veritabanı") + f": {Path(file).resolve()}")
    if lacking:
        typer.echo(f"izin: {lacking}", err=True)


def _lacking(chosen: Settings) -> str | None:
    """What would prevent signing, found before a site does."""
    store = Store.open(chosen.direct_url)
    try:
        file = witness_of(chosen)
        return store.read_now(witness.missing, file) or store.read_now(witness.vanished, file)
    except Unwitnessed as fault:
        return str(fault)
    finally:
        store.close()


def rekey(
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Change no key: write the database's files anew, so that nothing lies in their gaps that a key sealed "
            "which was taken away. Nothing else may run.",
        ),
    ] = False,
) -> None:
    """Seals every address anew under SECRET_KEY while the site serves; SECRET_KEY_PREVIOUS opens the old ones.

    Cut off, it is ended by running it again.
    """
    chosen = settings.load()
    if clean:
        write_anew(chosen.direct_url)
        typer.echo(in_all("Dosyalar baştan yazıldı"))
        return
    previous = chosen.secret_key_previous
    shown = 0

    def progress(done: int, of: int) -> None:
        nonlocal shown
        tenth = done * 10 // max(of, 1)
        if of >= MANY and tenth > shown:
            shown = tenth
            typer.echo(f"{done} / {of}", err=True)

    waiting = in_all("bekleniyor")
    rows = rotate(
        chosen.direct_url,
        chosen.secret_key.get_secret_value(),
        previous.get_secret_value() if previous else None,
        progress,
        lambda why: typer.echo(f"izin: {waiting}: {why}", err=True),
    )
    typer.echo(f"{rows} " + in_all("satır yeniden mühürlendi"))
    typer.echo(
        in_all("Eski biçimler dosyaların boşluklarında ve yedeklerde durur; planlı ilk duruşta izin rekey --clean"),
        err=True,
    )


def erase(
    many: Annotated[
        bool, typer.Option("--many", help="One address a line until the end; cut off, give the same list again.")
    ] = False,
) -> None:
    """Forgets an address, read from standard input so that no shell keeps it. All that it consented to is refused."""
    if many:
        _erase_many()
        return
    address = _asked_address()

    chosen = settings.load()
    os_logins.here()  # before anything waits for what may take seconds
    with open_registry() as registry:
        work = AuditedWork(registry.keyring, None, erasure.erase)
        erased = registry.store.write_now(work, registry, address)
        erased_list.complete(registry.store, erased_list.place(chosen))
    if erased is None:
        typer.echo(in_all(mark_in("command", "Kayıt yok")))
        raise typer.Exit(1)
    typer.echo(in_all("Silindi; bütün izinleri reddedildi"))


def _erase_many() -> None:
    """Of standard input, a line at a time. Exit status 1 where one failed or is no address; the others are erased."""
    chosen, unread = settings.load(), list[int]()
    os_logins.here()  # before anything waits for what may take seconds
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a line of another encoding is no address, and stops no other

    def addresses() -> Iterator[str]:
        for number, line in enumerate(sys.stdin, 1):
            if line.strip():
                try:
                    yield recipients.parse(line.strip()).address
                except BadAddress:
                    unread.append(number)

    with open_registry() as registry:
        done = erasure.erase_many(registry, erased_list.place(chosen), addresses())
        erased_list.complete(registry.store, erased_list.place(chosen))  # what a run that was cut off left
    typer.echo(f"{done.erased}\t" + in_all("silindi; bütün izinleri reddedildi"))
    typer.echo(f"{done.unknown}\t" + in_all("kayıt yok ya da önceden silinmiş"))
    if done.failed:
        typer.echo(f"{done.failed}\t" + in_all("silinemedi; aynı listeyi yeniden verin"), err=True)
    if unread:
        lines = ", ".join(map(str, unread[:_LINES_NAMED])) + ", …" * (len(unread) > _LINES_NAMED)
        typer.echo(f"{len(unread)}\t" + in_all("satır numara veya e-posta değil") + f": {lines}", err=True)
    if done.failed or unread:
        raise typer.Exit(1)


def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be destroyed, and change nothing.")
    ] = False,
) -> None:
    """Destroys data whose time is over (docs/erasure.md), as the worker does each night; prints how many of each kind.

    Cut off, it is ended by running it again.
    """
    chosen = settings.load()
    os_logins.here()  # before anything waits for what may take seconds
    with open_registry(chosen) as registry:
        counts = destruction.count(registry, chosen) if dry_run else destruction.run(registry, chosen).counts
    for kind, title in TITLES.items():
        typer.echo(f"{counts.get(kind, 0)}\t{in_all(title)}")


def reopen() -> None:
    """Opens sign-in again for an address, read from standard input, that too many wrong codes have closed.

    Only for somebody who has shown in another way that the address is his.
    """
    address = _asked_address()
    os_logins.here()  # before anything waits for what may take seconds
    with open_registry() as registry:
        reopening = AuditedWork(registry.keyring, None, lockout_pages.reopen_address)
        opened_again = registry.store.write_now(reopening, address)
    if not opened_again:
        typer.echo(in_all("Giriş kapalı değildi"))
        raise typer.Exit(1)
    typer.echo(in_all("Giriş yeniden açık"))


def _asked_address() -> str:
    """The canonical address on standard input; exit status 2 where it is none."""
    if sys.stdin.isatty():
        typer.echo(in_all(mark_in("command", "Numara veya e-posta")) + ":", err=True)
    try:
        return recipients.parse(sys.stdin.readline().strip()).address
    except BadAddress as fault:
        no_address = in_all("numara veya e-posta değil")
        typer.echo(f"izin: {no_address} ({fault.reason})", err=True)
        raise typer.Exit(2) from None
