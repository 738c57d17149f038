"""``izin doctor``: what is wrong with the programs that call this site."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from consents import dates
from consents.brands import provider_list
from consents.brands.companies import BadCompany
from consents.languages import COMPLETE, in_all
from consents.registry import Registry
from consents.store import Snapshot
from providers.callers import api_users
from providers.doctor import diagnosis
from providers.doctor.diagnosis import Diagnosis, KeyReport
from providers.doctor.findings import Finding


def doctor(
    context: typer.Context,
    whose: Annotated[
        str, typer.Argument(metavar="[KEY|IYSCODE]", help="A key's user name, or a company's number; else all.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Reads the last 200 calls of keys and the last posts to receivers, and prints what is wrong with the programs:
    each fault with the calls that show it and its line of the guide. Exit status 1 where there is one."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        found = _of_name(snapshot, registry, whose)
        reports = [found] if isinstance(found, KeyReport) else found
        if as_json:
            made: list[dict[str, Any]] = [
                diagnosis.key_as_json(one) if isinstance(one, KeyReport) else diagnosis.as_json(one) for one in reports
            ]
            typer.echo(json.dumps(made, ensure_ascii=False, indent=1))
        else:
            for one in reports:
                _print(one, whose == "")
    if any(one.findings if isinstance(one, KeyReport) else not one.healthy for one in reports):
        raise typer.Exit(1)


def _of_name(snapshot: Snapshot, registry: Registry, whose: str) -> KeyReport | list[Diagnosis]:
    """Errors: BadCompany where there is neither such a key nor such a company."""
    now = registry.store.now()
    companies = provider_list.list_all(snapshot)
    chosen = [one for one in companies if whose in ("", str(one.code))]
    user = None if not whose else api_users.named(snapshot, whose)
    if user is not None:
        return diagnosis.of_key(snapshot, user, whose, now)
    if whose and not chosen:
        raise BadCompany(f"there is neither a key nor a company {whose}: see izin api-user list")
    return [diagnosis.of_company(snapshot, registry.keyring, one.id, now, strays=True) for one in chosen]


def _print(report: KeyReport | Diagnosis, only_faults: bool) -> None:
    if isinstance(report, KeyReport):
        typer.echo(f"{report.username}\t{report.calls}\t{dates.wire(report.since) if report.since else '-'}")
        _print_findings(report.findings)
        return
    if report.healthy and only_faults:
        return
    typer.echo(f"{report.code}\t{report.title}")
    for key in report.keys:
        _print(key, only_faults)
    if report.pushes:
        typer.echo(in_all("Bildirim alıcıları"))
        _print_findings(report.pushes)
    if report.strays:
        typer.echo(in_all("Kimliği kanıtlanmamış çağrılar"))
        _print_findings([one for _, one in report.strays])


def _print_findings(findings: list[Finding] | Any) -> None:
    for one in findings:
        typer.echo(f"  {one.word}\t{one.times}\t{one.guide}")
        for language in COMPLETE:
            typer.echo(f"    {one.text(language)}")
        for call in one.calls:
            typer.echo(f"    {dates.wire(call.at)}\t{call.method} {call.path}\t{call.status}\t{call.code or '-'}")
        if one.posts:
            typer.echo(f"    izin push log: {' '.join(map(str, one.posts))}")
    if not findings:
        typer.echo("  " + in_all("Bir hata görünmüyor"))
