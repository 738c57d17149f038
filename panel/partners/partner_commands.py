"""Commands about partners: who they are, their users, their rights."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands import packages
from consents.brands.companies import BadCompany
from consents.languages import in_all, mark
from consents.terms import Channel
from panel.command_arguments import PartnerCode, PartnerReason, Username, do
from panel.companies import company_actions
from panel.partners import partner_actions
from panel.programs import program_commands
from providers.arguments import BrandCode
from providers.callers import partners
from providers.callers.api_users import Owner
from providers.callers.partners import LEVELS, Grant

partner_app = typer.Typer(help="Partners (iş ortağı) that act for providers.", no_args_is_help=True)

_IN_FORCE = mark("Bir sonraki çağrıda geçerli")

Level = Annotated[str, typer.Option(help="none, read or write.")]


@partner_app.command("add")
def add_partner(
    context: typer.Context,
    code: Annotated[int, typer.Option(help="Its İYS number (integratorCode).")],
    title: Annotated[str, typer.Option(help="Its name.")],
) -> None:
    """Adds a partner and prints its number."""
    do(context, partner_actions.add, code, title)
    typer.echo(code)


@partner_app.command("user")
def add_user(context: typer.Context, partner: PartnerCode, username: Username) -> None:
    """Adds a user for the partner's program and prints the password, this once."""
    program_commands.add(context, Owner.PARTNER, partner, username)


@partner_app.command("grant")
def grant(
    context: typer.Context,
    partner: PartnerCode,
    brand: BrandCode,
    arama: Level = "none",
    mesaj: Level = "none",
    eposta: Level = "none",
    agreements: Annotated[bool, typer.Option("--agreements", help="Its day reports and their agreement too.")] = False,
    via: Annotated[bool, typer.Option("--via", help="To ask people for their consent, and verify numbers.")] = False,
) -> None:
    """Lets a partner read or write the consents of a brand, in place of what it might before."""
    levels = _level(arama), _level(mesaj), _level(eposta)
    if not (any(levels) or via):
        raise BadCompany(
            "say what it may do: --arama, --mesaj or --eposta, read or write; izin partner revoke takes all"
        )
    do(context, partner_actions.grant, partner, brand, Grant(levels, agreements, via))


@partner_app.command("revoke")
def revoke(context: typer.Context, partner: PartnerCode, brand: BrandCode) -> None:
    """Takes all that a partner may do with a brand, at once; the push connections that it made end too."""
    ended = do(context, partner_actions.revoke, partner, brand)
    typer.echo(in_all("Yetki alındı, biten bağlantı: {ended}", ended=ended))


@partner_app.command("password")
def renew_password(
    context: typer.Context, partner: PartnerCode, username: Username, seen: program_commands.Seen = None
) -> None:
    """Prints a new password of a user, this once; the old one and its tokens are good no more, at once."""
    program_commands.renew(context, Owner.PARTNER, partner, username, seen)


@partner_app.command("end")
def end_user(context: typer.Context, partner: PartnerCode, username: Username) -> None:
    """Ends a user for good: its password and every token are good no more, at once."""
    program_commands.end(context, Owner.PARTNER, partner, username)


@partner_app.command("only")
def only_through_partners(
    context: typer.Context,
    below: Annotated[
        int | None, typer.Option(help="Of providers whose packages have at most so many addresses; İYS: 250000.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Every provider may call itself.")] = False,
) -> None:
    """Prints up to which package providers use the API through partners only; with --below or --off it is this."""
    if below is not None or off:
        do(context, company_actions.set_partner_rule, below)
    with context.obj() as registry:
        typer.echo(registry.store.read_now(packages.through_partners_below) or "off")


@partner_app.command("networks")
def allow_networks(
    context: typer.Context, partner: PartnerCode, username: Username, network: program_commands.Networks = None
) -> None:
    """Sets from which networks a user may call, in place of those before; without any: from anywhere."""
    program_commands.allow(context, Owner.PARTNER, partner, username, network)


@partner_app.command("list")
def list_partners(
    context: typer.Context,
    partner: Annotated[int | None, typer.Option(help="Its users and what it may do, and no list of partners.")] = None,
) -> None:
    """Prints the partners (number, title, since when closed); of one its users and, by brand, what it may do."""
    with context.obj() as registry:
        if partner is None:
            for one in registry.store.read_now(partners.list_all):
                closed = [] if one.closed_at is None else [f"closed {dates.wire(one.closed_at)}"]
                typer.echo("\t".join([str(one.code), one.title, *closed]))
            return
        program_commands.show(registry, Owner.PARTNER, partner)
        for brand, granted in registry.store.read_now(partners.granted, partner).items():
            words = [f"{channel}={LEVELS[granted.channels[channel.code]]}" for channel in Channel]
            typer.echo("\t".join([str(brand), *words, *partners.switches(granted)]))


@partner_app.command("rename")
def rename_partner(
    context: typer.Context, partner: PartnerCode, title: Annotated[str, typer.Option(help="Its new name.")]
) -> None:
    """Gives a partner another name, noted in the log of acts."""
    do(context, partner_actions.rename, partner, title)


@partner_app.command("close")
def close_partner(context: typer.Context, partner: PartnerCode, reason: PartnerReason) -> None:
    """Ends a partner, at once in every process (H521), with its push connections. Refusals it reports are recorded."""
    ended = do(context, partner_actions.close, partner, reason)
    typer.echo(in_all("Kapatıldı, biten bağlantı: {ended}", ended=ended.pushes))
    typer.echo(in_all(_IN_FORCE), err=True)


@partner_app.command("reopen")
def reopen_partner(context: typer.Context, partner: PartnerCode, reason: PartnerReason) -> None:
    """Opens a closed partner again, with the rights that it had."""
    do(context, partner_actions.reopen, partner, reason)
    typer.echo(in_all(_IN_FORCE), err=True)


def _level(text: str) -> int:
    if text not in LEVELS:
        raise typer.BadParameter(f"{text}: none, read or write")
    return LEVELS.index(text)
