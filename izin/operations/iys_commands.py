"""``izin iys``: the sync of consents with İYS. What changes an account: iys_account_commands.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import typer

import settings
from consents import dates
from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.languages import in_all, mark, mark_in
from consents.registry import Registry
from consents.store import Transaction
from national import errands, iys_dealers, iys_words, national_status, rounds
from national.errands import ErrandKind
from national.incoming.comparing import KeyDifferences
from national.iys_dealers import UnknownDealers
from national.national_status import Light, SyncState
from national.rounds import Sync
from national.upstream import accounts
from national.upstream.accounts import IysAccount
from national.upstream.iys_client import Blocked, IysClient, IysFault
from national.upstream.iys_messages import Garbled
from national.upstream.transport import Https, Pace, Unreachable
from web.rendering import texts

iys_app = typer.Typer(
    help="The national registry: what was said here and there is kept the same.", no_args_is_help=True
)

Opener = Callable[[], AbstractContextManager[Registry]]
StartAccount = Callable[[Transaction, Keyring, IysAccount], None]
ROUNDS = 100  # of one `izin iys sync`; each ends, and what İYS has not answered by then is left
LIGHT_WORDS = {
    Light.OK: mark_in("command", "yolunda"),
    Light.ALARM: mark_in("command", "UYARI"),
    Light.RED: mark_in("command", "ACİL"),
}
HELD_UP = mark_in("command", "bekliyor")
LOOK = 1.0  # seconds between two looks whether another process has done a round
LOOKS = 5  # of them between two tries to do it here
PATIENCE = 900.0  # seconds


@iys_app.command("test")
def test(context: typer.Context) -> None:
    """Signs in for every provider and compares its brands with İYS's. Exit status 1: something is wrong."""
    with_clients(context, _tested)


def sync_now(context: typer.Context, start: StartAccount, *, dry_run: bool) -> None:
    """One round of every account now, both ways, after ``start``; with ``dry_run`` the differences alone."""
    if dry_run:
        with_clients(context, _compared)
        return
    opener: Opener = context.obj
    url = national_url()
    with opener() as registry:
        states = asyncio.run(_synchronise(registry, url, start))
        for state in states:
            _show(state, registry.store.now())
    _exit(all(not state.left and state.account.blocked_by is None for state in states))


@iys_app.command("status")
def status(context: typer.Context) -> None:
    """How each provider is doing. Exit status 1: an alarm."""
    opener: Opener = context.obj
    with opener() as registry:
        now = registry.store.now()
        states = registry.store.read_now(national_status.list_all, registry.keyring, now)
        for state in states:
            _show(state, now)
            _show_dealers(registry.store.read_now(iys_dealers.unknown, registry.keyring, state.brands))
    if not states:
        typer.echo(in_all("İYS hesabı yok") + ": izin iys add …")
    _exit(all(not state.faults for state in states))


def national_url() -> str:
    """IYS_URL. Errors: BadCompany."""
    url = settings.load().national_url
    if url is None:
        raise BadCompany("IYS_URL is not set: set IYS_URL=https://api.iys.org.tr and run izin migrate")
    return url


def _exit(fine: bool) -> None:
    if not fine:
        raise typer.Exit(1)


async def _synchronise(registry: Registry, url: str, start: StartAccount) -> list[SyncState]:
    sync, store = Sync(registry, Https(url), force=True), registry.store
    try:
        if not await sync.leased():
            return await _handed_over(sync, start)
        for account in await store.read(accounts.list_all, registry.keyring):
            await store.write(start, registry.keyring, account)
        for _ in range(ROUNDS):
            before = await store.read(national_status.list_all, registry.keyring, store.now())
            if not await rounds.go(sync):
                return await _handed_over(sync, start)
            states = await store.read(national_status.list_all, registry.keyring, store.now())
            if all(not state.left for state in states) or _same(before, states):
                break
        return states
    finally:
        await rounds.end(sync)


async def _handed_over(sync: Sync, start: StartAccount) -> list[SyncState]:
    """Requests a round from the process that speaks with İYS, like the panel's button; if that process dies, runs it
    here. Errors: BadCompany where neither ends."""
    registry, store = sync.registry, sync.registry.store
    typer.echo(
        "izin: " + in_all("eşitliği çalışan site yapıyor, sonucu bekleniyor"),
        err=True,
    )
    asked = {}
    for account in await store.read(accounts.list_all, registry.keyring):
        asked[account.id] = await store.write(_hand_over, registry.keyring, account, start)
    for look in range(round(PATIENCE / LOOK)):
        if look % LOOKS == LOOKS - 1 and await sync.leased():
            await errands.do_asked(sync)
        if await store.read(errands.done_since, asked):
            return await store.read(national_status.list_all, registry.keyring, store.now())
        await asyncio.sleep(LOOK)
    raise BadCompany("the process that speaks with İYS has not ended its round yet: see izin iys status")


