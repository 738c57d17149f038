"""The command of the voice door: the refusal of a record number given on the telephone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from consents.brands.companies import BadCompany
from consents.registry import Registry
from optout.voice import call_refusals
from web.rendering.when import stamp

Opener = Callable[[], AbstractContextManager[Registry]]


def call(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="The record number that the caller heard.")],
) -> None:
    """Shows a refusal by telephone: when, the carrier's id for the call, and the number of the act (- without one)."""
    opener: Opener = context.obj
    with opener() as registry:
        found = registry.store.read_now(call_refusals.find, registry.keyring, record)
    if found is None:
        raise BadCompany(f"no call has the record number {record}")
    typer.echo(f"{stamp(found.at)}\t{found.call}\t{found.act or '-'}")
