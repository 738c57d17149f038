"""The ``izin`` command. Each command's module is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from consents.registry import Registry

# A command's name -> the function or the group of commands.
PLACES = {
    "provider": "panel.companies.company_commands:provider_app",
    "brand": "panel.brands.brand_commands:brand_app",
    "dealer": "panel.companies.company_commands:dealer_app",
    "api-user": "panel.programs.program_commands:user_app",
    "partner": "panel.partners.partner_commands:partner_app",
    "application": "panel.companies.application_commands:application_app",
    "claims": "panel.companies.claim_commands:claims_app",
    "form": "panel.asking.asking_commands:form_app",
    "till": "panel.asking.asking_commands:till_app",
    "lines": "panel.companies.claim_commands:lines_app",
    "doctor": "panel.programs.doctor_commands:doctor",
    "push": "panel.programs.push_commands:push_app",
    "outbox": "panel.operations.outbox_actions:outbox_app",
    "acts": "panel.operations.audit_commands:acts",
    "status": "izin.operations.status_command:status",
    "window": "panel.companies.company_commands:window_app",
    "panel-user": "panel.people.panel_user_commands:panel_user_app",
    "iys": "izin.operations.iys_account_commands:iys_app",
    "import": "izin.operations.file_commands:import_file",
    "report": "izin.operations.file_commands:report",
    "proof": "providers.proof_commands:proof",
    "reconcile-backup": "providers.backup_commands:reconcile",
    "links": "izin.operations.link_commands:links",
    "first-contact": "izin.operations.first_contact_command:first_contact_status",
    "poster": "izin.operations.link_commands:poster",
    "mail-headers": "izin.operations.link_commands:mail_headers",
    "messages": "izin.operations.optout_commands:messages",
    "sms": "izin.operations.optout_commands:try_sms",
    "call": "izin.operations.optout_commands:call",
    "verify-receipt": "izin.operations.verify_commands:verify_receipt",
    "verify-answer": "izin.operations.verify_commands:verify_answer",
    "verifier": "izin.operations.verify_commands:verifier",
    "migrate": "izin.operations.maintenance_commands:migrate",
    "witness": "izin.tlog.witness_server:witness_app",
    "log": "izin.tlog.log_commands:log_app",
    "verify": "izin.operations.verify_commands:verify",
    "rekey": "izin.operations.maintenance_commands:rekey",
    "erase": "izin.operations.maintenance_commands:erase",
    "retention": "izin.operations.maintenance_commands:retention",
    "reopen": "izin.operations.maintenance_commands:reopen",
    "demo": "izin.operations.demo_command:demo",
    "sandbox": "izin.sandbox.sandbox_command:sandbox",
    "serve": "izin.operations.site_commands:serve",
    "worker": "izin.operations.site_commands:worker",
}


class _Commands(MutableMapping[str, Any]):
    """The commands of ``PLACES``, each imported on lookup."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _command(name, PLACES[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
        return typer.main.get_group(alone).commands[name]
    alone.command(name)(found)
    return typer.main.get_command(alone)


class _Group(TyperGroup):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commands = _Commands()


app = typer.Typer(
    cls=_Group,
    help="İzin: an open consent registry, citizen first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """The console script: runs a command; a fault that the operator can correct is one line (exit status 1)."""
    try:
        app()
    except Exception as fault:  # damaged pages may cause any error
        words = str(fault) if isinstance(fault, _operator_errors()) else _damage()
        if words is None:
            raise
        typer.echo(f"izin: {words}", err=True)
        sys.exit(1)


def _operator_errors() -> tuple[type[Exception], ...]:
    """Faults shown in one line, without a traceback."""
    import settings
    from consents.brands.companies import BadCompany
    from consents.people import held_keys
    from consents.registry import NotReady
    from consents.store import StoreUnavailable, Unfit, offline
    from evidence.leaves import LogFault
    from providers.days import day_files

    return (
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


def _damage() -> str | None:
    with suppress(Exception):  # show the original error
        import settings
        from izin.operations import registry

        return registry.damage(settings.load())
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
    """The registry for a command; its records are signed at the end, also after an error."""
    from consents.brands.companies import BadCompany
    from evidence import history_rows
    from izin.operations.registry import open_registry
    from panel.audit import os_logins

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
    """Signs the records since ``before``; a failure leaves them for the next signing."""
    import settings
    from consents.store import StoreUnavailable
    from evidence import history_rows, log
    from evidence.leaves import LogFault
    from izin.operations.registry import witness_of

    try:
        if current.store.read_now(history_rows.last_act) != before:
            log.extend(current, witness_of(settings.load()))
    except (LogFault, StoreUnavailable) as fault:
        typer.echo(f"izin: {fault}\nizin: what was recorded stays; it is signed once that is mended", err=True)