def _hand_over(transaction: Transaction, keyring: Keyring, account: IysAccount, start: StartAccount) -> int:
    """When the round was requested, µs."""
    start(transaction, keyring, account)
    errands.ask(transaction, account.id, ErrandKind.ROUND)
    return transaction.now


def _same(before: list[SyncState], after: list[SyncState]) -> bool:
    return [(one.left, one.counts) for one in before] == [(one.left, one.counts) for one in after]


def with_clients(context: typer.Context, work: Callable[[Registry, IysClient], Awaitable[bool]]) -> None:
    """Does the work for every account, with a line for each failure. Exit status 1: one has failed."""
    opener: Opener = context.obj
    url = national_url()

    async def each(registry: Registry) -> bool:
        transport, pace = Https(url), Pace()
        try:
            known = await registry.store.read(accounts.list_all, registry.keyring)
            if not known:
                typer.echo(in_all("İYS hesabı yok") + ": izin iys add …")
            return all([await _tried(IysClient(registry, one, transport, pace), registry, work) for one in known])
        finally:
            await transport.close()

    with opener() as registry:
        fine = asyncio.run(each(registry))
    _exit(fine)


async def _tried(client: IysClient, registry: Registry, work: Callable[..., Awaitable[bool]]) -> bool:
    account: IysAccount = client.account
    try:
        return await work(registry, client)
    except (IysFault, Unreachable, Garbled, Blocked) as fault:
        code = errands.code_of(fault)
        sentences = [iys_words.pause_typed(code, language) for language in texts.COMPLETE]
        failed = in_all("olmadı")
        typer.echo(f"{account.iys_code}\t{failed} ({code}): {' / '.join(sentences)}", err=True)
        return False
    finally:
        await client.close_round()


async def _tested(registry: Registry, client: IysClient) -> bool:
    tried = await errands.test(client)
    connected, clock = in_all("bağlandı"), in_all("saat farkı")
    typer.echo(f"{client.account.iys_code}\t{connected}\t{clock}: {tried.offset / 1e6:+.0f} s")
    found = dict.fromkeys(tried.both, in_all("iki yanda")) | dict.fromkeys(tried.there_only, in_all("yalnız İYS"))
    found |= dict.fromkeys(tried.here_only, in_all("yalnız burada"))
    for code, where in sorted(found.items()):
        typer.echo(f"{code}\t{where}")
    return bool(tried.both)


async def _compared(registry: Registry, client: IysClient) -> bool:
    """What a first sync would find; changes nothing."""
    found = await errands.differences(client)
    total = KeyDifferences()
    for one in found.values():
        total = total.plus(one)
    differing = total.allowed_here + total.allowed_there
    alike, different, too_old = in_all("aynı"), in_all("farklı"), in_all("üç iş gününden eski")
    here, there = in_all("burada onay, İYS'de değil"), in_all("İYS'de onay, burada değil")
    typer.echo(f"{client.account.iys_code}\t{alike}: {total.alike}\t{different}: {differing}")
    for code, one in found.items():
        typer.echo(f"  {code}\t{here}: {one.allowed_here} ({too_old}: {one.too_old})\t{there}: {one.allowed_there}")
    return True


def _show(state: SyncState, now: int) -> None:
    counts = state.counts
    seen = state.account.reached_at
    parts = {
        mark("bekleyen ret"): f"{state.age(now) / 3600:.1f} h",
        mark_in("count", "bekliyor"): counts["waiting"] + counts["merging"],
        mark_in("count", "yolda"): counts["sent"],
        mark_in("count", "İYS'de"): counts["done"],
        mark_in("count", "reddedilen"): counts["escalated"],
        mark("son yanıt"): "-" if seen is None else dates.wire(seen),
    }
    shown = [f"{in_all(name)}: {value}" for name, value in parts.items()]
    typer.echo("\t".join([str(state.account.iys_code), _first_word(state), *shown]))
    for sentences in zip(*(national_status.sentences(state, now, one) for one in texts.COMPLETE), strict=True):
        for sentence in sentences:
            typer.echo(f"  {sentence}")


def _first_word(state: SyncState) -> str:
    return in_all(HELD_UP if state.held_up and state.light is Light.OK else LIGHT_WORDS[state.light])


def _show_dealers(unknown: UnknownDealers) -> None:
    """No alarm: their consents are sent without a dealer."""
    if unknown.total:
        noun = "dealer is" if unknown.total == 1 else "dealers are"
        typer.echo(
            f"  {unknown.total} {noun} not known at İYS: add them there or name their number (izin iys dealer …): "
            + ", ".join(unknown.first)
            + (", …" if unknown.total > len(unknown.first) else "")
        )
