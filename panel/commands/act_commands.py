"""``izin acts``: the log of acts, as the panel's page shows it, for a terminal or a program."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands import companies
from consents.brands.companies import BadCompany
from panel.deeds import logins
from panel.deeds.panel_acts import ActSearch
from panel.log import deed_lines, deed_words


def acts(
    context: typer.Context,
    provider: Annotated[int | None, typer.Option(help="Acts at this provider alone.")] = None,
    what: Annotated[str, typer.Option(help="Acts of this word alone, such as push-registered.")] = "",
    before: Annotated[int | None, typer.Option(help="Acts before the one with this number.")] = None,
) -> None:
    """Prints the latest 50 acts of people in the panel and of commands (docs/panel.md), the newest first: number,
    when, by whom, what, company, about what, before, after, why; tabs between. By whom: an e-mail; of a command the
    login of the machine that typed it, as login=izin sudo=derya host=db1; - where the line has none."""
    if what and what not in deed_words.WORDS:
        raise typer.BadParameter(", ".join(sorted(deed_words.WORDS)), param_hint="--what")
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        number = 0 if provider is None else companies.provider_id(snapshot, provider)
        if number is None:
            raise BadCompany(f"there is no provider {provider}")
        wanted = ActSearch(provider=number, what=what, before_id=before or ActSearch().before_id)
        lines = deed_lines.read(snapshot, registry.keyring, wanted, True).lines
    for one in lines:
        fields = (one.who or logins.words(one.typed), one.what, one.company, one.about, one.before, one.after, one.why)
        shown = [_printable(field) or "-" for field in fields]
        typer.echo("\t".join([str(one.id), dates.wire(one.at), *shown]))


def _printable(field: str) -> str:
    """In one line, and without what would steer a terminal or turn its text around: older lines may hold that."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(field.split()))
