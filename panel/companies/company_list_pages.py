"""The operator's list of companies, with search, order, counts, alarms and whom to call; the registry's numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents import movement_counts, standing_counts
from consents.brands import provider_states
from consents.brands.book import BrandCache, BrandEntry
from consents.brands.provider_states import ListedProvider, ProviderState
from consents.brands.spelling import fold, turkish_order
from consents.instants import day_of
from consents.keys import Keyring
from consents.movement_counts import DayCount
from consents.registry import Registry
from consents.rules import ONAY
from consents.standing_counts import HeldCount
from consents.store import Snapshot
from consents.terms import Channel
from panel import form_answers, panel_pages
from panel.accounts import contacts, memberships
from panel.accounts.contacts import Contact
from panel.companies import company_alarms
from panel.companies.company_alarms import CompanyAlarm
from panel.lookups import charts
from panel.rights import Member
from providers.callers import partners
from web import process
from web.rendering import texts, when

PAGE = 50  # companies
DAYS = 30


class CompanyLine(NamedTuple):
    """``allowed``, ``total``: consents as the worker counted them."""

    provider: ListedProvider
    brands: list[BrandEntry]
    allowed: int
    total: int
    alarm: CompanyAlarm

    def matches(self, typed: str) -> bool:
        """By a part of its name or a brand's, or the beginning of a number."""
        part, numbers = fold(typed), [self.provider.code, *(one.code for one in self.brands)]
        return (
            part in fold(self.provider.title)
            or any(part in fold(one.title) for one in self.brands)
            or any(str(number).startswith(typed) for number in numbers)
            or (self.provider.mersis or "-").startswith(typed)
        )


class Whom(NamedTuple):
    """Whom to call or write to. ``owners``: e-mails of account owners, where no contact has one."""

    contact: Contact
    owners: list[str]


class RegistryNumbers(NamedTuple):
    """``states``: companies by state; ``held``: (ONAY, others) by channel's code; ``counts``: movements from ``first``
    on; ``behind``: movements not counted yet."""

    states: dict[ProviderState, int]
    brands: int
    partners: int
    held: dict[int, tuple[int, int]]
    first: date
    counts: list[DayCount]
    behind: int


ORDERS: Mapping[str, Callable[[CompanyLine], Any]] = {
    "ad": lambda line: turkish_order(line.provider.title),
    "uyari": lambda line: (line.alarm.rank, turkish_order(line.provider.title)),
    "-onay": lambda line: (-line.allowed, turkish_order(line.provider.title)),
    "-marka": lambda line: (-len(line.brands), turkish_order(line.provider.title)),
}


async def show(request: Request, member: Member) -> Response:
    """All companies: ``?ara=`` by name or number, ``?durum=`` by state or "uyari" for alarms, ``?sirala=`` by a key of
    ``ORDERS``."""
    registry, query = process.of(request).registry, request.query_params
    listed = await asyncio.to_thread(
        registry.store.read_now, lines, registry.keyring, registry.brands, registry.store.now()
    )
    typed, state, order = (query.get(name, "").strip()[:100] for name in ("ara", "durum", "sirala"))
    order = order if order in ORDERS else "ad"
    chosen = sorted((one for one in listed if one.matches(typed) and _fits(one, state)), key=ORDERS[order])
    number = max(1, form_answers.number(query.get("sayfa", ""), 4))
    shown = chosen[(number - 1) * PAGE : number * PAGE]
    whom = await registry.store.read(whom_at, registry.keyring, [one.provider.id for one in shown])
    return panel_pages.render(
        request,
        member,
        "panel/operator/providers.html",
        lines=shown,
        whom=whom,
        total=len(chosen),
        typed=typed,
        state=state,
        order=order,
        number=number,
        more=len(chosen) > number * PAGE,
    )


def lines(snapshot: Snapshot, keyring: Keyring, cache: BrandCache, now: int) -> list[CompanyLine]:
    brands: dict[int, list[BrandEntry]] = {}
    for brand in cache.book(snapshot, now).brands:
        brands.setdefault(brand.company, []).append(brand)
    held, alarms = standing_counts.every_kept(snapshot), company_alarms.read(snapshot, now)
    found = []
    for one in provider_states.listed(snapshot, keyring):
        own = brands.get(one.id, [])
        counts = [held[brand.id] for brand in own if brand.id in held]
        allowed, total = sum(each.total(ONAY) for each in counts), sum(each.total() for each in counts)
        alarm = alarms.company(one.id, [brand.id for brand in own], one.state)
        found.append(CompanyLine(one, own, allowed, total, alarm))
    return found


def whom_at(snapshot: Snapshot, keyring: Keyring, providers: list[int]) -> dict[int, Whom]:
    """By provider (internal ids)."""
    known = {provider: contacts.find(snapshot, keyring, provider) for provider in providers}
    return {
        provider: Whom(contact, [] if contact.email else memberships.owner_emails(snapshot, keyring, provider))
        for provider, contact in known.items()
    }


def _fits(line: CompanyLine, state: str) -> bool:
    if state == "uyari":
        return bool(line.alarm)
    return state not in set(ProviderState) or line.provider.state == state


async def numbers(request: Request, member: Member) -> Response:
    """The whole registry in numbers."""
    store, language = process.of(request).registry.store, texts.language(request)[0]
    found = await asyncio.to_thread(store.read_now, numbers_of, process.of(request).registry, store.now())
    return panel_pages.render(
        request,
        member,
        "panel/operator/numbers.html",
        found=found,
        channels=charts.by_channel(found.counts, found.first, DAYS),
        daily=charts.together(found.counts, found.first, DAYS),
        days=DAYS,
        behind=found.behind,
        every=list(Channel),
        states=ProviderState,
        weekday=lambda day: when.weekday(language, day),
        short_day=lambda day: when.short_day(language, day),
    )


def numbers_of(snapshot: Snapshot, registry: Registry, now: int) -> RegistryNumbers:
    """At ``now`` (µs)."""
    today = day_of(now)
    first = today - timedelta(days=DAYS - 1)
    listed = provider_states.listed(snapshot, registry.keyring)
    states = {state: sum(one.state is state for one in listed) for state in ProviderState}
    held = standing_counts.every_kept(snapshot).values()
    return RegistryNumbers(
        states,
        len(registry.brands.book(snapshot, now).brands),
        sum(one.closed_at is None for one in partners.list_all(snapshot)),
        {channel.code: _of_channel(held, channel.code) for channel in Channel},
        first,
        movement_counts.of_all_by_day(snapshot, first, today),
        movement_counts.behind(snapshot),
    )


def _of_channel(held: Collection[HeldCount], channel: int) -> tuple[int, int]:
    kinds = [kind for one in held for kind in one.kinds if kind.channel == channel]
    allowed = sum(kind.amount for kind in kinds if kind.status == ONAY)
    return allowed, sum(kind.amount for kind in kinds) - allowed
