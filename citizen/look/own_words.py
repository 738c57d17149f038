"""What a list tells of the citizen's own words beside what stands: by which door he spoke, and what a refusal ended.

Both are looked up for the lines that are shown, and only where they make a difference to what is read there.
"""

from __future__ import annotations

from consents.instants import DAY
from consents.reading import stopping, timeline
from consents.reading.consent_lines import Line
from consents.reading.queries import Group
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Source

# What the page, a link and a QR code leave alike, here and at the national registry; the other sources name their way.
_ALIKE = frozenset({Source.IYS_WEB.code, Source.IYS_WEB_YENI.code})
RECENT = 14 * DAY  # no third business day after a refusal comes later


def told(snapshot: Snapshot, registry: Registry, recipient: int | None, groups: list[Group], now: int) -> list[Group]:
    """The groups with ``how`` and ``ended`` of their lines."""
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
    ended = stopping.ended(snapshot, registry.policy.reconsent, fresh)

    def full(key: Key, line: Line) -> Line:
        return line._replace(how=deeds.get(words[key][0]), ended=key in ended) if key in words else line

    return [
        Group(brand, [full(Key(recipient, brand.id, line.channel, line.identity), line) for line in lines])
        for brand, lines in groups
    ]
