"""Commands that need another room's functions, which are passed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from national.iys_account_commands import IysAccountCommands

Command = Callable[..., Any]


def claims() -> typer.Typer:
    from national import national_doors
    from optout.sms import sms_brands
    from panel.companies.claim_commands import ClaimCommands

    return ClaimCommands(sms_brands.OWN_NUMBERS, national_doors.DOORS).app()


def brand() -> typer.Typer:
    from optout.sms import sms_brands
    from panel.brands.brand_actions import OnayBySms
    from panel.brands.brand_commands import OwnNumberCommands, brand_app

    own_numbers = OwnNumberCommands(sms_brands.OWN_NUMBERS, OnayBySms(sms_brands.takes_onay, sms_brands.set_onay))
    brand_app.command("number")(own_numbers.number)
    brand_app.command("numbers")(own_numbers.numbers)
    brand_app.command("sms-onay")(own_numbers.sms_onay)
    return brand_app


def iys_account() -> IysAccountCommands:
    from national.iys_account_commands import IysAccountCommands, SyncNotes
    from panel.companies import iys_account_actions as noted

    return IysAccountCommands(
        SyncNotes(
            noted.set_up,
            noted.started,
            noted.asked,
            noted.dealer_numbered,
            noted.push_asked,
            noted.removed,
            noted.vouched,
        )
    )


def iys() -> typer.Typer:
    from national.iys_commands import iys_app

    account = iys_account()
    iys_app.command("add")(account.add)
    iys_app.command("sync")(account.sync)
    iys_app.command("dealer")(account.dealer)
    iys_app.command("push")(account.push)
    iys_app.command("remove")(account.remove)
    iys_app.command("vouch")(account.vouch)
    return iys_app


def import_file() -> Command:
    from panel.uploads import upload_actions
    from providers.commands import file_commands

    return file_commands.import_file(upload_actions.started, upload_actions.taken_back)


def links() -> Command:
    from optout.links import link_commands
    from panel.programs import link_actions

    return link_commands.links(link_actions.minted)


def messages() -> Command:
    from optout.sms import sms_commands
    from panel.operations import inbox_actions

    return sms_commands.messages(inbox_actions.settled)
