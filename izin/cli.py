"""The ``izin`` command. What it does is in the rooms; here are the words to ask for it."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

import settings
from consents import held_keys
from consents.brands.companies import BadCompany
from consents.registry import NotReady, Registry
from consents.rules import Reconsent
from consents.store import StoreUnavailable, Unfit, offline
from evidence import history_rows, log, witness, witness_file
from evidence.leaves import LogFault
from izin.operations import maintenance_commands, status_command, verify_commands
from izin.operations.maintenance_commands import open_registry
from national import iys_commands, national_doors
from national.iys_account_commands import IysAccountCommands, SyncNotes
from optout.links import link_commands
from optout.sms import sms_brands, sms_commands
from optout.voice import voice_commands
from panel import invented
from panel.accounts import account_store
from panel.audit import os_logins
from panel.brands import brand_commands
from panel.brands.brand_actions import OnayBySms
from panel.brands.brand_commands import OwnNumberCommands
from panel.companies import application_commands, claim_commands, company_commands, iys_account_actions, window_commands
from panel.operations import audit_commands, inbox_actions, outbox_actions
from panel.partners import partner_commands
from panel.people import panel_user_commands
from panel.programs import link_actions, program_commands, push_commands
from panel.uploads import upload_actions
from providers.commands import backup_commands, file_commands, proof_commands
from providers.days import day_files
from web.trial import Trial, allowed

app = typer.Typer(
    help="İzin: an open consent registry, citizen first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(company_commands.provider_app, name="provider")
app.add_typer(brand_commands.brand_app, name="brand")
app.add_typer(company_commands.dealer_app, name="dealer")
app.add_typer(program_commands.user_app, name="api-user")
app.add_typer(partner_commands.partner_app, name="partner")
app.add_typer(application_commands.application_app, name="application")
app.add_typer(claim_commands.ClaimCommands(sms_brands.OWN_NUMBERS, national_doors.DOORS).app(), name="claims")
app.add_typer(push_commands.push_app, name="push")
app.add_typer(outbox_actions.outbox_app, name="outbox")
app.command("acts")(audit_commands.acts)
app.command("status")(status_command.status)
app.add_typer(window_commands.window_app, name="window")
app.add_typer(panel_user_commands.panel_user_app, name="panel-user")
app.add_typer(iys_commands.iys_app, name="iys")
iys_notes = SyncNotes(
    iys_account_actions.set_up,
    iys_account_actions.started,
    iys_account_actions.asked,
    iys_account_actions.dealer_numbered,
    iys_account_actions.push_asked,
    iys_account_actions.removed,
    iys_account_actions.vouched,
)
iys_account = IysAccountCommands(iys_notes)
iys_commands.iys_app.command("add")(iys_account.add)
iys_commands.iys_app.command("sync")(iys_account.sync)
iys_commands.iys_app.command("dealer")(iys_account.dealer)
iys_commands.iys_app.command("push")(iys_account.push)
iys_commands.iys_app.command("remove")(iys_account.remove)
iys_commands.iys_app.command("vouch")(iys_account.vouch)
app.command("import")(file_commands.import_file(upload_actions.started, upload_actions.taken_back))
app.command("report")(file_commands.report)
app.command("proof")(proof_commands.proof)
app.command("reconcile-backup")(backup_commands.reconcile)
app.command("links")(link_commands.links(link_actions.minted))
app.command("poster")(link_commands.poster)
app.command("mail-headers")(link_commands.mail_headers)
app.command("messages")(sms_commands.messages(inbox_actions.settled))
app.command("sms")(sms_commands.try_sms)
app.command("call")(voice_commands.call)
own_numbers = OwnNumberCommands(sms_brands.OWN_NUMBERS, OnayBySms(sms_brands.takes_onay, sms_brands.set_onay))
brand_commands.brand_app.command("number")(own_numbers.number)
brand_commands.brand_app.command("numbers")(own_numbers.numbers)
brand_commands.brand_app.command("sms-onay")(own_numbers.sms_onay)
app.command("verify-receipt")(verify_commands.verify_receipt)
for command in (
    maintenance_commands.migrate,
    verify_commands.verify,
    maintenance_commands.rekey,
    maintenance_commands.erase,
    maintenance_commands.reopen,
):
    app.command()(command)

# What an operator can correct: shown in one line, without a traceback.
MENDABLE = (
    settings.Refused,
    NotReady,
    BadCompany,
    Unfit,
    StoreUnavailable,
    held_keys.WrongKey,
    offline.RegistryInUse,
    day_files.Damaged,
    LogFault,
)

# Said and not refused: a site that does not start takes no refusals, and behind a plain TCP relay it may be right.
UNTRUSTING = (
    "izin: warning: PUBLIC_URL is https and TRUSTED_PROXY is empty. Whoever ends TLS before this site then counts as "
    "one client for everybody behind it: one visitor who tries too often locks out all others. Set TRUSTED_PROXY to "
    "the networks of your proxy, for example TRUSTED_PROXY=10.0.0.0/8"
)


def main() -> None:
    """The console script: runs a command; a fault that the operator can correct is shown in words (exit status 1)."""
    try:
        app()
    except MENDABLE as fault:
        typer.echo(f"izin: {fault}", err=True)
        sys.exit(1)
    except Exception:  # damaged pages may cause any error
        words = _damage()
        if words is None:
            raise
        typer.echo(f"izin: {words}", err=True)
        sys.exit(1)


def _damage() -> str | None:
    with suppress(Exception):  # show the original error
        return maintenance_commands.damage(settings.load())
    return None


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"izin {version('izin')}")
        raise typer.Exit


@app.callback()
def _context(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    context.obj = _recording


@contextmanager
def _recording() -> Iterator[Registry]:
    """The registry for a command: what it has recorded is signed when it ends, as a site does each minute, also where
    it ends in a refusal after that."""
    os_logins.here()  # before anything waits for what may take seconds
    with open_registry() as current:
        before = current.store.read_now(history_rows.last_act)
        try:
            yield current
        except (BadCompany, typer.Exit):
            _sign(current, before)
            raise
        _sign(current, before)


def _sign(current: Registry, before: int) -> None:
    """Signs what came after an act; where that fails now, what was recorded stays so, and the next signing has it."""
    try:
        if current.store.read_now(history_rows.last_act) != before:
            log.extend(current, maintenance_commands.witness_of(settings.load()))
    except (LogFault, StoreUnavailable) as fault:
        typer.echo(f"izin: {fault}\nizin: what was recorded stays; it is signed once that is mended", err=True)


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Prints nothing; data that is there stays.")] = False,
) -> None:
    """Fills an empty database with invented brands and two people to sign in as."""
    from consents.store import clock
    from izin.demo import load as example

    chosen = settings.load()
    if (reason := example.refuse_reason(chosen)) is not None:
        if if_empty:
            return
        raise BadCompany(reason)
    reconsent, secret = Reconsent(chosen.reconsent), chosen.secret_key.get_secret_value()
    with open_registry() as current:
        empty = example.is_empty(current)
        if empty:
            _refuse_anothers(current, maintenance_commands.witness_of(chosen))
            example.load(chosen.direct_url, secret, reconsent, clock())
        if example.holds_demo(current) and not current.store.read_now(account_store.any_person):
            current.store.write_now(invented.add, current)
            log.extend(current, maintenance_commands.witness_of(chosen))
    if not empty and not if_empty:
        raise BadCompany("the database holds data already: the demo is for an empty one")
    if empty and not if_empty:
        typer.echo(example.welcome(chosen.public_url))


def _refuse_anothers(empty: Registry, file: Path) -> None:
    """Refused where the witness file of another database was left: what came in could never be signed."""
    try:
        empty.store.read_now(witness.check, empty.keyring, file)
    except witness.RolledBack:
        raise BadCompany(
            f"nothing was loaded: {file} was left by another database, or by this one before it was emptied. Move that "
            "file away and try again"
        ) from None


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Log warnings and errors alone, unless LOG_LEVEL is set.")
    ] = False,
) -> None:
    """Serves the site on PORT, with the worker inside unless WORKER=separate."""
    from izin.app import build
    from izin.demo import load as example
    from izin.worker.jobs import chores, invented
    from izin.worker.scheduler import working
    from web import server

    chosen = settings.load()
    if quiet and "log_level" not in chosen.model_fields_set:
        chosen = chosen.model_copy(update={"log_level": "warning"})
    _can_listen(host, chosen.port)
    with _ending_well(), open_registry(chosen) as current:
        has_demo = example.holds_demo(current)
        if chosen.https and has_demo:
            raise BadCompany("the database holds the demo's invented brands: a real site needs a database of its own")
        chosen = chosen.of_demo() if has_demo else chosen
        # An old backup brought back would silently forget refusals: the witness outside remembers how far it was.
        # Without a witness the site starts, for refusals must be taken; but nobody signs on until an operator speaks.
        now, file = current.store.now(), maintenance_commands.witness_of(chosen)
        try:
            lacking = current.store.read_now(witness.lack, current.keyring, file, now)
        except witness_file.Unwitnessed as fault:  # a file that cannot be read
            lacking = str(fault)
        if lacking is not None:
            typer.echo(f"izin: {lacking}", err=True)
        if chosen.https and not chosen.trusted_proxy:
            typer.echo(UNTRUSTING, err=True)
        for ignored in current.store.read_now(sms_brands.ineffective, chosen.shared_numbers):
            typer.echo(f"izin: warning: {ignored}", err=True)
        todo = chores(chosen) if chosen.worker == "inside" else []
        trial = Trial(*example.PERSON) if has_demo else None
        shown = trial is not None and allowed(chosen)
        if shown and todo:
            todo.append(invented(example.programs().take))
        site = build(chosen, current, worker=lambda state: working(state, todo), trial=trial)
        typer.echo(example.welcome(chosen.public_url) if shown else f"İzin: {chosen.public_url}", err=True)
        # What was loaded stays: looking through it for garbage took a seventh of the time of lists of consents.
        gc.freeze()
        server.run(site, host, chosen.port, site.room)


@contextmanager
def _ending_well() -> Iterator[None]:
    """SIGTERM ends the program by way of all that it has to close; some servers pass it on once they have ended."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _can_listen(host: str, port: int) -> None:
    """Refused where the site could not listen; asked before anything is opened, because the server asks last."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                probe = socket.socket(family, kind, protocol)
            except OSError:  # a family that this machine does not speak: the server passes over it too
                continue
            with probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as fault:
        raise settings.Refused(
            [f"cannot listen on {host}, port {port} ({fault.strerror}): choose another --host or PORT"]
        ) from None


@app.command()
def worker() -> None:
    """Does the chores that a site with WORKER=separate leaves to it, until it gets a signal to stop."""
    from izin.demo import load as example
    from izin.worker.jobs import chores
    from izin.worker.scheduler import work
    from web import logs

    chosen = settings.load()
    logs.configure(chosen.log_level)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        with open_registry(chosen) as current:
            here = chosen.of_demo() if example.holds_demo(current) else chosen
            async with work(current, here, chores(here)):
                await stop.wait()

    gc.freeze()  # as a site does
    asyncio.run(until_stopped())
