"""The commands about what people write to a brand: its own numbers, and whether a consent can be given by SMS.

What is kept of both is the SMS door's, which ``cli.py`` hands over.
"""

from __future__ import annotations

from typing import Annotated

import typer

import settings
from consents.store import Snapshot
from panel.commands.company_arguments import do
from panel.deeds import brand_deeds
from panel.deeds.brand_deeds import OnayBySms
from providers.commands.arguments import BrandCode, Opener
from web.process import OwnNumbers


class OwnNumberCommands:
    """The three of them, as methods."""

    def __init__(self, own: OwnNumbers, onay: OnayBySms) -> None:
        self._own, self._onay = own, onay

    def number(
        self,
        context: typer.Context,
        brand: BrandCode,
        number: Annotated[str, typer.Option(help="The number, with its country, or the short code.")],
    ) -> None:
        """Makes a number the brand's own: a RET written to it needs no name. Prints it as it is kept."""
        shared = settings.load().shared_numbers
        do(context, brand_deeds.add_number, brand, self._own, number, shared, say=typer.echo)

    def numbers(
        self,
        context: typer.Context,
        brand: BrandCode,
        remove: Annotated[str | None, typer.Option(help="This one is the brand's own no more.")] = None,
    ) -> None:
        """Prints the brand's own numbers; adding one is: izin brand number."""
        if remove is not None:
            do(context, brand_deeds.remove_number, brand, self._own, remove)

        def read(snapshot: Snapshot) -> list[str]:
            return self._own.listed(snapshot, brand_deeds.known(snapshot, brand).id)

        opener: Opener = context.obj
        with opener() as registry:
            for own in registry.store.read_now(read):
                typer.echo(own)

    def sms_onay(
        self,
        context: typer.Context,
        brand: BrandCode,
        on: Annotated[bool, typer.Option("--on/--off", help="Whether a consent can be given by SMS.")],
    ) -> None:
        """Lets a consent to the brand's SMS be given by SMS, in two steps; off unless this turns it on."""
        do(context, brand_deeds.turn_onay, brand, self._onay, on)
