"""What is wrong at companies, as the operator and partners see it: refusals not taken by the second business day, push
connections whose last try failed, packages that fill, companies that are not active."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consents import business_days
from consents.brands import packages
from consents.brands.packages import Subscribed
from consents.brands.provider_states import ProviderState
from consents.dates import day_bounds
from consents.store import Snapshot
from providers.deliveries import untaken_refusals
from providers.push import push_store

NEARLY = 0.8  # used part of a package


class BrandAlarm(NamedTuple):
    """``refusals``: untaken ones as of the worker's last check; ``stop_by``: the start of their last lawful day (µs),
    and whether that day is ``over``; ``silent``: failing connections."""

    refusals: int = 0
    stop_by: int = 0
    over: bool = False
    silent: int = 0


class CompanyAlarm(NamedTuple):
    """A company's alarms together. ``package``: one that is nearly full, else None."""

    refusals: int
    stop_by: int
    over: bool
    silent: int
    package: Subscribed | None
    state: ProviderState

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The most urgent sorts first."""
        others = bool(self.silent or self.package or self.state is not ProviderState.ACTIVE)
        return not self.over, not self.refusals, not others

    def __bool__(self) -> bool:
        return not all(self.rank)


class KnownAlarms(NamedTuple):
    """``brands``: by internal id, those with an alarm alone; ``packages``: nearly full ones by provider."""

    brands: Mapping[int, BrandAlarm]
    packages: Mapping[int, Subscribed]

    def brand(self, number: int) -> BrandAlarm:
        return self.brands.get(number, _NONE)

    def company(self, provider: int, brands: Iterable[int], state: ProviderState) -> CompanyAlarm:
        """Of a provider's brands (internal ids)."""
        found = [self.brands[brand] for brand in brands if brand in self.brands]
        return CompanyAlarm(
            sum(one.refusals for one in found),
            min((one.stop_by for one in found if one.refusals), default=0),
            any(one.over for one in found),
            sum(one.silent for one in found),
            self.packages.get(provider),
            state,
        )


_NONE = BrandAlarm()


def read(snapshot: Snapshot, now: int) -> KnownAlarms:
    """All alarms at ``now`` (µs), by three small queries."""
    silent = Counter(one.brand for one in push_store.silent(snapshot))
    found = {brand: BrandAlarm(silent=count) for brand, count in silent.items()}
    for one in untaken_refusals.by_brand(snapshot):
        start, end = day_bounds(business_days.stop_by(one.oldest))
        alarm = BrandAlarm(one.refusals, start, end <= now, silent[one.brand])
        found[one.brand] = alarm
    return KnownAlarms(found, dict(packages.nearly_full(snapshot, NEARLY)))
