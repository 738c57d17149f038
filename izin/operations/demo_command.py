"""``izin demo``: invented companies and people for an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import settings
from consents.brands.companies import BadCompany
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import clock
from evidence import log, witness
from izin.demo import load as example
from izin.operations.registry import open_registry, witness_of
from panel import invented
from panel.accounts import account_store


def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Prints nothing; data that is there stays.")] = False,
) -> None:
    """Fills an empty database with invented brands and two people to sign in as."""
    chosen = settings.load()
    if (reason := example.refuse_reason(chosen)) is not None:
        if if_empty:
            return
        raise BadCompany(reason)
    reconsent, secret = Reconsent(chosen.reconsent), chosen.secret_key.get_secret_value()
    with open_registry() as current:
        empty = example.is_empty(current)
        if empty:
            _refuse_anothers(current, witness_of(chosen))
            example.load(chosen.direct_url, secret, reconsent, clock())
        if example.holds_demo(current) and not current.store.read_now(account_store.any_person):
            current.store.write_now(invented.add, current)
            log.extend(current, witness_of(chosen))
    if not empty and not if_empty:
        raise BadCompany("the database holds data already: the demo is for an empty one")
    if empty and not if_empty:
        typer.echo(example.welcome(chosen.public_url))


def _refuse_anothers(empty: Registry, file: Path) -> None:
    """Rejects the witness file of another database: the records could never be signed."""
    try:
        empty.store.read_now(witness.check, empty.keyring, file)
    except witness.RolledBack:
        raise BadCompany(
            f"nothing was loaded: {file} was left by another database, or by this one before it was emptied. Move that "
            "file away and try again"
        ) from None
