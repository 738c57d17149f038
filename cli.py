"""The ``izin`` command. What it does is in the rooms; here are the words to ask for it."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import typer

import settings
from app import opened
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
app.command("report")(commands.report)

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
    context.obj = registry


def registry() -> Registry:
    """The registry of the settings, open for work."""
    return opened(settings.load())


@app.command()
def migrate() -> None:
    """Brings the database to this program's schema and makes its keys the first time."""
    chosen = settings.load()
    prepare(chosen.database_url, chosen.secret_key.get_secret_value(), Reconsent(chosen.reconsent))


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Say nothing where there is data already.")] = False,
) -> None:
    """Fills an empty database with invented brands and two people to sign in as."""
    from consents.store import clock
    from demo import load as example

    chosen = settings.load()
    if (reason := example.refuse_reason(chosen)) is not None:
        if if_empty:
            return
        raise BadCompany(reason)
    reconsent, secret = Reconsent(chosen.reconsent), chosen.secret_key.get_secret_value()
    with registry() as current:
        empty, ours = example.is_empty(current), example.holds_demo(current)
    if empty:
        example.load(chosen.database_url, secret, reconsent, clock())
    elif not if_empty:
        raise BadCompany("the database holds data already: the demo is for an empty one")
    if empty or ours:
        typer.echo(example.welcome(chosen.public_url))


@app.command()
def serve(host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1") -> None:
    """Serves the site on PORT, with the worker inside unless WORKER=separate."""
    import uvicorn

    from app import build
    from demo.load import holds_demo
    from worker import chores, working

    chosen = settings.load()
    with registry() as current:
        if chosen.https and holds_demo(current):
            raise BadCompany("the database holds the demo's invented brands: a real site needs a database of its own")
    site = build(chosen, worker=lambda state: working(state, chores()))
    typer.echo(f"İzin: {chosen.public_url}", err=True)
    uvicorn.run(
        site,
        host=host,
        port=chosen.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=20,
    )


@app.command()
def worker() -> None:
    """Does the chores that a site with WORKER=separate leaves to it, until it is told to stop."""
    from web import logs
    from worker import chores, work

    chosen = settings.load()
    logs.configure(chosen.log_level)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        with registry() as current:
            async with work(current, chosen, chores()):
                await stop.wait()

    asyncio.run(until_stopped())
