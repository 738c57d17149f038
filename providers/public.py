"""What other rooms may call: a brand's partners; when a citizen's movement was handed to a program of its company,
and when one took it, among a bounded number of later handouts; what companies attached to consents, and disputes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import optional_micros
from consents.store import Snapshot, Statement
from providers.callers import partners
from providers.disputes import consent_evidence as consent_evidence
from providers.disputes import disputes as disputes
from providers.disputes.consent_evidence import Attached as Attached
from providers.disputes.dispute_states import DisputeState as DisputeState
from providers.disputes.disputes import Dispute as Dispute

LOOKED_AT = 2000  # handouts: some milliseconds

# By the index handout_brand_last. The side of a feed's page is that of the movements in it.
_HANDED = Statement(
    text(
        "SELECT count(*), min(CASE WHEN first_event <= :event AND fits = 1 THEN at END), "
        "min(CASE WHEN first_event <= :event AND fits = 1 THEN taken_at END) FROM ("
        "SELECT first_event, at, taken_at, CASE WHEN coalesce(side, 'IYS') = 'IYS' "
        "AND coalesce(channel, :channel) = :channel THEN 1 ELSE 0 END AS fits "
        "FROM handout WHERE brand = :brand AND last_event >= :event ORDER BY last_event LIMIT :most) AS found"
    )
)


class HandedOver(NamedTuple):
    """When a movement was first handed to a program of its company, and first taken by one, µs; None: not yet."""

    at: int | None
    taken_at: int | None


class CitizenMovement(NamedTuple):
    """A movement of a citizen: brand and event (internal numbers), channel by code."""

    brand: int
    event: int
    channel: int


def handed(snapshot: Snapshot, of: CitizenMovement) -> HandedOver | None:
    """None where no handout fits among those examined."""
    row = snapshot.one(_HANDED, {**of._asdict(), "most": LOOKED_AT})
    assert row is not None
    count, at, taken_at = row
    if taken_at is None and count == LOOKED_AT:
        return None
    return HandedOver(optional_micros(at), optional_micros(taken_at))


def partner_titles(snapshot: Snapshot, brand: int) -> list[str]:
    """Of the partners with rights at the brand (internal id)."""
    return [title for _, title, _ in partners.of_brand(snapshot, brand)]
