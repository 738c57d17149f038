"""The four closed lists of a consent, and the meaning of each combination, computed beforehand: a list of ten million
consents has a dozen of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, NamedTuple

from consents import dates
from consents.channels import SPECS
from consents.people import recipients
from consents.people.recipients import Recipient
from consents.terms import Channel, Identity, Source, Status
from providers.cases.case import DAWN
from web.codes import CODES
from web.iys_fields import Field

CHANNELS = {str(member): member for member in Channel}
IDENTITIES = {str(member): member for member in Identity}
SOURCES = {str(member): member for member in Source if member.providers}  # IYS_* are the registry's own: H119
STATUSES = {str(member): member for member in (Status.ONAY, Status.RET)}  # BEKLIYOR is no word anybody can give

READERS: Mapping[Channel | None, Callable[[str], Recipient]] = {
    **{channel: spec.read for channel, spec in SPECS.items()},
    None: recipients.parse,
}
_ANY_TIME = 1 << 63


class ClosedList(NamedTuple):
    """The words of a field, and İYS's codes for a missing or unknown one."""

    words: Mapping[str, Any]
    missing: str
    unknown: str


LISTS = {
    Field.TYPE: ClosedList(CHANNELS, "H111", "H117"),
    Field.STATUS: ClosedList(STATUSES, "H110", "H115"),
    Field.IDENTITY: ClosedList(IDENTITIES, "H170", "H116"),
    Field.SOURCE: ClosedList(SOURCES, "H113", "H119"),
}


class Meaning(NamedTuple):
    """Type, source, status and recipientType together: codes, and how the other fields are read."""

    channel: int
    identity: int
    status: int
    source: int | None  # None: a TACIR record without one
    read: Callable[[str], Recipient]
    any_line: bool  # the phone need not take SMS
    later: bool  # of an hour that came twice the second: a RET's
    last: int  # µs: from DAWN to here the date needs no second look


def _meaning(channel: Channel, source: Source | None, status: Status, identity: Identity) -> Meaning:
    return Meaning(
        channel.code,
        identity.code,
        status.code,
        None if source is None else source.code,
        READERS[channel],
        any_line=not SPECS[channel].sms,
        later=status is Status.RET,
        last=DAWN if source is Source.HS_2015 else _ANY_TIME,  # H155: that day exactly
    )


# By the words of type, source, status and recipientType; without those that do not go together.
MEANINGS: dict[tuple[str, str, str, str], Meaning] = {
    (str(channel), str(source or ""), str(status), str(identity)): _meaning(channel, source, status, identity)
    for channel, source, status, identity in product(
        CHANNELS.values(), (*SOURCES.values(), None), STATUSES.values(), IDENTITIES.values()
    )
    if (source or identity is Identity.TACIR) and not (source is Source.HS_KARAR and status is Status.ONAY)
}


def about(code: str, status: int, at: int) -> tuple[str, str]:
    """``at``: decided_at (µs)."""
    field = CODES[code].about
    if field == Field.STATUS:
        return field, str(Status.of(status))
    return field, dates.wire(at) if at and field == Field.DATE else ""
