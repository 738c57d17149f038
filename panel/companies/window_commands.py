"""Commands about transition windows: open, change, list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from consents.brands import transitions
from consents.brands.transitions import ProviderSize
from panel.command_arguments import do
from panel.companies import rule_actions

window_app = typer.Typer(help="Transition windows, in which old records are loaded.", no_args_is_help=True)

LoadUntil = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day for loading, YYYY-MM-DD.")]
CheckUntil = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day for people to check.")]


@window_app.command("open")
def open_window(
    context: typer.Context,
    size: Annotated[ProviderSize, typer.Option(help="large: more than 150,000 addresses; small: up to that.")],
    load_until: LoadUntil,
    check_until: CheckUntil,
) -> None:
    """Opens a window: providers of that size may load old records, and people see until when to check them."""
    do(context, rule_actions.open_window, size, (load_until.date(), check_until.date()))


@window_app.command("change")
def change_window(
    context: typer.Context,
    window: Annotated[int, typer.Option(help="Its number; see the list.")],
    load_until: LoadUntil,
    check_until: CheckUntil,
) -> None:
    """Gives a window other last days; days that are over end it."""
    do(context, rule_actions.change_window, window, (load_until.date(), check_until.date()))


@window_app.command("list")
def list_windows(context: typer.Context) -> None:
    """Prints a line for each window: number, size, last day to load, last day to check; those of İYS have no number."""
    with context.obj() as registry:
        found = registry.store.read_now(transitions.listed)
    for one in (*transitions.WINDOWS_OF_IYS, *found):
        typer.echo("\t".join([str(one.id or "-"), one.size.value, str(one.load_until), str(one.check_until)]))
