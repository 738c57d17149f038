"""Whether a code can reach an address: its own form alone decides, and nobody's record is looked at.

So the answer is the same for an address that the registry knows and for one that it does not (ASVS 5.0, 6.3.8).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consents.people import recipients
from consents.people.recipients import Recipient, country, parse
from gateways.carrier import Kind

SMS: Final = "sms"
MAIL: Final = "mail"
CALL: Final = "call"


class Reach(NamedTuple):
    """``by``: the carrier, "sms", "mail" or "call"; "" where no code can be sent, and ``why`` then says the reason.

    ``why``: one of landline, service (444, 0850, 0800 …), premium, abroad (a country without codes), fixed
    (a foreign number that takes no SMS, whatever its country).
    """

    address: str
    by: str
    why: str = ""


def reach(text: str, countries: tuple[str, ...], *, calls: bool = False) -> Reach:
    """How a code gets to what somebody wrote. BadAddress (its ``reason``) where it is no address at all.

    ``calls``: a code can be read aloud, which a landline in Türkiye needs.
    """
    found = parse(text)
    if found.kind is recipients.AddressKind.EMAIL:
        return Reach(found.address, MAIL)
    if found.kind is recipients.AddressKind.LANDLINE and calls and country(found.address) in countries:
        return Reach(found.address, CALL)
    why = _why_not(found, countries)
    return Reach(found.address, "" if why else SMS, why)


def carrier(address: str) -> Kind:
    """The carrier of an address that a code was sent to."""
    if "@" in address:
        return MAIL
    return CALL if recipients.phone(address).kind is recipients.AddressKind.LANDLINE else SMS


_REASONS = {
    recipients.AddressKind.LANDLINE: "landline",
    recipients.AddressKind.OTHER: "service",
    recipients.AddressKind.PREMIUM: "premium",
}


def _why_not(found: Recipient, countries: tuple[str, ...]) -> str:
    """Why a number gets no code, "" where it does."""
    if found.kind in _REASONS:
        return _REASONS[found.kind]
    if not found.sms:
        return "fixed"
    return "" if country(found.address) in countries else "abroad"
