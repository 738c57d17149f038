"""The commands by which an operator keeps a registry: schema, proof, keys, people who ask to be forgotten."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

import settings
from app import opened
from citizen.tables import OneTimeCode, SessionAddress
from consents import audit, offline, recipients, register
from consents.recipients import BadAddress
from consents.registry import Registry, prepare
from consents.rotation import Sealed
from consents.rotation import rekey as rotate
from consents.rules import Reconsent
from evidence import log, witness
from gateways.tables import Outbox
from optout.tables import InboundMessage
from settings import Settings

# What the rooms keep sealed beside the registry's own columns.
ALSO_SEALED = (
    Sealed(Outbox.__table__.c.sealed, "evidence"),  # type: ignore[attr-defined]
    Sealed(OneTimeCode.__table__.c.address, "address"),  # type: ignore[attr-defined]
    Sealed(SessionAddress.__table__.c.address, "address"),  # type: ignore[attr-defined]
    Sealed(InboundMessage.__table__.c.sealed, "evidence"),  # type: ignore[attr-defined]
    Sealed(InboundMessage.__table__.c.reply, "evidence"),  # type: ignore[attr-defined]
)


@contextmanager
def open_registry(chosen: Settings | None = None) -> Iterator[Registry]:
    """The registry of the settings, open for work; nobody rotates its keys meanwhile."""
    chosen = chosen or settings.load()
    with offline.serving_lock(chosen.database_url), opened(chosen) as registry:
        yield registry


def migrate() -> None:
    """Brings the database to this program's schema and makes its keys the first time."""
    chosen = settings.load()
    prepare(chosen.database_url, chosen.secret_key.get_secret_value(), Reconsent(chosen.reconsent))


def verify() -> None:
    """Proves that what stands is the fold of history and that the log is whole. Exit status 1 names the first fault."""
    chosen = settings.load()
    witnessed = witness.beside(chosen.database_url)
    with open_registry(chosen) as registry:
        fault = registry.store.read_now(audit.verify, registry.policy.reconsent)
        fault = fault or registry.store.read_now(log.verify, registry.keyring, witnessed)
        if fault is None:
            log.extend(registry, witnessed)  # only what has been looked at is signed
    if fault is not None:
        typer.echo(f"izin: {fault}", err=True)
        raise typer.Exit(1)
    typer.echo("Kayıtlar sağlam / the registry is whole")


def rekey() -> None:
    """Seals every address anew under SECRET_KEY; SECRET_KEY_PREVIOUS opens the old ones. Nothing else may run."""
    chosen = settings.load()
    previous = chosen.secret_key_previous
    rows = rotate(
        chosen.database_url,
        chosen.secret_key.get_secret_value(),
        previous.get_secret_value() if previous else None,
        also=ALSO_SEALED,
    )
    typer.echo(f"{rows} satır yeniden mühürlendi / rows were sealed anew")


def erase() -> None:
    """Forgets an address, read from standard input so that no shell keeps it. Its refusals still stand."""
    if sys.stdin.isatty():
        typer.echo("Numara veya e-posta / number or e-mail:", err=True)
    text = sys.stdin.readline().strip()
    with open_registry() as registry:
        try:
            who = register.person(registry.keyring, recipients.parse(text).address)
        except BadAddress as fault:
            typer.echo(f"izin: numara veya e-posta değil / no number or e-mail ({fault.reason})", err=True)
            raise typer.Exit(2) from None
        erased = registry.store.write_now(register.erase, registry.keyring, who)
    if erased is None:
        typer.echo("Kayıt yok / no record")
        raise typer.Exit(1)
    typer.echo("Silindi; retleri geçerli kalır / erased; its refusals still stand")
