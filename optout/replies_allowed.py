"""Whom we can tell something: the numbers that get an SMS from us, and every e-mail.

A sender's or caller's number can be forged, and an SMS abroad costs many times one at home; so only numbers of
COUNTRIES get any.
"""

from __future__ import annotations

from consents.people import recipients
from consents.people.recipients import AddressKind, Recipient

Countries = tuple[str, ...]  # ISO 3166, of the settings
HOME: Countries = ("TR",)  # where they say nothing else


def gets_sms(found: Recipient, countries: Countries) -> bool:
    """Whether this number gets an SMS from us."""
    return found.sms and found.kind is not AddressKind.PREMIUM and recipients.country(found.address) in countries


def may_be_answered(sender: Recipient, countries: Countries) -> bool:
    """Whether an SMS of this number is answered: what could write may read, landlines too; what costs a fortune not."""
    return sender.kind is not AddressKind.PREMIUM and recipients.country(sender.address) in countries


def can_be_told(address: str | None, countries: Countries) -> bool:
    """Whether a message reaches this canonical address; None is that of an erased person."""
    return address is not None and ("@" in address or gets_sms(recipients.phone(address), countries))
