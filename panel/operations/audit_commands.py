"""``izin acts``: the audit log of the panel's page, for a terminal or a program."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands import companies
from consents.brands.companies import BadCompany
from panel.audit import audit_texts, os_logins
from panel.audit.audit_log import AuditSearch
from panel.operations import audit_lines


def acts(
    context: typer.Context,
    provider: Annotated[int | None, typer.Option(help="Acts at this provider alone.")] = None,
    what: Annotated[str, typer.Option(help="Acts of this word alone, such as push-registered.")] = "",
    before: Annotated[int | None, typer.Option(help="Acts before the one with this number.")] = None,
) -> None:
    """Prints the latest 50 acts of people in the panel and of commands (docs/panel.md), the newest first: number,
    when, by whom, what, company, about what, before, after, why; tabs between. By whom: an e-mail; of a command the
    login of the machine that typed it, as login=izin sudo=derya host=db1; - where the line has none."""
    if what and what not in audit_texts.WORDS:
        raise typer.BadParameter(", ".join(sorted(audit_texts.WORDS)), param_hint="--what")
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        number = 0 if provider is None else companies.provider_id(snapshot, provider)
        if number is None:
            raise BadCompany(f"there is no provider {provider}")
        wanted = AuditSearch(provider=number, what=what, before_id=before or AuditSearch().before_id)
        lines = audit_lines.read(snapshot, registry.keyring, wanted, True).lines
    for one in lines:
        fields = (
            one.who or os_logins.words(one.typed),
            one.what,
            one.company,
            one.about,
            one.before,
            one.after,
            one.why,
        )
        shown = [_printable(field) or "-" for field in fields]
        typer.echo("\t".join([str(one.id), dates.wire(one.at), *shown]))


def _printable(field: str) -> str:
    """On one line, without terminal control and bidirectional characters, which older entries may hold."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(field.split()))
