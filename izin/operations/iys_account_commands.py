"""Commands of ``izin iys`` that change a provider's account; each writes the audit log in the same transaction."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import typer

import settings
from consents.brands import companies, company_changes, provider_list
from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.languages import in_all, mark_in
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Transaction
from izin.operations import iys_commands
from izin.operations.iys_commands import Opener, iys_app
from national import errands, iys_dealers, national_brands
from national.upstream import accounts
from national.upstream.accounts import IysAccount
from national.upstream.iys_client import IysClient
from panel.audit.change import Change
from panel.companies import iys_account_actions


@iys_app.command("add")
def add(
    context: typer.Context,
    provider: Annotated[int, typer.Option("--provider", help="The provider's number here.")],
    iys_code: Annotated[int, typer.Option("--iys-code", help="Its number at İYS (iysCode).")],
    username: Annotated[str, typer.Option(help="Its API user at İYS.")],
) -> None:
    """Gives a provider its API user at İYS; the password is read from standard input and kept sealed."""
    url = iys_commands.national_url()
    # Typed, it is not shown: somebody may look on, and a terminal keeps what it showed.
    typed = sys.stdin.isatty()
    password = getpass(in_all(mark_in("command", "Şifre")) + ": ") if typed else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadCompany("the password comes on standard input: echo … | izin iys add …")
    opener: Opener = context.obj
    with opener() as registry:
        arguments = registry.keyring, provider, iys_code, username, password
        new = registry.store.write_now(_set_up, *arguments)
        done = in_all(mark_in("command", "Eklendi") if new else mark_in("command", "Değiştirildi"))
        typer.echo(f"{done}: {iys_code} ({url})")
        if registry.policy.reconsent is Reconsent.CONFIRM:
            typer.echo(
                "izin: RECONSENT=confirm: where a citizen has refused and İYS then holds a newer consent, he is "
                "asked here, while İYS lets it stand. Set IYS_URL or RECONSENT=accept and run izin migrate to do "
                "as İYS does",
                err=True,
            )


@iys_app.command("sync")
def sync(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only shows how both sides differ.")] = False,
) -> None:
    """One round now, both ways; what İYS has refused is tried again. The first one starts the sync of each account.
    Exit status 0: nothing is left to send or read."""
    iys_commands.sync_now(context, _start, dry_run=dry_run)


@iys_app.command("dealer")
def dealer(
    context: typer.Context,
    provider: Annotated[int, typer.Option("--provider", help="The provider's number here.")],
    ours: Annotated[str, typer.Option("--dealer", help="The dealer's code here, or the provider's own for it.")],
    theirs: Annotated[int | None, typer.Option("--retailer", help="İYS's number (retailerCode); none: forget.")] = None,
) -> None:
    """Names by hand under which number İYS knows a dealer, where its list and ours do not tell."""
    opener: Opener = context.obj
    with opener() as registry:
        registry.store.write_now(_name, registry.keyring, provider, ours, theirs)
    typer.echo(f"{ours}\t" + (in_all("unutuldu") if theirs is None else str(theirs)))


@iys_app.command("push")
def push(context: typer.Context) -> None:
    """Asks İYS to push citizens' changes to this site (https), for every brand; İYS's support has to allow it
    first."""
    address = f"{settings.load().public_url}/iys/push"

    async def register(registry: Registry, client: IysClient) -> bool:
        for brand in await registry.store.read(national_brands.of_account, client.account.id):
            # İYS is asked outside of any transaction, so the line comes first, brand by brand: what İYS may have
            # taken has one.
            await registry.store.write(_asked, registry.keyring, brand.brand, address)
            await client.register_push(brand.code, address)
            typer.echo(f"{brand.code}\t{address}")
        return True

    iys_commands.with_clients(context, register)


@iys_app.command("remove")
def remove(
    context: typer.Context,
    provider: Annotated[int, typer.Option("--provider", help="The provider's number here.")],
    reason: Annotated[str, typer.Option(help="Why; it stays with the change, and the company reads it.")],
) -> None:
    """Forgets a provider's account at İYS and ends its sync; what is recorded here stays."""
    opener: Opener = context.obj
    with opener() as registry:
        typer.echo(registry.store.write_now(_remove, registry.keyring, provider, reason))


@iys_app.command("vouch")
def vouch(
    context: typer.Context,
    provider: Annotated[int, typer.Option("--provider", help="The provider's number here.")],
    reason: Annotated[str, typer.Option(help="How you know; it stays with the change, and the company reads it.")],
) -> None:
    """Confirms the provider's number at İYS, where several claim it and İYS has not verified it yet."""
    opener: Opener = context.obj
    with opener() as registry:
        typer.echo(registry.store.write_now(_vouch, registry.keyring, provider, reason))


def _remove(transaction: Transaction, keyring: Keyring, provider: int, reason: str) -> int:
    account, why = _account(transaction, keyring, provider), company_changes.checked(reason)
    accounts.remove(transaction, account.id)
    iys_account_actions.removed(Change(transaction, keyring, None), account.provider, account.iys_code, why)
    return account.iys_code


def _vouch(transaction: Transaction, keyring: Keyring, provider: int, reason: str) -> int:
    account, why = _account(transaction, keyring, provider), company_changes.checked(reason)
    if not accounts.verify(transaction, account.id):
        raise BadCompany(f"{account.iys_code} is verified already, as this provider's or another's: izin claims list")
    iys_account_actions.vouched(Change(transaction, keyring, None), account.provider, account.iys_code, why)
    return account.iys_code


def _set_up(
    transaction: Transaction, keyring: Keyring, provider: int, iys_code: int, username: str, password: str
) -> bool:
    owner = companies.provider_id(transaction, provider)
    before = None if owner is None else accounts.of_provider(transaction, keyring, owner)
    new = accounts.add(transaction, keyring, provider, iys_code, username, password)
    assert owner is not None  # else the line above it has raised
    after = accounts.of_provider(transaction, keyring, owner)
    assert after is not None
    # The same user and password may end a block: that is noted. A dropped token alone is no change.
    if before is None or before._replace(token=None) != after:
        iys_account_actions.set_up(Change(transaction, keyring, None), owner, iys_code, after.username)
    return new


def _start(transaction: Transaction, keyring: Keyring, account: IysAccount) -> None:
    """Starts an account, or tries again what İYS refused. A later round is noted only where something is tried
    again."""
    again = errands.try_again(transaction, account.id)
    if accounts.start(transaction, account.id):
        iys_account_actions.started(Change(transaction, keyring, None), account.provider)
    elif again:
        iys_account_actions.asked(Change(transaction, keyring, None), account.provider, "round")


def _name(transaction: Transaction, keyring: Keyring, provider: int, ours: str, theirs: int | None) -> None:
    for one in iys_dealers.name(transaction, keyring, provider, ours, theirs):
        brand, words = provider_list.brand(transaction, one.brand), (str(one.before or "-"), str(one.after or "-"))
        iys_account_actions.dealer_numbered(Change(transaction, keyring, None), brand, one.code, *words)


def _asked(transaction: Transaction, keyring: Keyring, brand: int, address: str) -> None:
    iys_account_actions.push_asked(Change(transaction, keyring, None), provider_list.brand(transaction, brand), address)


def _account(transaction: Transaction, keyring: Keyring, provider: int) -> IysAccount:
    owner = companies.provider_id(transaction, provider)
    account = None if owner is None else accounts.of_provider(transaction, keyring, owner)
    if account is None:
        raise BadCompany(f"provider {provider} has no account at İYS here: izin iys status")
    return account
