"""Which companies have not taken their refusals, how old those are, and which connections take nothing."""

from __future__ import annotations

from typing import NamedTuple

from consents import business_days
from consents.brands.book import Listed, Shelf
from consents.dates import day_bounds
from consents.store import Snapshot
from consents.terms import Channel
from providers.deliveries import untaken_refusals
from providers.push import push_store


class UntakenLine(NamedTuple):
    """A brand's untaken refusals: how many, the oldest, the last day on which the law has it obeyed (both µs).

    ``over``: that day has ended.
    """

    brand: Listed
    refusals: int
    oldest: int
    stop_by: int
    over: bool


class SilentLine(NamedTuple):
    """A connection that takes nothing. ``channel``: its word; ``next_try_at``: µs."""

    brand: Listed
    channel: str
    tries: int
    error: str
    next_try_at: int


class UntakenBook(NamedTuple):
    """That with the oldest refusal first."""

    untaken: list[UntakenLine]
    silent: list[SilentLine]


def read(snapshot: Snapshot, shelf: Shelf, now: int) -> UntakenBook:
    """As it stands at ``now`` (µs); of refusals, what the worker's last look has found."""
    brands = shelf.book(snapshot, now).by_id
    untaken = [
        UntakenLine(brands[one.brand], one.refusals, one.oldest, last, over=end <= now)
        for one in untaken_refusals.by_brand(snapshot)
        for last, end in [day_bounds(business_days.stop_by(one.oldest))]
    ]
    words = {channel.code: str(channel) for channel in Channel}
    silent = [
        SilentLine(brands[one.brand], words[one.channel], one.tries, one.error, one.next_try_at)
        for one in push_store.silent(snapshot)
    ]
    return UntakenBook(untaken, silent)
