"""Commands that need another room's functions, which are passed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from consents.keys import Keyring
    from consents.store import Transaction
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
            _by(noted.set_up),
            _by(noted.started),
            _by(noted.asked),
            _by(noted.dealer_numbered),
            _by(noted.push_asked),
            _by(noted.removed),
            _by(noted.vouched),
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
    from panel.uploads import receiving
    from providers.commands import file_commands

    return file_commands.import_file(_by_command(receiving.started), _by_command(receiving.taken_back))


def links() -> Command:
    from optout.links import link_commands
    from panel.programs import link_actions

    return link_commands.links(_by(link_actions.minted))


def messages() -> Command:
    from optout.sms import sms_commands
    from panel.operations import inbox_actions

    settled = _by(inbox_actions.settled)
    return sms_commands.messages(
        lambda transaction, keyring, rule, person, *arguments: settled(transaction, keyring, person, rule, *arguments)
    )


def _by(work: Command) -> Command:
    """A change of the panel for a command of another room, which names the person, None."""

    def done(transaction: Transaction, keyring: Keyring, person: int | None, *arguments: Any) -> Any:
        from panel.audit.change import Change

        return work(Change(transaction, keyring, person), *arguments)

    return done


def _by_command(work: Command) -> Command:
    """The same for a command that names nobody."""
    return lambda transaction, keyring, *arguments: _by(work)(transaction, keyring, None, *arguments)
