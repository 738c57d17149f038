"""The part of a holder's consents they may see: nothing from before the time since when they hold the number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from consents import blankets
from consents.brands import transitions
from consents.brands.book import BrandEntry
from consents.instants import DAY
from consents.ledger.blanket_acts import Way
from consents.people.new_holder import HiddenHistory, answer, hidden, may_show_again
from consents.queries import queries, stopping, timeline
from consents.queries.consent_lines import ConsentLine, RecipientRows, WordOrigin
from consents.queries.queries import BrandConsents
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Actor, Door, Source

__all__ = ["HiddenHistory", "answer", "closed_ways", "hidden", "may_show_again", "of_brands", "with_own_words"]

# What several doors leave alike (page, link, QR code; a mail's button and a mail sent; a call and the operator's desk;
# an SMS and the answer to a company's request), also at the national registry; the other sources name their way.
_ALIKE = frozenset(
    source.code
    for source in (Source.IYS_WEB, Source.IYS_WEB_YENI, Source.IYS_KISAMESAJ, Source.IYS_EPOSTA, Source.IYS_CM)
)
RECENT = 14 * DAY  # no third business day after a refusal comes later


def of_brands(
    snapshot: Snapshot,
    registry: Registry,
    recipient: int | None,
    brands: Sequence[BrandEntry],
    now: int,
    since: int,
    reading: RecipientRows | None = None,
) -> list[BrandConsents]:
    """A group for each of these brands; ``since`` as in HiddenHistory, ``reading`` as of ``queries.of_brands``."""
    groups = queries.of_brands(snapshot, recipient, brands, now, since=since, reading=reading)
    return with_own_words(snapshot, registry, recipient, groups, now)


def just_recorded(line: ConsentLine, *, ended: bool) -> ConsentLine:
    """A line with the declaration just recorded on a page, without a query. ``ended``: the brand could send
    until it, so that its days to stop run from there."""
    how = WordOrigin(Actor.CITIZEN, Door.PAGE) if line.source in _ALIKE else None
    return line._replace(how=how, ended=ended, ended_at=line.at if ended else None)


def with_own_words(
    snapshot: Snapshot,
    registry: Registry,
    recipient: int | None,
    groups: list[BrandConsents],
    now: int,
    checks: dict[int, date] | None = None,
) -> list[BrandConsents]:
    """The groups with ``how`` (door), ``ended`` and ``check_by`` of their lines; each is queried only where it is
    shown. ``checks``: of ``transitions.to_check``, if read already."""
    if recipient is None:
        return groups
    words = {
        Key(recipient, group.brand.id, line.channel, line.identity): (line.event, line)
        for group in groups
        for line in group.lines
        if line.own and line.event is not None
    }
    deeds = timeline.deeds_of(snapshot, [event for event, line in words.values() if line.source in _ALIKE])
    fresh = {key: event for key, (event, line) in words.items() if line.status == RET and now - line.at <= RECENT}
    ended = stopping.since(snapshot, registry.policy.reconsent, fresh)
    checks = transitions.to_check(snapshot, recipient, now) if checks is None else checks

    def full(key: Key, line: ConsentLine) -> ConsentLine:
        if key in words:
            return line._replace(how=deeds.get(words[key][0]), ended=key in ended, ended_at=ended.get(key))
        return line._replace(check_by=checks[line.event]) if line.event in checks else line

    return [
        BrandConsents(brand, [full(Key(recipient, brand.id, line.channel, line.identity), line) for line in lines])
        for brand, lines in groups
    ]


def closed_ways(snapshot: Snapshot, recipient: int | None) -> list[Way]:
    """The standing refusals of a recipient (rule L13)."""
    found = blankets.in_force(snapshot, [recipient]) if recipient is not None else {}
    return sorted(covered[1:] for covered in found)
