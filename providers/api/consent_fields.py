"""One consent as a program sends it (İYS ``Consent``): its fields, its words, and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from consents import dates
from consents.people.recipients import BadAddress
from consents.terms import Channel, Identity, Source, Status
from providers.api.answers import Fault

FIELDS = (
    "recipient",
    "type",
    "source",
    "status",
    "consentDate",
    "recipientType",
    "retailerCode",
    "retailerAccess",
)
MOST_DEALERS = 100  # H126
MOST_DIGITS = 15  # of a phone number: H160 (ITU-T E.164)
LAST_DEALER = 99_999_999  # retailerCodes have eight digits
DAWN = dates.iys("2015-05-01 00:00:00")  # the oldest date that İYS knows (H156)

CHANNELS = {str(member): member for member in Channel}
IDENTITIES = {str(member): member for member in Identity}
SOURCES = {str(member): member for member in Source if member.providers}  # IYS_* are the registry's own: H119
STATUSES = {str(member): member for member in (Status.ONAY, Status.RET)}


class Item(NamedTuple):
    """A consent that may be recorded: canonical address, codes, decided_at (µs, 0 undated), internal ids of dealers."""

    address: str
    channel: int
    identity: int
    status: int
    source: int | None
    at: int
    dealer: int | None = None
    access: tuple[int, ...] = ()


class Frame(NamedTuple):
    """What items are judged by: ``now`` in µs, those of the brand's dealers that are named by retailerCode."""

    now: int
    dealers: Mapping[int, int]


class Verdict(NamedTuple):
    """``item`` is None where ``faults`` tell why."""

    item: Item | None
    faults: list[Fault]


def address_code(channel: Channel | None, bad: BadAddress, *, mail: bool) -> str:
    """İYS's code for an address that does not fit its channel, or is none at all."""
    if channel is Channel.MESAJ and mail:
        return "H464"
    if channel is Channel.EPOSTA or (channel is None and mail):
        return "H120"
    if channel is None:
        return "H122"
    return "H160" if bad.reason == "length" and _digits(bad.value) > MOST_DIGITS else "H121"


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))
