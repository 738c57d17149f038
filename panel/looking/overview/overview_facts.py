"""What the overview of a company, or of one of its brands, shows: read from counts that are kept, never by a scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from consents.brands.companies import KnownBrand
from consents.counts import movement_counts, standing_counts
from consents.counts.movement_counts import DayCount
from consents.counts.standing_counts import HeldCount
from consents.dates import day_bounds
from consents.instants import day_of
from consents.reading import tallies
from consents.store import Snapshot
from panel.company import company_facts
from panel.company.company_facts import CompanyFacts
from panel.looking.overview import refused_lines
from panel.looking.overview.refused_lines import RefusedCode
from panel.rights import Member
from providers.about import first_steps
from providers.about.first_steps import FirstSteps
from providers.deliveries import taken_times
from providers.deliveries.taken_times import TakenTimes

DAYS = 30


class Movements(NamedTuple):
    """What has moved in ``DAYS`` days. ``behind``: how many movements of the registry are not counted yet;
    ``refused``: what was not taken."""

    first: date
    counts: list[DayCount]
    taken: TakenTimes
    behind: int
    refused: list[RefusedCode]


class OverviewFacts(NamedTuple):
    """``held``, ``dealers``: by brand (internal id); ``steps``: of the first-run guide."""

    company: CompanyFacts
    held: dict[int, HeldCount]
    dealers: dict[int, int]
    movements: Movements
    steps: FirstSteps


def of_company(snapshot: Snapshot, member: Member, now: int) -> OverviewFacts:
    """A company as ``member`` sees it."""
    company = company_facts.of(snapshot, member)
    brands = _ids(company.brands)
    return OverviewFacts(
        company,
        standing_counts.of_brands(snapshot, brands),
        tallies.dealers(snapshot, brands),
        movements(snapshot, brands, now),
        first_steps.of(snapshot, member.at.id, brands),
    )


def of_brand(snapshot: Snapshot, brand: int, now: int) -> tuple[HeldCount, int, Movements]:
    """One brand: what it holds, how many dealers it has, what has moved."""
    held = standing_counts.of_brand(snapshot, brand)
    return held, tallies.dealers(snapshot, [brand]).get(brand, 0), movements(snapshot, [brand], now)


def movements(snapshot: Snapshot, brands: Sequence[int], now: int) -> Movements:
    """What has moved at these brands (internal ids) in the last days, today among them."""
    today = day_of(now)
    first = today - timedelta(days=DAYS - 1)
    counts = movement_counts.by_day(snapshot, brands, first, today)
    taken = taken_times.of_brands(snapshot, brands, day_bounds(first)[0], now)
    refused = refused_lines.read(snapshot, brands, first, today)
    return Movements(first, counts, taken, movement_counts.behind(snapshot), refused)


def _ids(brands: Sequence[KnownBrand]) -> list[int]:
    return [brand.id for brand in brands]
