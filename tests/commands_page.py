"""docs/commands.md: every command of ``izin``, its arguments and options, and its help.

``python -m tests.commands_page`` writes it; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from izin import cli
from tests import ROOT

PAGE = ROOT / "docs" / "commands.md"
HEAD = """\
# Commands

`make openapi` makes this page from the program; a test fails while it is old. An argument or option in brackets may be
left out. Every command has `--help`. `izin --version` prints the version. `izin` is `.venv/bin/izin`.

A command exits with 0 on success. It exits with 1 and one line on standard error if the operator can correct the fault
(a wrong setting, no database, wrong keys), and with 2 if an argument or option is wrong. The table has the other
statuses.

| command | what it does | arguments and options |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_rows(typer.main.get_command(cli.app), "izin"))


def _rows(command: Any, words: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name in command.commands:
            yield from _rows(command.commands[name], f"{words} {name}")
        return
    parameters = "<br>".join(map(_parameter, command.params))
    yield f"| `{words}` | {_cell(command.help)} | {parameters} |\n"


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
    else:
        name = "/".join([*parameter.opts, *parameter.secondary_opts])
    return f"`{name if parameter.required else f'[{name}]'}`: {_cell(parameter.help)}"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
