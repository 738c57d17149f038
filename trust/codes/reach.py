"""Whether a code can reach an address: by its form alone, so the answer shows nothing of the registry (ASVS 5.0,
6.3.8)."""

from __future__ import annotations

from typing import Final, NamedTuple

from consents.people import recipients
from consents.people.recipients import Recipient, country, parse
from gateways.carrier import Kind

SMS: Final = "sms"
MAIL: Final = "mail"
CALL: Final = "call"


class Reach(NamedTuple):
    """``by``: the carrier, "sms", "mail" or "call"; "" where no code can be sent. ``why`` then: landline, service
    (444, 0850, 0800 …), premium, abroad (a country without codes), fixed (a foreign number without SMS)."""

    address: str
    by: str
    why: str = ""


def reach(text: str, countries: tuple[str, ...], *, calls: bool = False) -> Reach:
    """How a code gets to a typed address. Errors: BadAddress (its ``reason``). ``calls``: a call can read a code,
    which a Turkish landline needs."""
    found = parse(text)
    if found.kind is recipients.AddressKind.EMAIL:
        return Reach(found.address, MAIL)
    if found.kind is recipients.AddressKind.LANDLINE and calls and country(found.address) in countries:
        return Reach(found.address, CALL)
    why = _why_not(found, countries)
    return Reach(found.address, "" if why else SMS, why)


def carrier(address: str) -> Kind:
    if "@" in address:
        return MAIL
    return CALL if recipients.phone(address).kind is recipients.AddressKind.LANDLINE else SMS


_REASONS = {
    recipients.AddressKind.LANDLINE: "landline",
    recipients.AddressKind.OTHER: "service",
    recipients.AddressKind.PREMIUM: "premium",
}


def _why_not(found: Recipient, countries: tuple[str, ...]) -> str:
    if found.kind in _REASONS:
        return _REASONS[found.kind]
    if not found.sms:
        return "fixed"
    return "" if country(found.address) in countries else "abroad"
