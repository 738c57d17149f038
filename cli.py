"""The ``izin`` command. What it does is in the rooms; here are the words to ask for it."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

import settings
from consents import keys
from consents.companies import BadCompany
from consents.registry import NotReady, Registry, prepare
from consents.rules import Reconsent
from consents.store import StoreUnavailable, Unfit
from providers import commands

app = typer.Typer(
    help="İzin: an open consent registry, citizen first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(commands.provider_app, name="provider")
app.add_typer(commands.brand_app, name="brand")
app.add_typer(commands.dealer_app, name="dealer")
app.add_typer(commands.user_app, name="api-user")
app.command("import")(commands.import_file)

# What an operator can mend: said in one line, without a traceback.
MENDABLE = (
    settings.Refused,
    NotReady,
    BadCompany,
    Unfit,
    StoreUnavailable,
    keys.WrongKey,
    keys.UnfinishedRotation,
)


def main() -> None:
    """The console script: runs a command; a fault that the operator can mend is told in words (exit status 1)."""
    try:
        app()
    except MENDABLE as fault:
        typer.echo(f"izin: {fault}", err=True)
        sys.exit(1)


@app.callback()
def _context(context: typer.Context) -> None:
    context.obj = opened


def opened() -> Registry:
    """The registry of the settings."""
    chosen = settings.load()
    previous = chosen.secret_key_previous
    return Registry.open(
        chosen.database_url,
        chosen.secret_key.get_secret_value(),
        previous=previous.get_secret_value() if previous else None,
        reconsent=Reconsent(chosen.reconsent),
        strict=chosen.strict_iys,
    )


@app.command()
def migrate() -> None:
    """Brings the database to this program's schema and makes its keys the first time."""
    chosen = settings.load()
    prepare(chosen.database_url, chosen.secret_key.get_secret_value(), Reconsent(chosen.reconsent))
